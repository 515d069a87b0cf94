"""The watcher: turns facts of the core, and attempts that failed, into alarms for people.

It reads facts where they were written, in order and without a gap, and remembers how far it came in
the same transaction as the alarms: each fact is told exactly once, whatever is restarted when.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg

from tanada.base.database import (
    Connection,
    DatabaseError,
    int_array,
    load_queries,
    text_array,
    timestamp_array,
    translate_errors,
)
from tanada.base.seams import Seams
from tanada.watch.alarm_kinds import ALARM_KINDS, alarm_kind

POLL_SECONDS: Final = 2.0
FACTS_A_QUERY: Final = 1_000
"""The limit inside ``facts_since``: fewer rows than this mean that all have been read."""
MISSING_LIMIT: Final = 1_000
"""Skipped numbers that are remembered; a transaction that was undone leaves one for good."""
LATE_ATTEMPTS: Final = timedelta(minutes=2)
"""How far back failed attempts are counted again, for those that a gateway brought late."""

_CORE = load_queries("tanada.operations")
_QUERIES = load_queries("tanada.watch")
_SOURCE: Final = "core"
_DATABASE: Final = "core-database"
_MESSAGES: Final = ("core", "system_messages")
"""Component and kind of the alarm in which all facts of the core drown under the as-was policy."""
_FROM_ATTEMPTS: Final = ("attempts_failed", "attempts_unknown", "double_errors")
_LOG = logging.getLogger(__name__)


class _Fact(NamedTuple):
    fact_id: int
    at: datetime
    component: str
    kind: str
    detail: str


class _Fold(NamedTuple):
    component: str
    kind: str
    window: datetime


class Watcher:
    """Polls the core and raises alarms in the watch database; one a bank."""

    def __init__(
        self,
        seams: Seams,
        core: Callable[[], Connection],
        watch: Callable[[], Connection],
        *,
        poll_seconds: float = POLL_SECONDS,
        state_changes_apart: bool = True,
    ) -> None:
        """``core`` and ``watch`` open the two databases, both as ``tanada_watch``.

        Without ``state_changes_apart`` no fact of the core stands for itself, as it was on 28
        February 2021.
        """
        self._seams = seams
        self._poll_seconds = poll_seconds
        self._desk = AlarmDesk(core, watch, state_changes_apart=state_changes_apart)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._task = asyncio.create_task(self.run(), name="watcher")

    async def close(self) -> None:
        """Stop polling and close both connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._seams.workers.run(self._desk.close)

    async def poll(self) -> None:
        """One round; a database that does not answer is itself an alarm, not an error."""
        await self._seams.workers.run(self._desk.round, self._seams.clock.now())

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            try:
                await self.poll()
            except Exception:  # A watcher that died of a fault of ours would die in silence.
                _LOG.exception("a round of the watcher failed; the next one begins where it began")
            await asyncio.sleep(self._poll_seconds)


