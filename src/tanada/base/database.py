"""The database seam: connections, named queries, array parameters and typed errors.

Errors of PostgreSQL are translated here and nowhere else, by one table::

    BankError
    └── DatabaseError                 anything that the table below does not know better
        ├── DatabaseUnreachable       no connection, or it broke; transient
        ├── DatabaseExhausted         connections, memory or disk of the server; transient
        ├── TransactionConflict       serialisation, deadlock, lock not granted in time; transient
        ├── StatementTimeout          cancelled by its time limit; transient
        ├── IntegrityViolated         a constraint said no; carries the constraint's name
        ├── DataRefused               a value that the column cannot hold
        ├── AccessRefused             the role may not do this
        ├── StatementRefused          the statement itself is wrong: our bug
        └── StorageBroken             damaged pages or a failing disk below the server
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from importlib import resources
from typing import TypeAlias, TypeVar, cast
from urllib.parse import quote, urlsplit
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from tanada.base.errors import BankError

T = TypeVar("T")

Connection: TypeAlias = psycopg.Connection[TupleRow]
Cursor: TypeAlias = psycopg.Cursor[TupleRow]

CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 2_000
LOST_LINE_TIMEOUT_S = 25
"""After which a server that vanished without a word, as behind a pulled cable, is given up; the
system by itself waits for a quarter of an hour or more."""
KEEPALIVE_S = 5


class DatabaseError(BankError):
    """PostgreSQL refused or failed in a way that has no narrower name here."""

    code = "database"
    sqlstate: str | None = None
    """The five characters with which PostgreSQL classes the error; None when it sent none."""


class DatabaseUnreachable(DatabaseError):
    """There is no connection, or it broke on the way.

    When it breaks during COMMIT nobody knows whether the commit happened: inquire by key.
    """

    code = "database_unreachable"
    transient = True


class DatabaseExhausted(DatabaseError):
    """The server has no connection, memory or disk left."""

    code = "database_exhausted"
    transient = True


class TransactionConflict(DatabaseError):
    """Another transaction was in the way; this one was undone and may be tried again."""

    code = "transaction_conflict"
    transient = True


class StatementTimeout(DatabaseError):
    """A statement was cancelled, nearly always by its own time limit."""

    code = "statement_timeout"
    transient = True


class IntegrityViolated(DatabaseError):
    """A constraint of the database refused a row."""

    code = "integrity_violated"
    constraint: str | None = None
    """Name of the constraint; None when PostgreSQL named none (NOT NULL before version 18)."""


class DataRefused(DatabaseError):
    """A value does not fit the column or the function that it was given to."""

    code = "data_refused"


class AccessRefused(DatabaseError):
    """The role lacks the privilege, or its password was refused."""

    code = "access_refused"


class StatementRefused(DatabaseError):
    """The statement is wrong, or came at the wrong moment of its transaction: a bug of ours."""

    code = "statement_refused"


class StorageBroken(DatabaseError):
    """Pages of the database are damaged or the disk under the server fails."""

    code = "storage_broken"


# Longest prefix of the SQLSTATE wins. Classes: PostgreSQL manual, appendix A.
SQLSTATE_ERRORS: Mapping[str, type[DatabaseError]] = {
    "02": StatementRefused,
    "03": StatementRefused,
    "08": DatabaseUnreachable,
    "09": StatementRefused,
    "0A": StatementRefused,
    "0B": StatementRefused,
    "0F": StatementRefused,
    "0L": AccessRefused,
    "0P": AccessRefused,
    "0Z": StatementRefused,
    "10": StatementRefused,
    "20": StatementRefused,
    "21": StatementRefused,
    "22": DataRefused,
    "23": IntegrityViolated,
    "24": StatementRefused,
    "25": StatementRefused,
    # A session that was idle inside a transaction for too long was cut by the server.
    "25P03": DatabaseUnreachable,
    "25P04": StatementTimeout,
    "26": StatementRefused,
    "27": StatementRefused,
    "28": AccessRefused,
    "2B": StatementRefused,
    "2D": StatementRefused,
    "2F": StatementRefused,
    "34": StatementRefused,
    "38": StatementRefused,
    "39": StatementRefused,
    "3B": StatementRefused,
    "3D": DatabaseUnreachable,
    "3F": StatementRefused,
    "40": TransactionConflict,
    # The commit may or may not have happened: the same case as a connection lost in COMMIT.
    "40003": DatabaseUnreachable,
    # A deferred constraint is still a constraint.
    "40002": IntegrityViolated,
    "42": StatementRefused,
    "42501": AccessRefused,
    "44": IntegrityViolated,
    "53": DatabaseExhausted,
    "54": StatementRefused,
    "55": StatementRefused,
    "55006": TransactionConflict,
    "55P03": TransactionConflict,
    "57": DatabaseUnreachable,
    "57014": StatementTimeout,
    "58": StorageBroken,
    "72": StatementRefused,
    "F0": StorageBroken,
    "HV": StatementRefused,
    "P0": StatementRefused,
    "XX": StorageBroken,
}

# For what the driver raises by itself, without an SQLSTATE. The first match wins.
DRIVER_ERRORS: Sequence[tuple[type[psycopg.Error], type[DatabaseError]]] = (
    (psycopg.errors.PipelineAborted, StatementRefused),
    (psycopg.OperationalError, DatabaseUnreachable),
    (psycopg.InterfaceError, DatabaseUnreachable),
    (psycopg.IntegrityError, IntegrityViolated),
    (psycopg.DataError, DataRefused),
    (psycopg.ProgrammingError, StatementRefused),
    (psycopg.NotSupportedError, StatementRefused),
    (psycopg.InternalError, StatementRefused),
    (psycopg.Error, DatabaseError),
)


def error_type(error: psycopg.Error) -> type[DatabaseError]:
    """Return the typed error that stands for an error of PostgreSQL or of the driver."""
    state = error.sqlstate
    if state is not None:
        known = SQLSTATE_ERRORS.get(state) or SQLSTATE_ERRORS.get(state[:2])
        return known or DatabaseError
    return next(ours for theirs, ours in DRIVER_ERRORS if isinstance(error, theirs))


def translated(error: psycopg.Error) -> DatabaseError:
    """Return our typed error for a psycopg one, with its SQLSTATE and constraint name."""
    ours = error_type(error)(_message_of(error))
    ours.sqlstate = error.sqlstate
    if isinstance(ours, IntegrityViolated):
        ours.constraint = error.diag.constraint_name
    return ours


def _message_of(error: psycopg.Error) -> str:
    """Join PostgreSQL's message and hint in one line.

    The detail and the statement stay out: they repeat the row, and a log is no place for the
    name or the balance of a customer.
    """
    diagnosis = error.diag
    primary = diagnosis.message_primary or str(error).strip() or type(error).__name__
    parts = [primary, diagnosis.message_hint]
    return "; ".join(part for part in parts if part)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn every psycopg error raised inside the block into a :class:`DatabaseError`."""
    try:
        yield
    except psycopg.Error as error:
        raise translated(error) from error


