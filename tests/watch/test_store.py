"""Attempts reach the watch database once each, whatever happens to it; nobody waits for that."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tanada.base.database import AccessRefused, connect, translate_errors
from tanada.base.seams import Seams
from tanada.base.volumes import DirectoryVolume, MemoryVolume, Volume
from tanada.watch import store as store_module
from tanada.watch.attempts import AttemptRecorder
from tanada.watch.reading import attempts_by_minute, first_alarm
from tanada.watch.store import AttemptStore
from tests.watch.lines import MORNING, Line, StoppedClock, attempt

Story = Callable[[AttemptStore], Awaitable[None]]


def _rows(line: Line, columns: str = "attempt_id") -> list[tuple[object, ...]]:
    with connect(line.url, application="test") as connection:
        return connection.execute(
            f"select {columns} from watch.attempt order by attempt_id"
        ).fetchall()


def _run(seams: Seams, line: Line, story: Story, volume: Volume | None = None) -> None:
    async def run() -> None:
        store = AttemptStore(seams, line, volume or MemoryVolume(), name="gateway-1")
        await story(store)
        await store.close()

    asyncio.run(run())


def test_what_is_recorded_is_in_the_database_word_for_word(
    seams: Seams, gateway_line: Line
) -> None:
    odd = attempt(2, "failed", "internal_error", origin='T"1\\{},日本', media="card+passbook")

    async def story(store: AttemptRecorder) -> None:
        store.record(attempt(1))
        store.record(odd)

    _run(seams, gateway_line, story)
    columns = "origin, account_id, amount, key, kind, code, media, custody, at"
    rows = _rows(gateway_line, columns)
    assert rows[1][:-1] == (
        odd.origin, odd.account, 10_000, "atm:2", "failed", "internal_error", "card+passbook",
        "return",
    )  # fmt: skip
    assert rows[0][-1] == MORNING + timedelta(seconds=1)


def test_an_unknown_attempt_is_settled_once_only(seams: Seams, gateway_line: Line) -> None:
    async def story(store: AttemptStore) -> None:
        store.record(attempt(1, "unknown", "no_answer"))
        store.record(attempt(2, "unknown", "no_answer"))
        store.settle("atm:1", "accepted", "ok")
        await store.flush()
        assert [left.key for left in await store.unknown_attempts("atm")] == ["atm:2"]
        assert await store.unknown_attempts("direct") == []
        store.settle("atm:1", "failed", "never_arrived")
        store.settle("atm:2", "failed", "never_arrived")

    _run(seams, gateway_line, story)
    rows = _rows(gateway_line, "settled_kind, settled_code, kind")
    assert rows == [("accepted", "ok", "unknown"), ("failed", "never_arrived", "unknown")]


def test_a_restarted_gateway_is_given_its_unknown_attempts_whole(
    seams: Seams, gateway_line: Line
) -> None:
    left = attempt(7, "unknown", "no_answer")

    async def before(store: AttemptRecorder) -> None:
        store.record(attempt(6))
        store.record(left)

    async def after(store: AttemptStore) -> None:
        assert await store.unknown_attempts("atm") == [left]

    _run(seams, gateway_line, before)
    _run(seams, gateway_line, after)


def test_nothing_is_lost_while_the_database_is_away(
    seams: Seams, gateway_line: Line, tmp_path_factory: pytest.TempPathFactory
) -> None:
    volume = DirectoryVolume(tmp_path_factory.mktemp("spool"))

    async def story(store: AttemptStore) -> None:
        store.record(attempt(1, "unknown", "no_answer"))
        await store.flush()
        gateway_line.cut()
        for number in range(2, 6):
            store.record(attempt(number))
            await store.flush()
        store.settle("atm:1", "accepted", "ok")
        await store.flush()
        assert len(_rows(gateway_line)) == 1
        gateway_line.is_cut = False
        store.record(attempt(6))

    _run(seams, gateway_line, story, volume)
    assert _rows(gateway_line) == [(number,) for number in range(1, 7)]
    assert _rows(gateway_line, "settled_kind")[0] == ("accepted",)
    assert volume.list("") == []
    with connect(gateway_line.url, application="test") as connection:
        assert first_alarm(connection, "watch_database_was_away", "gateway-1") is not None


def test_a_successor_loads_what_a_dead_gateway_left_on_disk(
    seams: Seams, gateway_line: Line
) -> None:
    volume = MemoryVolume()

    async def before(store: AttemptRecorder) -> None:
        gateway_line.cut()
        store.record(attempt(1))

    async def after(store: AttemptStore) -> None:
        gateway_line.is_cut = False
        await store.flush()

    _run(seams, gateway_line, before, volume)
    _run(seams, gateway_line, after, volume)
    assert _rows(gateway_line) == [(1,)]


def test_a_batch_that_is_brought_twice_is_kept_and_counted_once(
    seams: Seams, gateway_line: Line
) -> None:
    """A commit whose answer got lost is repeated: the ids decide."""

    async def story(store: AttemptStore) -> None:
        for _ in range(2):
            store.record(attempt(1))
            store.record(attempt(2, "declined", "wrong_pin"))
            await store.flush()

    _run(seams, gateway_line, story)
    assert len(_rows(gateway_line)) == 2
    with connect(gateway_line.url, application="test") as connection:
        counts = attempts_by_minute(connection, MORNING)
    assert [(count.kind, count.attempts) for count in counts] == [("accepted", 1), ("declined", 1)]


def test_one_attempt_that_no_database_takes_does_not_hold_up_the_others(
    seams: Seams, gateway_line: Line
) -> None:
    volume = MemoryVolume()

    async def story(store: AttemptRecorder) -> None:
        for number in range(1, 9):
            store.record(attempt(number, origin="T\0" if number == 3 else "T1"))
        store.settle("atm:1", "accepted", "ok")

    _run(seams, gateway_line, story, volume)
    assert [row[0] for row in _rows(gateway_line)] == [1, 2, 4, 5, 6, 7, 8]
    assert b'"atm:3"' in volume.read("unreadable/attempts-gateway-1")


def test_with_database_and_disk_gone_attempts_wait_in_memory(
    seams: Seams, gateway_line: Line
) -> None:
    volume = MemoryVolume()

    async def story(store: AttemptStore) -> None:
        gateway_line.cut()
        volume.fail("worn out")
        for number in range(1, 4):
            store.record(attempt(number))
            await store.flush()
        volume.mend()
        gateway_line.is_cut = False

    _run(seams, gateway_line, story, volume)
    assert len(_rows(gateway_line)) == 3


def test_a_full_buffer_drops_and_says_so(
    seams: Seams, gateway_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BUFFER_LIMIT", 10)

    async def story(store: AttemptRecorder) -> None:
        for number in range(1, 14):
            store.record(attempt(number))

    _run(seams, gateway_line, story)
    assert len(_rows(gateway_line)) == 10
    with connect(gateway_line.url, application="test") as connection:
        alarm = first_alarm(connection, "attempts_dropped")
    assert alarm is not None
    assert (alarm.severity, alarm.detail) == ("critical", "3")


def test_the_store_flushes_by_itself(seams: Seams, gateway_line: Line, clock: StoppedClock) -> None:
    async def run() -> None:
        store = AttemptStore(
            seams, gateway_line, MemoryVolume(), name="gateway-1", flush_seconds=0.01
        )
        store.start()
        store.record(attempt(1))
        while not _rows(gateway_line):
            await asyncio.sleep(0.01)
        await store.close()

    asyncio.run(asyncio.wait_for(run(), 10))


def test_a_fault_of_ours_does_not_end_the_recording(
    seams: Seams, gateway_line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        store = AttemptStore(
            seams, gateway_line, MemoryVolume(), name="gateway-1", flush_seconds=0.01
        )
        store.start()
        store.record(attempt(1, origin=5))
        while not caplog.records:
            await asyncio.sleep(0.01)
        store.record(attempt(2))
        await asyncio.sleep(0.05)
        await store.close()

    asyncio.run(asyncio.wait_for(run(), 10))
    assert _rows(gateway_line) == [(2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "select key from watch.attempt",
        "update watch.attempt set code = 'ok'",
        "delete from watch.attempt",
        "select detail from watch.alarm",
    ],
)
def test_a_gateway_cannot_read_or_rewrite_what_was_recorded(
    gateway_line: Line, statement: str
) -> None:
    with gateway_line() as gateway, pytest.raises(AccessRefused), translate_errors():
        gateway.execute(statement)
