"""Executing a batch: one transaction that locks, decides, writes and stores the outcomes.

This is the one place that begins and commits a transaction in which customers' money moves.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Final

import psycopg

from tanada.base.database import (
    Connection,
    DatabaseError,
    DatabaseUnreachable,
    IntegrityViolated,
    StatementTimeout,
    load_queries,
    translate_errors,
)
from tanada.base.errors import BankError
from tanada.base.pipeline import Pipeline
from tanada.controls.policies import Policy
from tanada.ledger.book import QUERIES as LEDGER
from tanada.ledger.book import business_date
from tanada.ledger.reversal_log import Meter, ReversalLog
from tanada.operations.breakers import Breakers
from tanada.operations.codes import Code
from tanada.operations.commands import InquireOutcome, Outcome, Request, outcome_of
from tanada.operations.deciding import Deciding, Fact, Guards, cause_of, products_posting
from tanada.operations.loading import load_batch
from tanada.operations.storing import store_operations
from tanada.operations.work import Executions

QUERIES: Final = load_queries("tanada.operations")

MAX_TRIES: Final = 4
"""Times that a batch is begun, anew after a transient error of the database."""

UNRECORDED_MAX: Final = 1_000
"""Facts that wait for a database that is away; the oldest go first."""

_RACES: Final = frozenset(
    {"operation_pkey", "reversal_log_pkey", "bank_entry_pkey", "account_pkey"}
)
"""What refuses a second effect of one key, or a second account of one number."""

UNDECIDED: Final = frozenset({Code.NO_ANSWER, Code.DATABASE_DOWN})
"""Codes of what must be executed again before anybody knows what came of it."""

_LOG = logging.getLogger(__name__)


Also = Callable[[Pipeline, Sequence[Request], Sequence[Outcome]], None]
"""What a holder writes beside a batch, in its transaction: a job's checkpoint."""


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
        self._away = False
        self._connection: Connection | None = None
        self._pipeline: Pipeline | None = None
        self._log: ReversalLog | None = None
        self._business_date: date | None = None
        self._told: set[tuple[str, str, date]] = set()
        self._unrecorded: deque[tuple[datetime, str, str, str]] = deque(maxlen=UNRECORDED_MAX)

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

    def reserve(self, product: str, rows: int) -> int:
        """Hold up to ``rows`` rows of the product's reversal log; says how many are held, if fewer.

        A job asks before each chunk, so that none of its items is declined for want of a row. Where
        the policy does not reserve, nobody asks and all are promised. Raises ``DatabaseError``.
        """
        self._opened()
        log, day = self._log, self._business_date
        assert log is not None and day is not None
        if not log.reserves:
            return rows
        log.ensure({product: rows}, day)
        return min(rows, log.left(product, day))

    def execute(
        self,
        requests: Sequence[Request],
        now: datetime,
        monotonic: float,
        also: Also | None = None,
    ) -> list[Outcome]:
        """The outcome of each request, in order; never raises for an operating error.

        ``also`` is called once in each transaction that is tried, with the requests decided in it,
        and must therefore have the same effect if it is called again.

        A batch that cannot be executed is halved until the command that spoils it stands alone.
        A batch whose connection broke is executed again: what had been committed is found by its
        key, so that nothing happens twice.
        """
        cut_off = False
        for attempt in range(1, MAX_TRIES + 1):
            connected = False
            try:
                self._opened()
                connected = True
                return self._transact(requests, now, monotonic, also)
            except DatabaseUnreachable as error:
                if not self._away:
                    # Once for each time: a line a batch would rotate out what came before.
                    _LOG.warning("%s lost its database: %s", self.name, error)
                self._away = True
                self._drop_connection()
                cut_off = cut_off or connected
            except Exception as error:  # the border that keeps a bad command from its neighbours
                # Who shares a batch with one that waits in vain must not wait for it four times.
                holds_up_others = len(requests) > 1 and _has_waited(error)
                if attempt < MAX_TRIES and _may_pass(error) and not holds_up_others:
                    continue
                return self._halve(requests, now, monotonic, error, also)
        return [_without_database(request, cut_off=cut_off) for request in requests]

    def _halve(
        self,
        requests: Sequence[Request],
        now: datetime,
        monotonic: float,
        error: Exception,
        also: Also | None,
    ) -> list[Outcome]:
        if len(requests) == 1:
            detail = f"{requests[0].key}: {cause_of(error)}: {error}"
            refused = isinstance(error, DatabaseError)
            kind = "operation_refused_by_database" if refused else "internal_error"
            self.record([Fact(self.name, kind, detail)], now)
            return [_not_executed(requests[0], error)]
        middle = len(requests) // 2
        first, rest = self.execute(requests[:middle], now, monotonic, also), requests[middle:]
        if also is not None and any(outcome.code in UNDECIDED for outcome in first):
            # Whoever writes down how far he is must not come to stand behind what may be undone.
            return first + [outcome_of(request.key, Code.NO_ANSWER) for request in rest]
        return first + self.execute(rest, now, monotonic, also)

    def switches(self) -> list[tuple[str, str, str]]:
        """Suspended services: product, channel, reason; raises ``DatabaseError``."""
        try:
            with translate_errors():
                return self._opened().execute(QUERIES.suspended_services).fetchall()
        except DatabaseError:
            self._drop_connection()
            raise

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

    def record(self, facts: Sequence[Fact], now: datetime) -> bool:
        """Record facts, behind those that could not be recorded before; False if some still wait.

        They wait for a database that cannot be reached; one that it will never take is dropped.
        """
        self._unrecorded.extend((now, *fact) for fact in facts)
        while self._unrecorded:
            try:
                with translate_errors():
                    self._opened().execute(QUERIES.write_fact, self._unrecorded[0])
            except DatabaseError as error:
                _LOG.warning("no record of %s: %s", self._unrecorded[0], error)
                if error.transient:
                    self._drop_connection()
                    return False
            self._unrecorded.popleft()
        return True

    def _opened(self) -> Connection:
        if self._connection is None:
            connection = self._connect()
            try:
                self._prepare(connection)
            except BaseException:  # half prepared it is of no use, whatever came in between
                connection.close()
                raise
            self._connection = connection
            if self._away:
                _LOG.warning("%s has its database again", self.name)
                self._away = False
        return self._connection

    def _prepare(self, connection: Connection) -> None:
        # The same few statements for ever: plan each once.
        connection.prepare_threshold = 0
        log = ReversalLog(connection, self._policy.reversal_log, self.name)
        with translate_errors():
            connection.execute(QUERIES.plan_by_key)
            day = business_date(connection)
        log.give_back(day)
        self._pipeline, self._log, self._business_date = Pipeline(connection), log, day

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        self._pipeline = self._log = None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _transact(
        self, requests: Sequence[Request], now: datetime, monotonic: float, also: Also | None
    ) -> list[Outcome]:
        pipeline, log, day = self._pipeline, self._log, self._business_date
        assert pipeline is not None and log is not None and day is not None
        log.ensure(products_posting(requests, self._executions, log.reserves), day)
        guards = Guards(self.breakers, log)
        breakers_before = self.breakers.remember()
        deciding: Deciding | None = None
        try:
            with translate_errors(), pipeline.transaction():
                loaded = load_batch(pipeline, requests, self._executions, now, self.name)
                if loaded.book.business_date != day:
                    self._business_date = loaded.book.business_date
                    # What was last read of the logs is of the day that has ended.
                    log.last_meter.clear()
                    raise _DayChanged("the business date changed; the batch begins anew")
                deciding = Deciding(loaded, self._executions, guards, now, monotonic)
                outcomes = [deciding.answer(request) for request in requests]
                deciding.write(pipeline)
                store_operations(pipeline, deciding.decided, loaded.book, now, self.name)
                if also is not None:
                    also(pipeline, requests, outcomes)
        except BaseException:  # whatever ended the batch, its rows were not written
            self.breakers.go_back(breakers_before)
            if deciding is not None:
                for product in deciding.rows_taken:
                    log.put_back(product, day)
            raise
        facts = deciding.facts + self._log_facts(log, day)
        if facts or self._unrecorded:
            self.record(facts, now)
        return outcomes

    def _log_facts(self, log: ReversalLog, day: date) -> list[Fact]:
        facts = []
        for meter in log.last_meter.values():
            level = _level(meter, self._policy.preflight.warn_permille)
            if level and (meter.product, level, day) not in self._told:
                self._told.add((meter.product, level, day))
                detail = f"{meter.taken} of {meter.capacity} rows of {day} are taken"
                facts.append(Fact(f"reversal_log/{meter.product}", level, detail))
        return facts