# -- connections ---------------------------------------------------------------------------------

_ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def connect(
    url: str,
    *,
    application: str,
    role: str | None = None,
    statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
    lock_timeout_ms: int = LOCK_TIMEOUT_MS,
    autocommit: bool = True,
) -> Connection:
    """Open a connection whose session is limited in time and, if wanted, in privilege.

    ``application`` is what operators see in ``pg_stat_activity``. With ``role`` the session acts
    as that group role, and ``RESET ROLE`` does not lead back to the login's own privileges.
    A limit of 0 ms means no limit. Raises :class:`DatabaseUnreachable`.
    """
    settings = {
        "statement_timeout": f"{statement_timeout_ms}ms",
        "lock_timeout": f"{lock_timeout_ms}ms",
        "timezone": "Asia/Tokyo",
    }
    if role is not None:
        assert _ROLE_NAME.fullmatch(role), f"not the name of a role: {role!r}"
        settings["role"] = role
    try:
        return psycopg.connect(
            url,
            application_name=application,
            autocommit=autocommit,
            connect_timeout=CONNECT_TIMEOUT_S,
            keepalives_idle=KEEPALIVE_S,
            keepalives_interval=KEEPALIVE_S,
            keepalives_count=LOST_LINE_TIMEOUT_S // KEEPALIVE_S - 1,
            tcp_user_timeout=LOST_LINE_TIMEOUT_S * 1000,
            options=_options(url, settings),
        )
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        message = f"cannot reach the database {without_password(url)}: {reason}"
        raise DatabaseUnreachable(message) from error


def _options(url: str, settings: Mapping[str, str]) -> str:
    """Add our session settings to those that the URL brings along; ours come last and win."""
    own = str(conninfo_to_dict(url).get("options") or "")
    return " ".join([own, *(f"-c {name}={value}" for name, value in settings.items())]).strip()


def without_password(url: str) -> str:
    """Return a connection URL that may be shown: the password, if any, is replaced by ``***``."""
    parts = urlsplit(url)
    if not parts.scheme:
        return re.sub(r"password\s*=\s*('(\\.|[^'])*'|\S+)", "password=***", url)
    login, at, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    shown = f"{user}{':***' if colon else ''}{at}{host}"
    query = re.sub(r"(?<![^&])password=[^&]*", "password=***", parts.query)
    return _url(parts.scheme, shown, parts.path, query)


def with_database(url: str, name: str) -> str:
    """Return the same connection URL for another database of the same server."""
    parts = urlsplit(url)
    assert parts.scheme in {"postgresql", "postgres"}, "the database address must be a URL"
    return _url(parts.scheme, parts.netloc, f"/{quote(name, safe='')}", parts.query)


def _url(scheme: str, netloc: str, path: str, query: str) -> str:
    # By hand, since urlunsplit drops the slashes before the empty host of a socket's URL.
    return f"{scheme}://{netloc}{path}{f'?{query}' if query else ''}"


