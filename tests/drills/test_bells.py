"""A bell spares questions, never an answer."""

import asyncio
from datetime import datetime

import pytest

from tanada.base.clock import JST, SimulatedClock
from tanada.base.database import connect
from tanada.base.network import LiveNetwork
from tanada.base.randomness import Randomness
from tanada.base.seams import Seams
from tanada.base.simulation import SimulatedLoop, run_simulated
from tanada.base.volumes import MemoryVolume
from tanada.base.workers import InlineWorkers
from tanada.drills.bells import ROUNDS, Bell, RingingExecutor, RingingRecorder
from tanada.executions import EXECUTIONS
from tanada.operations.deciding import Fact
from tanada.watch.store import AttemptStore
from tests.drills.played import LIBRARY
from tests.watch.lines import Line, StoppedClock, attempt

EVENING = datetime(2021, 2, 28, 20, tzinfo=JST)
POLL_S = 5.0


def questions_of(rings_at: list[float], until: float) -> list[float]:
    """When a follower asks, if the bell is rung at these moments."""
    loop = SimulatedLoop()
    asked: list[float] = []

    async def ask() -> None:
        asked.append(loop.time())

    async def evening() -> None:
        bell = Bell(SimulatedClock(loop, EVENING))
        following = asyncio.create_task(bell.follow(POLL_S, ask))
        for moment in rings_at:
            await asyncio.sleep(moment - loop.time())
            bell.ring()
        await asyncio.sleep(until - loop.time())
        following.cancel()

    run_simulated(evening(), loop)
    return asked


def test_nobody_asks_while_nothing_rings() -> None:
    assert max(questions_of([], 3_600)) <= ROUNDS * POLL_S


def test_every_ring_is_followed_by_a_question_within_a_round_and_another_after_it() -> None:
    rings = [100.0, 101.5, 777.7, 3_000.0]
    asked = questions_of(rings, 3_600)
    for ring in rings:
        after = [moment for moment in asked if moment > ring]
        assert after[0] - ring <= POLL_S
        assert after[1] - ring <= ROUNDS * POLL_S


class CountedBell(Bell):
    """A bell that knows how often it was rung."""

    times = 0

    def ring(self) -> None:
        super().ring()
        self.times += 1


@pytest.mark.parametrize(("kind", "rings"), [("accepted", 0), ("declined", 1), ("unknown", 1)])
def test_an_attempt_of_which_an_alarm_could_come_rings(
    kind: str, rings: int, watch_url: str
) -> None:
    gateway_line = Line(watch_url, "tanada_gateway")
    seams = Seams(StoppedClock(), LiveNetwork(), Randomness(1), InlineWorkers())
    bell = CountedBell(StoppedClock())
    store = AttemptStore(seams, gateway_line, MemoryVolume(), name="g")
    recorder = RingingRecorder(store, bell)
    recorder.record(attempt(1, kind))
    assert bell.times == rings
    recorder.settle("atm:1", "failed", "never_arrived")
    assert bell.times == rings + 1
    asyncio.run(store.close())
    with connect(watch_url, application="test") as watch:
        assert watch.execute("select kind from watch.attempt").fetchall() == [(kind,)]


def test_facts_and_suspensions_of_a_compartment_ring(bank_url: str) -> None:
    executor = RingingExecutor(
        "atm-0", lambda: connect(bank_url, application="test"), EXECUTIONS, LIBRARY.as_was
    )
    executor.facts, executor.switches_set = CountedBell(StoppedClock()), CountedBell(StoppedClock())
    executor.record([Fact("atm-0", "compartment_closed", "why")], EVENING)
    executor.suspend("time_deposits", "atm", "why", EVENING)
    assert (executor.facts.times, executor.switches_set.times) == (1, 1)
    assert [(p, c) for p, c, _ in executor.switches()] == [("time_deposits", "atm")]
    executor.close()