class AlarmDesk:
    """The blocking half of the watcher; used by one worker at a time."""

    def __init__(
        self,
        core: Callable[[], Connection],
        watch: Callable[[], Connection],
        *,
        state_changes_apart: bool = True,
    ) -> None:
        self._core = _Held(core)
        self._watch = _Held(watch)
        self._state_changes_apart = state_changes_apart
        self._core_answers = True
        self._untold: list[_Fact] = []
        self._stood_alone: Counter[_Fold] = Counter()

    def round(self, now: datetime) -> None:
        """Read what is new and tell it. Never raises for an operating error."""
        try:
            self._read_core(now)
            self._count_attempts(now)
        except DatabaseError as error:
            # Nobody can be told through a database that is away; what is untold is told later.
            _LOG.critical("alarms cannot be written: %s", error)
            self._watch.drop()

    def close(self) -> None:
        """Close both connections."""
        self._core.drop()
        self._watch.drop()

    def _read_core(self, now: datetime) -> None:
        while True:
            last, missing = self._cursor()
            try:
                late, fresh = self._facts(last, missing)
            except DatabaseError as error:
                self._core.drop()
                self._note_core(now, answers=False, detail=str(error))
                return
            self._note_core(now, answers=True, detail="the core database answers again")
            if late or fresh:
                self._tell(late + fresh, now, last, missing)
            if len(fresh) < FACTS_A_QUERY:
                return

    def _cursor(self) -> tuple[int, list[int]]:
        with translate_errors():
            row = self._watch.open().execute(_QUERIES.read_cursor, (_SOURCE,)).fetchone()
        return (0, []) if row is None else (row[0], row[1])

    def _facts(self, last: int, missing: Sequence[int]) -> tuple[list[_Fact], list[_Fact]]:
        with translate_errors():
            core = self._core.open()
            late: list[Any] = []
            if missing:
                late = core.execute(_QUERIES.facts_by_id, (int_array(missing),)).fetchall()
            fresh = core.execute(_CORE.facts_since, (last,)).fetchall()
        return [_Fact(*row) for row in late], [_Fact(*row) for row in fresh]

    def _tell(
        self, facts: Sequence[_Fact], now: datetime, last: int, missing: Sequence[int]
    ) -> None:
        """Raise the alarms of ``facts`` and move the cursor, in one transaction."""
        seen = {fact.fact_id for fact in facts}
        newest = max(last, *seen)
        skipped = [*missing, *range(last + 1, newest)]
        left = [number for number in skipped if number not in seen][-MISSING_LIMIT:]
        with translate_errors():
            watch = self._watch.open()
            with watch.transaction():
                self._raise(watch, facts, now)
                watch.execute(_QUERIES.move_cursor, (_SOURCE, newest, int_array(left)))

    def _note_core(self, now: datetime, *, answers: bool, detail: str) -> None:
        if answers != self._core_answers:
            self._core_answers = answers
            kind = "database_reachable" if answers else "database_unreachable"
            self._untold.append(_Fact(0, now, _DATABASE, kind, detail))
        if self._untold:
            with translate_errors():
                self._raise(self._watch.open(), self._untold, now)
            self._untold = []

    def _raise(self, watch: Connection, facts: Iterable[_Fact], now: datetime) -> None:
        alone: list[_Fact] = []
        folded: dict[_Fold, list[_Fact]] = {}
        for fact in facts:
            fold = self._fold_of(fact)
            if self._stands_alone(fold):
                alone.append(fact)
            else:
                folded.setdefault(fold, []).append(fact)
        if alone:
            watch.execute(_QUERIES.raise_alarms, _alone(alone, now))
        if folded:
            watch.execute(_QUERIES.fold_alarms, _folded(folded, now))

    def _fold_of(self, fact: _Fact) -> _Fold:
        apart = self._state_changes_apart or fact.component == _DATABASE
        component, kind = (fact.component, fact.kind) if apart else _MESSAGES
        return _Fold(component, kind, fact.at.replace(second=0, microsecond=0))

    def _stands_alone(self, fold: _Fold) -> bool:
        limit = alarm_kind(fold.kind).alone
        if not limit:
            return limit is None
        if self._stood_alone and fold.window > next(iter(self._stood_alone)).window:
            self._stood_alone.clear()
        self._stood_alone[fold] += 1
        return self._stood_alone[fold] <= limit

    def _count_attempts(self, now: datetime) -> None:
        severities = [ALARM_KINDS[kind].severity for kind in _FROM_ATTEMPTS]
        with translate_errors():
            self._watch.open().execute(
                _QUERIES.alarms_from_attempts,
                {
                    "since": now - LATE_ATTEMPTS,
                    "raised_at": now,
                    "kinds": text_array(_FROM_ATTEMPTS),
                    "severities": text_array(severities),
                },
            )


class _Held:
    """A connection that is opened when it is needed and dropped when it broke."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


def _alone(facts: Sequence[_Fact], now: datetime) -> dict[str, str]:
    return {
        "at": timestamp_array(fact.at for fact in facts),
        "raised_at": timestamp_array(now for _ in facts),
        "components": text_array(fact.component for fact in facts),
        "kinds": text_array(fact.kind for fact in facts),
        "severities": text_array(alarm_kind(fact.kind).severity for fact in facts),
        "details": text_array(fact.detail for fact in facts),
    }


def _folded(folds: dict[_Fold, list[_Fact]], now: datetime) -> dict[str, object]:
    return {
        "raised_at": now,
        "at": timestamp_array(min(fact.at for fact in facts) for facts in folds.values()),
        "components": text_array(fold.component for fold in folds),
        "kinds": text_array(fold.kind for fold in folds),
        "severities": text_array(alarm_kind(fold.kind).severity for fold in folds),
        "details": text_array(facts[0].detail for facts in folds.values()),
        "occurrences": int_array(len(facts) for facts in folds.values()),
        "last_at": timestamp_array(max(fact.at for fact in facts) for facts in folds.values()),
        "windows": timestamp_array(fold.window for fold in folds),
    }
