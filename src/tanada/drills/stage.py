"""The stage of a drill: a throw-away server, the bank loaded once, and a copy for every run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Final

from psycopg import sql

from tanada.base.database import Connection, connect, translate_errors, with_database
from tanada.base.migrations import migrate
from tanada.base.postgres import PostgresServer, throw_away_server
from tanada.base.randomness import Randomness
from tanada.batch.demonstration import BankPlan, LoadedBank, Progress, load
from tanada.channels.atm.keys import AtmKeys
from tanada.schemas import CORE_PACKAGES, WATCH_PACKAGES

SERVER_SETTINGS: Final = {
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}
"""A drill's server lives for some runs: what a day changes stays in memory, and no background work
takes the processor from it."""

_NO_LIMIT: Final = 0
_CREATE: Final = sql.SQL("create database {}")
_COPY: Final = sql.SQL("create database {} template {} strategy file_copy")
_DROP: Final = sql.SQL("drop database {} with (force)")


@dataclass(frozen=True)
class Databases:
    """The two databases of one run."""

    core: str
    watch: str


class Stage:
    """Loaded once for a plan; ``databases`` gives each run its own copy."""

    def __init__(self, server: PostgresServer, plan: BankPlan, keys: AtmKeys) -> None:
        self.plan = plan
        self.keys = keys
        self._server = server
        self._numbers = count(1)

    def load(self, progress: Progress | None = None) -> LoadedBank:
        """Make the databases that the runs are copied from."""
        for name, packages in (("core", CORE_PACKAGES), ("watch", WATCH_PACKAGES)):
            self._administer(_CREATE, name)
            migrate(self._server.url_of(name), packages)
        with _open(self._server.url_of("core")) as connection:
            loaded = load(connection, self.plan, pvk=self.keys.pvk, progress=progress)
            with translate_errors():
                connection.execute("vacuum analyze")
        return loaded

    @contextmanager
    def databases(self) -> Iterator[Databases]:
        """A fresh copy of both databases, dropped afterwards."""
        number = next(self._numbers)
        names = {name: f"{name}_{number}" for name in ("core", "watch")}
        for template, name in names.items():
            self._administer(_COPY, name, template)
        try:
            yield Databases(*(with_database(self._server.url, name) for name in names.values()))
        finally:
            for name in names.values():
                self._administer(_DROP, name)

    def _administer(self, statement: sql.SQL, *names: str) -> None:
        command = statement.format(*map(sql.Identifier, names))
        with _open(self._server.url) as connection, translate_errors():
            connection.execute(command)


def _open(url: str) -> Connection:
    return connect(url, application="tanada drill", statement_timeout_ms=_NO_LIMIT)


@contextmanager
def stage(plan: BankPlan, progress: Progress | None = None) -> Iterator[Stage]:
    """A stage with the bank of ``plan`` loaded, gone afterwards. Its keys follow from the seed."""
    keys = AtmKeys.generate(Randomness(plan.seed))
    with throw_away_server(SERVER_SETTINGS) as server:
        made = Stage(server, plan, keys)
        made.load(progress)
        yield made
