"""What people must hear of they hear, once, soon, and never buried in a flood."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tanada.base.database import Connection, connect
from tanada.base.seams import Seams
from tanada.base.volumes import MemoryVolume
from tanada.watch.alarms import Watcher
from tanada.watch.reading import Alarm, first_alarm, recent_alarms
from tanada.watch.store import AttemptStore
from tests.watch.lines import MORNING, Line, StoppedClock, attempt


class Bank:
    """The core's facts on one side, the alarms on the other, and a watcher between them."""

    def __init__(self, seams: Seams, core: Line, watch: Line) -> None:
        self._seams, self.core, self.watch = seams, core, watch
        self._connection = connect(core.url, application="test", statement_timeout_ms=0)
        self.watcher = Watcher(seams, core, watch)

    def fact(self, kind: str, component: str, at: datetime = MORNING, detail: str = "") -> None:
        self.execute(
            "insert into operations.fact (at, component, kind, detail) values (%s, %s, %s, %s)",
            at, component, kind, detail,
        )  # fmt: skip

    def execute(self, statement: str, *parameters: object) -> None:
        self._connection.execute(statement, parameters)

    def watch_a_round(self) -> list[Alarm]:
        asyncio.run(self.watcher.poll())
        with connect(self.watch.url, application="test") as connection:
            return recent_alarms(connection, 1_000)

    def restart_watcher(self) -> None:
        asyncio.run(self.watcher.close())
        self.watcher = Watcher(self._seams, self.core, self.watch)

    def close(self) -> None:
        asyncio.run(self.watcher.close())
        self._connection.close()


@pytest.fixture
def bank(seams: Seams, core_line: Line, watch_line: Line) -> Iterator[Bank]:
    bank = Bank(seams, core_line, watch_line)
    yield bank
    bank.close()


def _told(alarms: list[Alarm]) -> list[tuple[str, str, int]]:
    return [(alarm.component, alarm.kind, alarm.occurrences) for alarm in reversed(alarms)]


def test_each_change_of_state_raises_its_own_alarm(bank: Bank, clock: StoppedClock) -> None:
    bank.fact("compartment_closed", "atm-3", detail="5 double errors")
    bank.fact("compartment_closed", "atm-4")
    bank.fact("compartment_closed", "atm-4")
    clock.moment = MORNING + timedelta(seconds=2)
    alarms = bank.watch_a_round()
    assert _told(alarms) == [
        ("atm-3", "compartment_closed", 1),
        ("atm-4", "compartment_closed", 1),
        ("atm-4", "compartment_closed", 1),
    ]
    closed = alarms[-1]
    assert (closed.severity, closed.detail) == ("critical", "5 double errors")
    assert (closed.at, closed.raised_at) == (MORNING, clock.moment)


def test_a_fact_is_told_once_though_the_watcher_is_restarted(bank: Bank) -> None:
    bank.fact("job_failed", "job-1")
    bank.watch_a_round()
    bank.restart_watcher()
    bank.fact("job_failed", "job-2")
    told = _told(bank.watch_a_round())
    assert told == [("job-1", "job_failed", 1), ("job-2", "job_failed", 1)]


def test_a_flood_is_one_alarm_a_minute_with_a_count(bank: Bank) -> None:
    for second in range(0, 90, 10):
        bank.fact("internal_error", "deposits/atm", MORNING + timedelta(seconds=second))
        bank.watch_a_round()
    told = _told(bank.watch_a_round())
    assert told == [
        ("deposits/atm", "internal_error", 3),
        ("deposits/atm", "internal_error", 6),
    ]


def test_one_closed_compartment_is_heard_among_a_hundred_thousand_errors(bank: Bank) -> None:
    flood = (
        "insert into operations.fact (at, component, kind, detail) "
        "select %s, 'deposits/atm', 'internal_error', 'index file full' from generate_series(1, %s)"
    )
    bank.execute(flood, MORNING, 61_803)
    bank.fact("compartment_closed", "atm-3", MORNING)
    bank.execute(flood, MORNING, 38_197)
    assert sorted(_told(bank.watch_a_round())) == [
        ("atm-3", "compartment_closed", 1),
        ("deposits/atm", "internal_error", 100_000),
    ]