def copy_rows(connection: Connection, sql: str, rows: Iterable[Sequence[object]]) -> int:
    """Send rows through a ``COPY ... FROM STDIN`` statement and return how many were sent.

    Nothing is stored unless all rows are. Raises :class:`DatabaseError` as translated.
    """
    count = 0
    with translate_errors(), connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


# -- named queries -------------------------------------------------------------------------------

_HEADER = re.compile(r"^-- ([a-z][a-z0-9_]*) --[ \t]*$", re.MULTILINE)


class Queries:
    """The named SQL statements of one file: ``queries.lock_accounts`` or ``queries["..."]``."""

    def __init__(self, origin: str, statements: Mapping[str, str]) -> None:
        self._origin = origin
        self._statements = dict(statements)

    def __getitem__(self, name: str) -> str:
        if name not in self._statements:
            known = ", ".join(self)
            raise KeyError(f"{self._origin} has no query named {name!r}; it has: {known}")
        return self._statements[name]

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from error

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._statements))

    def __len__(self) -> int:
        return len(self._statements)


def load_queries(package: str, file: str = "queries.sql") -> Queries:
    """Read the named statements of ``file`` in the Python package ``package``.

    A statement begins with a line ``-- lock_accounts --``, then one comment line that says what
    it is for, then the SQL. Whole-line comments are not sent, since a percent sign in one would be
    taken for a parameter; the name is sent, so that operators see it in ``pg_stat_activity``.
    """
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    return parse_queries(f"{package}/{file}", text)


def parse_queries(origin: str, text: str) -> Queries:
    """Split the text of a file of named statements; a mistake in the file is an assertion."""
    before, *pieces = _HEADER.split(text)
    assert not _without_comments(before), f"{origin}: SQL before the first '-- name --' line"
    statements: dict[str, str] = {}
    for name, body in zip(pieces[::2], pieces[1::2], strict=True):
        assert name not in statements, f"{origin}: the name {name!r} is used twice"
        first = body.strip().partition("\n")[0]
        assert first.startswith("-- "), f"{origin}: {name} needs a comment line with its purpose"
        sql = _without_comments(body).removesuffix(";")
        assert sql, f"{origin}: {name} has no SQL"
        statements[name] = f"/* {name} */ {sql}"
    return Queries(origin, statements)


def _without_comments(text: str) -> str:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip()


# -- array parameters ----------------------------------------------------------------------------
# One text literal for a whole column of a batch, used as ``%s::bigint[]``. For 512 values it takes
# a third to a half of the time that the driver needs to adapt a list, conversion included.


def int_array(values: Iterable[int | None]) -> str:
    """Return a PostgreSQL array literal for ``%s::bigint[]`` (or int, smallint)."""
    return f"{{{','.join(map(str, values))}}}".replace("None", "NULL")


def uuid_array(values: Iterable[UUID | None]) -> str:
    """Return a PostgreSQL array literal for ``%s::uuid[]``."""
    # PostgreSQL needs no dashes, and setting them costs three times the rest.
    return f"{{{','.join(['NULL' if value is None else value.hex for value in values])}}}"


_BOOLEANS: Mapping[bool | None, str] = {True: "t", False: "f", None: "NULL"}


def bool_array(values: Iterable[bool | None]) -> str:
    """Return a PostgreSQL array literal for ``%s::boolean[]``."""
    return f"{{{','.join(_BOOLEANS[value] for value in values)}}}"


def date_array(values: Iterable[date | None]) -> str:
    """Return a PostgreSQL array literal for ``%s::date[]``."""
    return f"{{{','.join(map(str, values))}}}".replace("None", "NULL")


def timestamp_array(values: Iterable[datetime | None]) -> str:
    """Return a PostgreSQL array literal for ``%s::timestamptz[]``; the times must be aware."""
    return _array(values, _aware_text)


def _aware_text(value: datetime) -> str:
    assert value.tzinfo is not None, "a time without a zone means nothing to a bank"
    return value.isoformat()


_SPECIAL = ("\\", '"')


def text_array(values: Iterable[str | None]) -> str:
    """Return a PostgreSQL array literal for ``%s::text[]``; text must not hold NUL characters."""
    texts = list(values)
    if None in texts:
        return _array(texts, lambda text: f'"{_escaped(text)}"')
    plain = cast("list[str]", texts)
    if any(special in text for text in set(plain) for special in _SPECIAL):
        plain = [_escaped(text) for text in plain]
    return _quoted(plain)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(texts: Sequence[str]) -> str:
    # A whole column at once: what is done value by value costs four times as much.
    return '{"' + '","'.join(texts) + '"}' if texts else "{}"


def bytes_array(values: Iterable[bytes | None]) -> str:
    """Return a PostgreSQL array literal for ``%s::bytea[]``."""
    if None in (raw := list(values)):
        return _array(raw, lambda value: f'"\\\\x{value.hex()}"')
    return _quoted([f"\\\\x{value.hex()}" for value in cast("list[bytes]", raw)])


def _array(values: Iterable[T | None], literal: Callable[[T], str]) -> str:
    parts = ("NULL" if value is None else literal(value) for value in values)
    return f"{{{','.join(parts)}}}"
