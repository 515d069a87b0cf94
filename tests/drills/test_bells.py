"""A bell spares questions, never an answer."""

import asyncio
from datetime import datetime

from tanada.base.clock import JST, SimulatedClock
from tanada.base.simulation import SimulatedLoop, run_simulated
from tanada.drills.bells import ROUNDS, Bell

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
