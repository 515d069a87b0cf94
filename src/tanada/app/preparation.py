"""Everything that a live bank needs before its first process starts: keys, databases, people."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import msgspec

from tanada.app.places import LiveBank, Places
from tanada.base.clock import LiveClock
from tanada.base.database import connect, with_database
from tanada.base.databases import database_name, ensure_database
from tanada.base.errors import PolicyError
from tanada.base.migrations import migrate
from tanada.base.ports import usable_port
from tanada.base.postgres import PostgresServer
from tanada.base.randomness import Randomness
from tanada.base.settings import Settings
from tanada.base.supervisor import is_supervised
from tanada.base.volumes import DirectoryVolume
from tanada.batch.demonstration import BankPlan, load, population_of
from tanada.channels.atm.keys import AtmKeys
from tanada.controls.policies import Policy, parse_policy
from tanada.customers.demonstration import Population, count_customers
from tanada.ledger.book import advance_business_date
from tanada.ledger.opening import is_opened
from tanada.schemas import CORE_PACKAGES, WATCH_PACKAGES

CORE_DATABASE: Final = "tanada"
WATCH_SUFFIX: Final = "_watch"
TERMINALS: Final = tuple(range(1, 101))
"""Machines of the demonstration bank."""
PROJECT: Final = Path(__file__).resolve().parents[3]
"""Where a policy is looked for that is not found from the current directory."""


class Narrator(Protocol):
    """Hears what is being done, so that somebody who waits sees why."""

    def say(self, what: str) -> None:
        """A step begins."""

    def progress(self, done: int, of: int) -> None:
        """How far the step is."""


class ProjectFile(NamedTuple):
    """A file of the project that people may change, such as a policy."""

    name: str
    text: str


def project_file(path: str) -> ProjectFile:
    """The file, relative to here or else to the project. Raises ``PolicyError``."""
    for place in (Path(path), PROJECT / path):
        if place.is_file():
            text = DirectoryVolume(place.parent).read(place.name).decode()
            return ProjectFile(str(place.absolute()), text)
    raise PolicyError(f"there is no policy file {path}")


def read_policy(path: str) -> Policy:
    """The policy in a file, relative to here or to the project. Raises ``PolicyError``."""
    file = project_file(path)
    return parse_policy(file.text, file.name)


@contextmanager
def prepared(settings: Settings, narrator: Narrator) -> Iterator[LiveBank]:
    """``prepare`` the bank, and at the end stop the server that was started for it."""
    try:
        yield prepare(settings, narrator)
    finally:
        if not settings.database_url:
            narrator.say("PostgreSQL stops")
            start_server(Places.of(settings)).stop()


@contextmanager
def core_url(settings: Settings) -> Iterator[str]:
    """URL of the core database of a bank that runs or was stopped.

    Raises ``BankNotFound`` if the data directory holds no bank.
    """
    if settings.database_url:
        yield settings.database_url
        return
    places = Places.of(settings)
    bank = places.load()
    was_running = not bank.embedded or is_supervised(places.lock)
    if not was_running:
        start_server(places)
    try:
        yield bank.core_url
    finally:
        if not was_running:
            start_server(places).stop()


def prepare(settings: Settings, narrator: Narrator) -> LiveBank:
    """Make ready what the bank needs and write down what its processes must know.

    What exists is kept: a second run finds its data again. Raises ``BankError`` of many kinds, all
    with a message that says what to do.
    """
    places = Places.of(settings)
    policy = read_policy(settings.policy)
    places.make()
    keys = open_keys(places)
    bank = _open_databases(settings, places, narrator)
    narrator.say("tables")
    migrate(bank.core_url, CORE_PACKAGES)
    migrate(bank.watch_url, WATCH_PACKAGES)
    bank = _load_people(bank, policy, keys, narrator)
    places.save(bank)
    return bank


def open_keys(places: Places) -> AtmKeys:
    """The ATM channel's keys, made on the first run."""
    if not places.keys.exists():
        AtmKeys.generate(Randomness(None)).save(places.keys)
    return AtmKeys.load(places.keys)


def start_server(places: Places) -> PostgresServer:
    """The embedded server, started unless it runs."""
    return PostgresServer.start(places.postgres)


def _open_databases(settings: Settings, places: Places, narrator: Narrator) -> LiveBank:
    if settings.database_url:
        core_url = settings.database_url
    else:
        narrator.say("PostgreSQL")
        core_url = start_server(places).url_of(CORE_DATABASE)
    watch_url = with_database(core_url, database_name(core_url) + WATCH_SUFFIX)
    for url in (core_url, watch_url):
        ensure_database(url)
    return LiveBank(
        settings=_settled(settings),
        core_url=core_url,
        watch_url=watch_url,
        embedded=not settings.database_url,
    )


def _settled(settings: Settings) -> Settings:
    """Ports and files are settled now, so that a restarted process serves and reads the same."""
    return msgspec.structs.replace(
        settings,
        policy=project_file(settings.policy).name,
        atm_port=usable_port(settings.host, settings.atm_port),
        console_port=usable_port(settings.host, settings.console_port),
    )


def _load_people(bank: LiveBank, policy: Policy, keys: AtmKeys, narrator: Narrator) -> LiveBank:
    """Load the bank unless it is; how many customers it has, which nobody changes later."""
    url = bank.core_url
    with connect(url, application="tanada load", statement_timeout_ms=0) as connection:
        today = LiveClock().now().date()
        if is_opened(connection):
            # There is no night chain yet: a bank that was stopped overnight opens on its new day.
            advance_business_date(connection, today)
        else:
            narrator.say(f"{bank.settings.customers:,} customers")
            plan = demonstration_plan(bank.settings.customers, today, policy)
            load(connection, plan, pvk=keys.pvk, progress=narrator.progress)
        return msgspec.structs.replace(bank, customers=count_customers(connection))


def population_of_bank(bank: LiveBank) -> Population:
    """The customers of the demonstration bank, with cards and PINs; reads no database."""
    return population_of(BankPlan(business_date=date.min, customers=bank.customers))


def demonstration_plan(customers: int, business_date: date, policy: Policy) -> BankPlan:
    """A bank in which about a third of the customers has a time deposit, one in 40 due today."""
    return BankPlan(
        business_date=business_date,
        customers=customers,
        maturing=customers // 40,
        switching=customers // 20,
        quiet=customers // 4,
        terminals=TERMINALS,
        reversal_capacity=policy.reversal_log.capacity,
    )
