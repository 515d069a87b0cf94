"""Executing a batch: one transaction that locks, decides, writes and stores the outcomes.

This is the one place that begins and commits a transaction in which customers' money moves.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import psycopg

from tanada.base.database import (
    Connection,
    Cursor,
    DatabaseError,
    DatabaseUnreachable,
    IntegrityViolated,
    bytes_array,
    int_array,
    load_queries,
    text_array,
    translate_errors,
    uuid_array,
)
from tanada.base.errors import BankError
from tanada.base.ids import operation_id
from tanada.controls.policies import Policy
from tanada.ledger.book import QUERIES as LEDGER
from tanada.ledger.book import Book, business_date
from tanada.ledger.reversal_log import Meter, ReversalLog
from tanada.operations.breakers import Breakers
from tanada.operations.codes import Code
from tanada.operations.commands import Command, InquireOutcome, Outcome, Reverse, outcome_of
from tanada.operations.deciding import (
    BARRED,
    Decided,
    Deciding,
    Fact,
    Guards,
    Known,
    Request,
    products_posting,
)
from tanada.operations.reversal import Reversible, reversible_of
from tanada.operations.shelf import Shelf, Table, keys_of
from tanada.operations.work import Executions

QUERIES: Final = load_queries("tanada.operations")

MAX_TRIES: Final = 4
"""Times that a batch is begun anew after a transient error of the database."""

_LOG = logging.getLogger(__name__)


class _DayChanged(BankError):
    """The business date moved between reserving rows and locking accounts."""

    code = "day_changed"
    transient = True


class Executor:
    """Executes batches for one compartment, on one connection; used by one thread at a time."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Connection],
        executions: Executions,
        policy: Policy,
    ) -> None:
        self.name = name
        self.breakers = Breakers(policy.breaker)
        self._connect = connect
        self._executions = executions
        self._policy = policy
        self._connection: Connection | None = None
        self._log: ReversalLog | None = None
        self._business_date: date | None = None
        self._told: set[tuple[str, str, date]] = set()

    def start(self) -> None:
        """Connect and take back the rows that a predecessor of this name left unused."""
        self._opened()

    def close(self) -> None:
        """Give back the reserved rows and close the connection."""
        if self._connection is None:
            return
        with suppress(DatabaseError):
            if self._log is not None and self._business_date is not None:
                self._log.give_back(self._business_date)
        self._drop_connection()

    def execute(
        self, requests: Sequence[Request], now: datetime, monotonic: float
    ) -> list[Outcome]:
        """The outcome of each request, in order; never raises for an operating error.

        A batch that the database refuses is halved until the command that spoils it stands alone.
        A batch whose connection broke is executed again: what had been committed is found by its
        key, so that nothing happens twice.
        """
        for attempt in range(1, MAX_TRIES + 1):
            try:
                return self._transact(requests, now, monotonic)
            except DatabaseUnreachable as error:
                _LOG.warning("%s lost its database (try %d): %s", self.name, attempt, error)
                self._drop_connection()
            except BankError as error:
                if attempt < MAX_TRIES and (error.transient or _raced(error)):
                    continue
                return self._halve(requests, now, monotonic, error)
        # Each try may have been cut off in its commit, so the outcome is not known here.
        return [outcome_of(request.key, Code.NO_ANSWER) for request in requests]

    def _halve(
        self, requests: Sequence[Request], now: datetime, monotonic: float, error: BankError
    ) -> list[Outcome]:
        if len(requests) == 1:
            detail = f"{requests[0].key}: {error.code}: {error}"
            self._record([Fact(self.name, "operation_refused_by_database", detail)], now)
            return [outcome_of(requests[0].key, Code.INTERNAL_ERROR)]
        middle = len(requests) // 2
        return self.execute(requests[:middle], now, monotonic) + self.execute(
            requests[middle:], now, monotonic
        )

    def switches(self) -> list[tuple[str, str, str]]:
        """Suspended services: product, channel, reason."""
        with translate_errors():
            return self._opened().execute(QUERIES.suspended_services).fetchall()

    def probe(self) -> bool:
        """Whether the database answers."""
        try:
            with translate_errors():
                self._opened().execute(LEDGER.business_date)
        except DatabaseError:
            self._drop_connection()
            return False
        return True

    def suspend(self, product: str, channel: str, reason: str, now: datetime) -> None:
        """Suspend a service by rule, as a person would by hand."""
        with translate_errors():
            self._opened().execute(
                QUERIES.suspend_service, (product, channel, reason, self.name, now)
            )

    def record(self, facts: Sequence[Fact], now: datetime) -> None:
        """Record facts; a database that cannot be reached costs the facts, not the caller."""
        self._record(facts, now)

    def _record(self, facts: Sequence[Fact], now: datetime) -> None:
        try:
            with translate_errors():
                for fact in facts:
                    self._opened().execute(QUERIES.write_fact, (now, *fact))
        except DatabaseError as error:
            _LOG.warning("facts of %s were not recorded: %s %s", self.name, facts, error)

    def _opened(self) -> Connection:
        if self._connection is None:
            connection = self._connect()
            # The same few statements for ever: plan each once.
            connection.prepare_threshold = 0
            self._connection = connection
            self._log = ReversalLog(connection, self._policy.reversal_log, self.name)
            self._business_date = business_date(connection)
            self._log.give_back(self._business_date)
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection, self._log = self._connection, None, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _transact(
        self, requests: Sequence[Request], now: datetime, monotonic: float
    ) -> list[Outcome]:
        connection = self._opened()
        log, day = self._log, self._business_date
        assert log is not None and day is not None
        log.ensure(products_posting(requests, self._executions), day)
        deciding: Deciding | None = None
        try:
            with translate_errors(), connection.pipeline(), connection.transaction():
                deciding = self._load(connection, requests, now, monotonic)
                outcomes = [deciding.answer(request) for request in requests]
                self._write(connection, deciding, now)
        except BaseException:
            if deciding is not None:
                for product in deciding.rows_taken:
                    log.put_back(product, day)
            raise
        facts = deciding.facts + self._log_facts(log, day)
        if facts:
            self._record(facts, now)
        return outcomes

    def _load(
        self, connection: Connection, requests: Sequence[Request], now: datetime, monotonic: float
    ) -> Deciding:
        commands = [request for request in requests if isinstance(request, Command)]
        reversible = self._load_reversible(connection, commands)
        ids = {operation_id(request.key) for request in requests}
        ids.update(
            operation_id(command.original_key)
            for command in commands
            if isinstance(command, Reverse)
        )
        # All of these are sent before the first answer is awaited: one trip to the database.
        day = connection.cursor().execute(LEDGER.business_date)
        stored = connection.cursor().execute(QUERIES.find_operations, (uuid_array(ids),))
        accounts = self._accounts_of(commands, reversible)
        locked = connection.cursor().execute(LEDGER.lock_accounts, (int_array(accounts),))
        shelves = self._send_tables(connection, commands)
        return Deciding(
            book=self._book(day, locked, now),
            shelves={table: _filled(table, cursor) for table, cursor in shelves},
            executions=self._executions,
            guards=Guards(self.breakers, self._held_log()),
            known={row[0]: _known(row) for row in stored.fetchall()},
            reversible=reversible,
            now=now,
            monotonic=monotonic,
        )

    def _held_log(self) -> ReversalLog:
        assert self._log is not None
        return self._log

    def _book(self, day: Cursor, locked: Cursor, now: datetime) -> Book:
        row = day.fetchone()
        assert row is not None, "the bank has no business date"
        if row[0] != self._business_date:
            self._business_date = row[0]
            raise _DayChanged("the business date changed; the batch begins anew")
        book = Book(row[0], now, self.name)
        book.load(locked.fetchall())
        return book

    def _load_reversible(
        self, connection: Connection, commands: Sequence[Command]
    ) -> dict[UUID, Reversible]:
        originals = [
            operation_id(command.original_key)
            for command in commands
            if isinstance(command, Reverse)
        ]
        if not originals:
            return {}
        rows = connection.execute(LEDGER.find_reversible, (uuid_array(originals),)).fetchall()
        return {row[0]: reversible_of(row) for row in rows}

    def _accounts_of(
        self, commands: Sequence[Command], reversible: dict[UUID, Reversible]
    ) -> list[int]:
        accounts = {posting.account for found in reversible.values() for posting in found.postings}
        for command in commands:
            execution = self._executions.get(type(command))
            accounts.update(
                (command.account,) if execution is None else execution.accounts(command)
            )
        return sorted(accounts)

    def _send_tables(
        self, connection: Connection, commands: Sequence[Command]
    ) -> list[tuple[Table[Any], Cursor]]:
        wanted: dict[Table[Any], list[Command]] = {}
        for command in commands:
            execution = self._executions.get(type(command))
            for table in () if execution is None else execution.tables:
                wanted.setdefault(table, []).append(command)
        return [
            (table, connection.cursor().execute(table.load, (int_array(keys_of(table, those)),)))
            for table, those in wanted.items()
        ]

    def _write(self, connection: Connection, deciding: Deciding, now: datetime) -> None:
        if deciding.decided:
            with connection.cursor() as cursor:
                deciding.write(cursor)
            connection.execute(QUERIES.write_operations, self._rows(deciding.decided, now))

    def _rows(self, decided: Sequence[Decided], now: datetime) -> dict[str, object]:
        requests = [row.command for row in decided]
        outcomes = [row.known.outcome for row in decided]
        return {
            "compartment": self.name,
            "decided_at": now,
            "business_date": self._business_date,
            "ids": uuid_array(outcome.operation_id for outcome in outcomes),
            "keys": text_array(row.key for row in decided),
            "fingerprints": bytes_array(row.known.fingerprint for row in decided),
            "commands": text_array(type(request).__name__ for request in requests),
            "products": text_array(row.product for row in decided),
            "channels": text_array(request.channel for request in requests),
            "origins": text_array(request.origin for request in requests),
            "accounts": int_array(request.account for request in requests),
            "amounts": int_array(getattr(request, "amount", 0) for request in requests),
            "kinds": text_array(outcome.kind for outcome in outcomes),
            "codes": text_array(outcome.code.value for outcome in outcomes),
            "results": bytes_array(outcome.result for outcome in outcomes),
            "made_at": int_array(_made_at(request, now) for request in requests),
        }

    def _log_facts(self, log: ReversalLog, day: date) -> list[Fact]:
        facts = []
        for meter in log.last_meter.values():
            level = _level(meter, self._policy.preflight.warn_permille)
            if level and (meter.product, level, day) not in self._told:
                self._told.add((meter.product, level, day))
                detail = f"{meter.taken} of {meter.capacity} rows of {day} are taken"
                facts.append(Fact(f"reversal_log/{meter.product}", level, detail))
        return facts


def _raced(error: BankError) -> bool:
    """Whether another connection stored the same key first: a killed compartment's last commit."""
    return isinstance(error, IntegrityViolated) and error.constraint == "operation_pkey"


def _level(meter: Meter, warn_permille: int) -> str:
    if meter.taken >= meter.capacity:
        return "reversal_log_full"
    if meter.taken * 1000 >= meter.capacity * warn_permille:
        return "reversal_log_warning"
    return ""


def _filled(table: Table[Any], cursor: Cursor) -> Shelf[Any]:
    shelf = Shelf(table)
    shelf.fill(cursor.fetchall())
    return shelf


def _known(row: Sequence[Any]) -> Known:
    operation, digest, kind, code, result = row
    outcome = Outcome(kind=kind, code=Code(code), operation_id=operation, result=bytes(result))
    return Known(bytes(digest) or BARRED, outcome)


def _made_at(request: Request, now: datetime) -> int:
    if isinstance(request, InquireOutcome):
        return int(now.timestamp()) * 1_000_000
    return request.made_at
