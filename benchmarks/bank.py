"""The bank under test: the live one, with its processes, on a durable server of its own."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tanada.app.live import running
from tanada.app.places import LiveBank, Places
from tanada.app.preparation import (
    CORE_DATABASE,
    TERMINALS,
    open_keys,
    population_of_bank,
    prepare,
    start_server,
)
from tanada.base.clock import LiveClock
from tanada.base.database import connect
from tanada.base.databases import ensure_database
from tanada.base.migrations import migrate
from tanada.base.postgres import PostgresServer
from tanada.base.settings import Settings
from tanada.batch.demonstration import BankPlan, load
from tanada.customers.demonstration import Population
from tanada.schemas import CORE_PACKAGES

POLICY_FILE = Path(__file__).with_name("policy.toml")
COMPARTMENT = "all-0"


@dataclass(frozen=True)
class Bench:
    """A prepared bank: its server, its places and who lives in it."""

    server: PostgresServer
    places: Places
    bank: LiveBank

    @property
    def population(self) -> Population:
        """The customers, with cards and PINs."""
        return population_of_bank(self.bank)


class Silence:
    """Hears what the preparation tells, and keeps it to itself."""

    def say(self, what: str) -> None:
        """A step begins."""

    def progress(self, done: int, of: int) -> None:
        """How far the step is."""


@contextmanager
def prepared_bench(customers: int, maturing: int) -> Iterator[Bench]:
    """A bank with so many customers, and so many time deposits that fall due today."""
    with tempfile.TemporaryDirectory(prefix="tanada-bench-", ignore_cleanup_errors=True) as folder:
        settings = Settings(
            data_dir=folder,
            customers=customers,
            policy=str(POLICY_FILE),
            atm_port=0,
            console_port=0,
        )
        places = Places.of(settings)
        places.make()
        server = start_server(places)
        try:
            _load(server.url_of(CORE_DATABASE), places, customers, maturing)
            yield Bench(server, places, prepare(settings, Silence()))
        finally:
            server.stop()


def _load(url: str, places: Places, customers: int, maturing: int) -> None:
    ensure_database(url)
    migrate(url, CORE_PACKAGES)
    plan = BankPlan(
        business_date=LiveClock().now().date(),
        customers=customers,
        maturing=maturing,
        terminals=TERMINALS,
        machine_cash=1_000_000_000,
    )
    with connect(url, application="benchmarks", statement_timeout_ms=0) as connection:
        load(connection, plan, pvk=open_keys(places).pvk)
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


@asynccontextmanager
async def open_bank(bench: Bench) -> AsyncIterator[None]:
    """Run the bank's processes for as long as the block lasts."""
    async with running(bench.bank, bench.places):
        yield
