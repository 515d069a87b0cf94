"""Pages and drills read from the watch database who was hurt, and how many attempts ended how."""

import asyncio
from datetime import timedelta

from tanada.base.database import connect
from tanada.base.seams import Seams
from tanada.base.volumes import MemoryVolume
from tanada.watch.reading import Hurt, attempts_by_minute, outcomes_by_service, who_was_hurt
from tanada.watch.store import AttemptStore
from tests.watch.lines import MORNING, Line, attempt

ATTEMPTS = [
    attempt(1),
    attempt(2),
    attempt(3, "declined", "wrong_pin"),
    attempt(4, "declined", "service_suspended"),
    attempt(5, "failed", "internal_error"),
    attempt(10, "failed", "compartment_closed"),
    attempt(7, "unknown", "no_answer", channel="direct"),
    attempt(8, "unknown", "no_answer", channel="direct", product="time_deposits"),
    attempt(40, product="time_deposits"),
]


def _recorded(seams: Seams, line: Line) -> None:
    async def run() -> None:
        store = AttemptStore(seams, line, MemoryVolume(), name="gateway-1")
        for one in ATTEMPTS:
            store.record(one)
        store.settle("atm:7", "accepted", "ok")
        await store.close()

    asyncio.run(run())


def test_hurt_are_those_whom_the_bank_failed_and_nobody_else(
    seams: Seams, gateway_line: Line
) -> None:
    _recorded(seams, gateway_line)
    with connect(gateway_line.url, application="test", role="tanada_console") as connection:
        hurt = who_was_hurt(connection, MORNING)
        assert who_was_hurt(connection, MORNING + timedelta(minutes=1)) == []
    seconds = [MORNING + timedelta(seconds=second) for second in range(11)]
    assert hurt == [
        Hurt("deposits", "atm", 2, 0, 0, 1, 2, seconds[4], seconds[10]),
        Hurt("deposits", "direct", 0, 0, 1, 0, 1, seconds[7], seconds[7]),
        Hurt("time_deposits", "direct", 0, 1, 0, 0, 1, seconds[8], seconds[8]),
    ]


def test_attempts_are_counted_by_minute_and_by_service(seams: Seams, gateway_line: Line) -> None:
    _recorded(seams, gateway_line)
    with connect(gateway_line.url, application="test", role="tanada_console") as connection:
        minutes = attempts_by_minute(connection, MORNING)
        services = outcomes_by_service(connection, MORNING)
    assert [(m.minute.minute, m.kind, m.attempts) for m in minutes] == [
        (50, "accepted", 2), (50, "declined", 2), (50, "failed", 2), (50, "unknown", 2),
        (51, "accepted", 1),
    ]  # fmt: skip
    assert [(s.product, s.channel, s.kind, s.attempts) for s in services][-2:] == [
        ("time_deposits", "atm", "accepted", 1),
        ("time_deposits", "direct", "unknown", 1),
    ]
