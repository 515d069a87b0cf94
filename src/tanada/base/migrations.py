"""Bring a database to the schema that this code needs, once, whoever else is trying to.

A package keeps its steps in ``migrations/0001_pre_<name>.sql`` and ``0001_post_<name>.sql``. A
*pre* step runs while the old code still works on the schema; a *post* step, which takes something
away, runs when no old code is left. That is how a bank is upgraded without closing.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import psycopg

from tanada.base.database import Connection, connect, load_queries, translate_errors, translated
from tanada.base.errors import BankError

FILE_NAME = re.compile(r"(?P<number>\d{4})_(?P<phase>pre|post)_(?P<name>[a-z0-9_]+)\.sql")
LOCK_WAIT_MS = 300_000
"""How long a second runner waits for the first one before it gives up."""

Phase = Literal["pre", "post"]
BOTH_PHASES: tuple[Phase, ...] = ("pre", "post")

_queries = load_queries("tanada.base", "migrations.sql")


class MigrationTampered(BankError):
    """A migration file was changed after it had been applied to this database."""

    code = "migration_tampered"


class MigrationMisnamed(BankError):
    """A file in a ``migrations`` folder does not follow the naming pattern."""

    code = "migration_misnamed"


class MigrationFailed(BankError):
    """PostgreSQL refused a migration; that file was undone whole, those before it stay."""

    code = "migration_failed"


@dataclass(frozen=True)
class Migration:
    """One file: ``version`` is its name without ``.sql`` and never changes once applied."""

    package: str
    version: str
    phase: Phase
    sql: str

    @property
    def path(self) -> str:
        """Where a person finds the file, for messages."""
        return f"{self.package}/migrations/{self.version}.sql"

    @property
    def sha256(self) -> str:
        """Digest of the file's text, kept in the database as a seal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrate(
    target: str | Connection, packages: Sequence[str], phases: Sequence[Phase] = BOTH_PHASES
) -> list[Migration]:
    """Apply what is missing and return it, in the order in which it was applied.

    ``packages`` are given from the lowest floor of the ladder upwards, since a package may refer
    to the tables below it; inside a package files run by number, *pre* before *post*. Each file
    is one transaction, run as ``tanada_owner``. The connection must be in autocommit mode.
    Raises :class:`MigrationTampered`, :class:`MigrationMisnamed`, :class:`MigrationFailed` and
    the database's own errors.
    """
    applied: list[Migration] = []
    with _connected(target) as connection, translate_errors(), _alone(connection):
        roles = resources.files("tanada.base").joinpath("roles.sql").read_text(encoding="utf-8")
        connection.execute(roles)
        connection.execute(_queries.create_schema_migration)
        for migration in _missing(connection, packages, phases):
            _apply(connection, migration)
            applied.append(migration)
    return applied


def pending(
    target: str | Connection, packages: Sequence[str], phases: Sequence[Phase] = BOTH_PHASES
) -> list[Migration]:
    """Return what :func:`migrate` would apply, without changing anything; the same errors."""
    with _connected(target) as connection, translate_errors():
        return _missing(connection, packages, phases)


def migrations_of(package: str) -> list[Migration]:
    """Return the migrations of one package in order: by number, *pre* before *post*."""
    folder = resources.files(package).joinpath("migrations")
    if not folder.is_dir():
        return []
    found: list[tuple[str, int, Migration]] = []
    for file in folder.iterdir():
        if not file.name.endswith(".sql"):
            continue
        match = FILE_NAME.fullmatch(file.name)
        if match is None:
            pattern = "0001_pre_<name>.sql or 0001_post_<name>.sql"
            raise MigrationMisnamed(f"{package}: rename {file.name} to {pattern}")
        phase: Phase = "pre" if match["phase"] == "pre" else "post"
        version = file.name.removesuffix(".sql")
        migration = Migration(package, version, phase, file.read_text(encoding="utf-8"))
        found.append((match["number"], BOTH_PHASES.index(phase), migration))
    return [migration for *_, migration in sorted(found, key=_position)]


def _position(entry: tuple[str, int, Migration]) -> tuple[str, int, str]:
    number, phase, migration = entry
    return number, phase, migration.version


@contextmanager
def _connected(target: str | Connection) -> Iterator[Connection]:
    """Use the caller's connection, or one of our own without a statement limit."""
    if not isinstance(target, str):
        assert target.autocommit, "migrations need a connection in autocommit mode"
        yield target
        return
    with connect(
        target, application="tanada migrate", statement_timeout_ms=0, lock_timeout_ms=LOCK_WAIT_MS
    ) as connection:
        yield connection


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold the lock that lets one runner at a time change the schema of this database."""
    connection.execute(_queries.lock_migrations)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(_queries.unlock_migrations)


def _missing(
    connection: Connection, packages: Sequence[str], phases: Sequence[Phase]
) -> list[Migration]:
    """Compare files with the database and refuse if an applied file is no longer the same."""
    seals = _seals(connection)
    missing: list[Migration] = []
    for migration in (one for package in packages for one in migrations_of(package)):
        seal = seals.get((migration.package, migration.version))
        if seal is None and migration.phase in phases:
            missing.append(migration)
        if seal is not None and seal != migration.sha256:
            raise MigrationTampered(
                f"{migration.path} was changed after it was applied: put the old text back and "
                "write a new migration"
            )
    return missing


def _seals(connection: Connection) -> dict[tuple[str, str], str]:
    known = connection.execute(_queries.has_schema_migration).fetchone()
    assert known is not None
    if not known[0]:
        return {}
    rows = connection.execute(_queries.applied_migrations).fetchall()
    return {(package, version): sha256 for package, version, sha256 in rows}


def _apply(connection: Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(_queries.act_as_owner)
        _execute(connection, migration)
        connection.execute(_queries.act_as_oneself)
        connection.execute(
            _queries.seal_migration, (migration.package, migration.version, migration.sha256)
        )


def _execute(connection: Connection, migration: Migration) -> None:
    try:
        connection.execute(migration.sql)
    except psycopg.Error as error:
        raise MigrationFailed(f"{migration.path}: {translated(error)}") from error
