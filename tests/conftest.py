"""A real PostgreSQL for every test that asks for one: cloned from a template in milliseconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from itertools import count

import pytest

from tanada.base.database import Connection, connect, with_database
from tanada.base.migrations import migrate
from tanada.base.postgres import PostgresServer, throw_away_server
from tests.bank import load_small_bank

_numbers = count(1)


def _packages(attribute: str, until_then: list[str]) -> list[str]:
    """Return a list of migrated packages as ``tanada.app`` states it, or those that exist."""
    if find_spec("tanada.app") is not None:
        stated = getattr(import_module("tanada.app"), attribute, None)
        if stated is not None:
            return list(stated)
    return [name for name in until_then if find_spec(name) is not None]


def core_packages() -> list[str]:
    """Return the packages whose migrations make the core database, lowest floor first."""
    names = ["controls", "ledger", "operations", "customers"]
    names += ["products.deposits", "products.time_deposits", "batch"]
    return _packages("MIGRATED_PACKAGES", [f"tanada.{name}" for name in names])


def watch_packages() -> list[str]:
    """Return the packages whose migrations make the watch database."""
    return _packages("WATCH_PACKAGES", ["tanada.watch"])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One throw-away server for each worker of pytest: nothing to share, nothing to lock."""
    with throw_away_server() as server:
        yield server


@contextmanager
def clone(server: PostgresServer, template: str | None) -> Iterator[str]:
    """Yield the URL of a database of one's own: a copy of the template, or empty."""
    name = f"test_{next(_numbers)}"
    with connect(server.url, application="tests", statement_timeout_ms=0) as connection:
        # The copying strategy: on a server without fsync twice as fast as writing it all to WAL.
        source = f"TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        connection.execute(f"CREATE DATABASE {name} {source}")
        try:
            yield with_database(server.url, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _template(server: PostgresServer, name: str, packages: list[str]) -> str:
    with connect(server.url, application="tests") as connection:
        connection.execute(f"CREATE DATABASE {name}")
    migrate(with_database(server.url, name), packages)
    return name


@pytest.fixture(scope="session")
def core_template(postgres_server: PostgresServer) -> str:
    """Name of the migrated core database that tests are cloned from."""
    return _template(postgres_server, "core_template", core_packages())


@pytest.fixture(scope="session")
def watch_template(postgres_server: PostgresServer) -> str:
    """Name of the migrated watch database that tests are cloned from."""
    return _template(postgres_server, "watch_template", watch_packages())


@pytest.fixture
def database_url(postgres_server: PostgresServer, core_template: str) -> Iterator[str]:
    """URL of a fresh core database, as its superuser."""
    with clone(postgres_server, core_template) as url:
        yield url


@pytest.fixture
def watch_url(postgres_server: PostgresServer, watch_template: str) -> Iterator[str]:
    """URL of a fresh watch database, as its superuser."""
    with clone(postgres_server, watch_template) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """URL of a database without any table, as its superuser."""
    with clone(postgres_server, None) as url:
        yield url


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """An open connection, in autocommit mode, to a fresh core database."""
    with connect(database_url, application="test") as opened:
        yield opened


@pytest.fixture(scope="session")
def bank_template(postgres_server: PostgresServer, core_template: str) -> str:
    """Name of a core database in which a small bank has been loaded."""
    name = "bank_template"
    with connect(postgres_server.url, application="tests") as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {core_template}")
    with connect(with_database(postgres_server.url, name), application="tests") as connection:
        load_small_bank(connection)
    return name


@pytest.fixture
def bank_url(postgres_server: PostgresServer, bank_template: str) -> Iterator[str]:
    """URL of a fresh small bank, as its superuser."""
    with clone(postgres_server, bank_template) as url:
        yield url
