"""Both clocks tell Japanese time; the simulated one moves only with its loop."""

import asyncio
from datetime import UTC, datetime, timedelta

from tanada.base.clock import JST, LiveClock
from tanada.base.seams import Seams
from tests.base.worlds import EPOCH, World, in_simulation


def test_now_is_aware_and_japanese(world: World) -> None:
    async def main(seams: Seams) -> datetime:
        return seams.clock.now()

    assert world.run(main).utcoffset() == timedelta(hours=9)


def test_the_live_clock_is_the_machines() -> None:
    before = datetime.now(UTC)
    now = LiveClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is JST


def test_monotonic_time_never_goes_backwards(world: World) -> None:
    async def main(seams: Seams) -> list[float]:
        readings = []
        for _ in range(100):
            readings.append(seams.clock.monotonic())
            await asyncio.sleep(0)
        return readings

    readings = world.run(main)
    assert readings == sorted(readings)


def test_simulated_time_moves_with_the_loop_only() -> None:
    async def main(seams: Seams) -> None:
        assert seams.clock.now() == EPOCH
        assert seams.clock.now() == EPOCH
        await asyncio.sleep(29 * 3600)
        assert seams.clock.now() == EPOCH + timedelta(hours=29)
        assert seams.clock.monotonic() == 29 * 3600

    in_simulation(main)