def _may_pass(error: Exception) -> bool:
    """Whether the batch may go through if it is begun anew.

    It may, too, when another connection stored the same key first (a killed compartment's last
    commit), or opened the same account: the next try finds it.
    """
    if isinstance(error, IntegrityViolated):
        return error.constraint in _RACES
    return isinstance(error, BankError) and error.transient


def _has_waited(error: Exception) -> bool:
    """Whether a lock or an answer was awaited up to its time limit."""
    lock_not_granted = isinstance(error, DatabaseError) and error.sqlstate == "55P03"
    return lock_not_granted or isinstance(error, StatementTimeout)


def _without_database(request: Request, *, cut_off: bool) -> Outcome:
    """The outcome of a request for which the database was lost at every try.

    A try that was cut off may have been so in its commit; then nobody knows. Nor does who asks what
    came of an earlier command learn anything from a database that is not there.
    """
    known = not cut_off and not isinstance(request, InquireOutcome)
    return outcome_of(request.key, Code.DATABASE_DOWN if known else Code.NO_ANSWER)


def _not_executed(request: Request, error: Exception) -> Outcome:
    """The outcome of a request that was undone, at the last try, because of ``error``.

    An inquiry has found out nothing then. After an obstacle that may pass the answer is unknown as
    well: it may have been the same key, being executed over another connection.
    """
    unknown = isinstance(request, InquireOutcome) or _may_pass(error)
    return outcome_of(request.key, Code.NO_ANSWER if unknown else Code.INTERNAL_ERROR)


def _level(meter: Meter, warn_permille: int) -> str:
    if meter.taken >= meter.capacity:
        return "reversal_log_full"
    if meter.taken * 1000 >= meter.capacity * warn_permille:
        return "reversal_log_warning"
    return ""
