"""Making sure that a database exists before its tables do."""

from urllib.parse import unquote, urlsplit

from psycopg import sql

from tanada.base.database import (
    AccessRefused,
    Connection,
    DatabaseError,
    DatabaseUnreachable,
    connect,
    translate_errors,
    with_database,
    without_password,
)

MAINTENANCE_DATABASE = "postgres"
_APPLICATION = "tanada set-up"
_EXISTS_BY_NOW = frozenset({"42P04", "23505"})
"""Somebody else was quicker."""


def database_name(url: str) -> str:
    """The name of the database in a connection URL."""
    return unquote(urlsplit(url).path.removeprefix("/"))


def ensure_database(url: str) -> bool:
    """Create the database that ``url`` names if the server lacks it; True if it was created.

    Raises ``DatabaseUnreachable``, and ``AccessRefused`` if the login may not create databases.
    """
    try:
        connect(url, application=_APPLICATION).close()
    except DatabaseUnreachable as error:
        return _create_if_missing(url, error)
    return False


def _create_if_missing(url: str, unreachable: DatabaseUnreachable) -> bool:
    """Raises ``unreachable`` if a missing database is not the reason."""
    try:
        server = connect(with_database(url, MAINTENANCE_DATABASE), application=_APPLICATION)
    except DatabaseUnreachable:
        raise unreachable from None
    with server:
        if _exists(server, database_name(url)):
            raise unreachable
        return _create(server, url)


def _exists(server: Connection, name: str) -> bool:
    query = "select 1 from pg_database where datname = %s"
    with translate_errors():
        return server.execute(query, (name,)).fetchone() is not None


def _create(server: Connection, url: str) -> bool:
    statement = sql.SQL("create database {}").format(sql.Identifier(database_name(url)))
    try:
        with translate_errors():
            # Copying a template may take longer than a session's usual limit.
            server.execute("set statement_timeout = 0")
            server.execute(statement)
    except AccessRefused as error:
        shown = without_password(url)
        raise AccessRefused(f"create {shown} first: this login may not ({error})") from error
    except DatabaseError as error:
        if error.sqlstate not in _EXISTS_BY_NOW:
            raise
        return False
    return True