def test_under_the_as_was_policy_a_closed_compartment_drowns_in_the_messages(
    bank: Bank, seams: Seams
) -> None:
    bank.watcher = Watcher(seams, bank.core, bank.watch, state_changes_apart=False)
    for second in range(20):
        moment = MORNING + timedelta(seconds=second)
        bank.fact("internal_error", "deposits/atm", moment, "index file full")
    bank.fact("compartment_closed", "atm-3", MORNING + timedelta(seconds=20))
    assert _told(bank.watch_a_round()) == [("core", "system_messages", 21)]


def test_rare_events_stand_alone_until_they_come_in_floods(bank: Bank) -> None:
    for _ in range(50):
        bank.fact("operation_refused_by_database", "deposits-0")
    told = _told(bank.watch_a_round())
    assert [count for *_, count in told] == [1] * 20 + [30]


def test_a_fact_that_was_committed_late_is_still_told(bank: Bank, core_line: Line) -> None:
    with connect(core_line.url, application="test", autocommit=False) as slow:
        slow.execute(
            "insert into operations.fact (at, component, kind, detail) "
            "values (%s, 'atm-9', 'compartment_closed', '')", (MORNING,),
        )  # fmt: skip
        bank.fact("breaker_opened", "deposits")
        assert _told(bank.watch_a_round()) == [("deposits", "breaker_opened", 1)]
        bank.restart_watcher()
        slow.commit()
    told = _told(bank.watch_a_round())
    assert ("atm-9", "compartment_closed", 1) in told
    assert len(bank.watch_a_round()) == len(told) == 2


def test_a_core_that_does_not_answer_is_told_once_and_so_is_its_return(bank: Bank) -> None:
    bank.watch_a_round()
    bank.core.cut()
    bank.watch_a_round()
    bank.watch_a_round()
    bank.core.is_cut = False
    bank.fact("compartment_closed", "atm-1")
    told = [kind for _, kind, _ in _told(bank.watch_a_round())]
    assert told == ["database_unreachable", "database_reachable", "compartment_closed"]


def test_alarms_wait_for_a_watch_database_that_is_away(bank: Bank) -> None:
    bank.watch_a_round()
    bank.watch.cut()
    bank.fact("compartment_closed", "atm-1")
    bank.watch_a_round()
    bank.watch.is_cut = False
    assert _told(bank.watch_a_round()) == [("atm-1", "compartment_closed", 1)]


def _record(seams: Seams, url: str, numbers: range, kind: str, code: str) -> None:
    async def run() -> None:
        store = AttemptStore(seams, Line(url, "tanada_gateway"), MemoryVolume(), name="g")
        for number in numbers:
            store.record(attempt(number, kind, code))
        await store.close()

    asyncio.run(run())


def test_failed_attempts_are_one_alarm_for_each_service_and_minute(
    bank: Bank, seams: Seams, watch_line: Line, clock: StoppedClock
) -> None:
    clock.moment = MORNING + timedelta(seconds=40)
    _record(seams, watch_line.url, range(1, 6), "failed", "internal_error")
    _record(seams, watch_line.url, range(6, 8), "failed", "compartment_closed")
    _record(seams, watch_line.url, range(8, 12), "unknown", "double_error")
    _record(seams, watch_line.url, range(12, 15), "declined", "wrong_pin")
    bank.watch_a_round()
    _record(seams, watch_line.url, range(15, 17), "failed", "internal_error")
    alarms = bank.watch_a_round()
    assert _told(alarms) == [
        ("deposits/atm", "attempts_failed", 9),
        ("deposits/atm", "double_errors", 4),
    ]
    assert alarms[-1].detail == "internal_error 7, compartment_closed 2"


def test_the_first_alarm_of_a_kind_can_be_asked_for(bank: Bank, clock: StoppedClock) -> None:
    def first(connection: Connection, component: str = "") -> str | None:
        alarm = first_alarm(connection, "compartment_closed", component)
        return None if alarm is None else alarm.component

    with connect(bank.watch.url, application="test") as connection:
        assert first(connection) is None
        for component in ("atm-3", "atm-1"):
            bank.fact("compartment_closed", component)
            bank.watch_a_round()
            clock.moment += timedelta(seconds=2)
        assert first(connection) == "atm-3"
        assert first(connection, "atm-1") == "atm-1"
