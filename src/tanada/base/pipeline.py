"""A pipeline: the statements of one transaction, sent without waiting for one another.

The driver's own pipeline mode costs forty microseconds of Python a statement, as much as the server
needs to execute it. This one speaks to libpq directly, through the driver's published wrapper of
it, and knows only what a batch needs: prepared statements, text parameters, rows.

Statements run on the server while the caller prepares the next ones. Whoever asks for rows waits
for them; whoever does not ask learns of an error at the end of the transaction at the latest.
"""

import re
import select
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.rows import TupleRow

from tanada.base.database import Connection

MAX_PREPARED: Final = 256
"""Statements that one connection keeps prepared; ours stand in files, so this is never near."""

Value = str | bytes | int | date | datetime | UUID | None
Parameters = Sequence[Value] | Mapping[str, Value]

_PLACEHOLDER: Final = re.compile(r"%%|%s|%\((\w+)\)s")
_FAILED: Final = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)

# Types that PostgreSQL must be told, because a statement may not say by itself what it expects.
_TYPE_OIDS: Final[Mapping[type, int]] = {
    bool: 16,
    bytes: 17,
    int: 20,
    date: 1082,
    datetime: 1184,
    UUID: 2950,
}


class _Statement(NamedTuple):
    """A prepared statement; ``names`` of its parameters in order, None if they have none."""

    handle: bytes
    names: tuple[str, ...] | None


class Answer:
    """What a statement brings; asking for it waits for it."""

    __slots__ = ("_pipeline", "rows")

    def __init__(self, pipeline: "Pipeline") -> None:
        self._pipeline = pipeline
        self.rows: list[TupleRow] | None = None

    def fetchall(self) -> list[TupleRow]:
        """All rows; raises the driver's error if this statement or one before it failed."""
        if self.rows is None:
            self._pipeline.read_until(self)
        assert self.rows is not None, "read_until fills it or raises"
        return self.rows

    def fetchone(self) -> TupleRow | None:
        """The first row, if there is one."""
        rows = self.fetchall()
        return rows[0] if rows else None


class Pipeline:
    """Transactions over one connection in autocommit mode, which nobody else uses meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._transformer = Transformer(connection)
        self._prepared: dict[str, _Statement] = {}
        self._names_given = 0
        self._unread: deque[Answer] = deque()
        self._unconfirmed: list[str] = []
        self._synced = False
        self._readable = select.poll()
        self._readable.register(self._libpq.socket, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(self._libpq.socket, select.POLLIN | select.POLLOUT)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin; commit at the end of the block, or undo everything if it raises.

        Raises the driver's errors. When the connection breaks during the commit, nobody knows
        whether the commit happened.
        """
        self._libpq.enter_pipeline_mode()
        self._synced = False
        try:
            self.execute("begin")
            yield
            self.execute("commit")
            self._finish()
        except BaseException:  # whatever ended the block, the connection is put back in order
            self._abandon()
            raise
        self._libpq.exit_pipeline_mode()

    def execute(self, sql: str, parameters: Parameters = ()) -> Answer:
        """Send a statement, with ``%s`` or ``%(name)s`` for its parameters; waits for nothing."""
        statement = self._prepared.get(sql)
        if statement is None:
            statement = self._prepare(sql, parameters)
        if statement.names is None:
            values: Sequence[Value] = parameters  # type: ignore[assignment]  # unnamed: a sequence
        else:
            assert isinstance(parameters, Mapping), "a statement with names takes a mapping"
            values = [parameters[name] for name in statement.names]
        self._libpq.send_query_prepared(statement.handle, [_as_text(value) for value in values])
        return self._expect()

    def _prepare(self, sql: str, parameters: Parameters) -> _Statement:
        assert len(self._prepared) < MAX_PREPARED, "statements must not be made up as we go"
        found = [match[1] for match in _PLACEHOLDER.finditer(sql) if match[0] != "%%"]
        names = tuple(dict.fromkeys(name for name in found if name)) or None
        values = parameters.values() if isinstance(parameters, Mapping) else parameters
        if isinstance(parameters, Mapping) and names is not None:
            values = [parameters[name] for name in names]
        self._names_given += 1
        statement = _Statement(b"pipeline_%d" % self._names_given, names)
        types = [_TYPE_OIDS.get(type(value), 0) for value in values]
        self._libpq.send_prepare(statement.handle, _numbered(sql, names), types)
        self._expect()
        self._prepared[sql] = statement
        self._unconfirmed.append(sql)
        return statement

    def _expect(self) -> Answer:
        answer = Answer(self)
        self._unread.append(answer)
        return answer

    # -- reading -----------------------------------------------------------------------------------

    def read_until(self, wanted: Answer) -> None:
        """Read answers in the order of their statements, up to the one that is wanted."""
        if not self._synced:
            # Without it the server keeps its answers back until it is told to sync.
            self._libpq.send_flush_request()
        while wanted.rows is None:
            self._read_answer(self._unread.popleft())

    def _finish(self) -> None:
        self._libpq.pipeline_sync()
        self._synced = True
        while self._unread:
            self._read_answer(self._unread.popleft())
        self._unconfirmed.clear()
        self._skip_to_sync()

    def _read_answer(self, answer: Answer) -> None:
        result = self._next_result()
        assert result is not None, "every statement is answered"
        if result.status in _FAILED:
            raise self._error(result)
        answer.rows = self._rows(result)
        end = self._next_result()
        assert end is None, "one statement has one result"

    def _rows(self, result: pq.abc.PGresult) -> list[TupleRow]:
        if not result.ntuples:
            return []
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _next_result(self) -> pq.abc.PGresult | None:
        while self._libpq.is_busy():
            # All that waits to be sent must leave, or the server will never answer it.
            self._wait(self._libpq.flush() == 0)
            self._libpq.consume_input()
        return self._libpq.get_result()

    def _wait(self, all_sent: bool) -> None:
        (self._readable if all_sent else self._writable).poll()

    def _error(self, result: pq.abc.PGresult) -> psycopg.Error:
        if self._libpq.status == pq.ConnStatus.BAD:
            message = self._libpq.get_error_message().strip()
            return psycopg.OperationalError(message or "the connection broke")
        return psycopg.errors.error_from_result(result, self._connection.info.encoding)

    # -- after an error ----------------------------------------------------------------------------

    def _abandon(self) -> None:
        """Skip all answers and undo the transaction; a connection that cannot do it is closed."""
        self._unread.clear()
        for sql in self._unconfirmed:
            # The server may not know it; under a new name it can be prepared in any case.
            self._prepared.pop(sql, None)
        self._unconfirmed.clear()
        try:
            if not self._synced:
                self._libpq.pipeline_sync()
            self._skip_to_sync()
            self._libpq.exit_pipeline_mode()
            # Not the driver's own rollback: it would also forget the prepared statements.
            if self._libpq.exec_(b"rollback").status in _FAILED:
                self._connection.close()
        except psycopg.Error:
            self._connection.close()

    def _skip_to_sync(self) -> None:
        while True:
            result = self._next_result()
            if result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC:
                return
            if self._libpq.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError("the connection broke")


def _numbered(sql: str, names: tuple[str, ...] | None) -> bytes:
    """Turn the driver's placeholders into PostgreSQL's ``$1``, ``$2``."""
    numbers = iter(range(1, sql.count("%s") + 1))

    def number(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if names is not None:
            return f"${names.index(match[1]) + 1}"
        return f"${next(numbers)}"

    return _PLACEHOLDER.sub(number, sql).encode()


def _as_text(value: Value) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return str(value).encode()
