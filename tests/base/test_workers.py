"""Blocking work runs beside the loop in a live bank, and takes its modelled time in a drill."""

import asyncio
import threading

import pytest

from tanada.base.seams import Seams
from tanada.base.workers import ThreadWorkers
from tests.base.worlds import World, in_simulation


def test_work_returns_its_result_and_raises_its_error(world: World) -> None:
    async def main(seams: Seams) -> None:
        assert await seams.workers.run(divmod, 7, 2, cost=0.001) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await seams.workers.run(divmod, 7, 0, cost=0.001)

    world.run(main)


def test_live_work_runs_in_threads_of_its_own_and_does_not_block_the_loop() -> None:
    async def main() -> str:
        workers = ThreadWorkers(1)
        may_end = threading.Event()

        def wait_for_the_loop() -> str:
            assert may_end.wait(30)
            return threading.current_thread().name

        working = asyncio.create_task(workers.run(wait_for_the_loop))
        await asyncio.sleep(0)
        may_end.set()  # Reached only because the loop is free.
        name = await working
        workers.close()
        return name

    assert asyncio.run(main()).startswith("tanada-worker")


def test_simulated_work_takes_its_cost_whether_it_ends_well_or_not() -> None:
    async def main(seams: Seams) -> list[float]:
        times = []
        for divisor in (1, 0):
            try:
                await seams.workers.run(divmod, 1, divisor, cost=1.5)
            except ZeroDivisionError:
                times.append(-1.0)
            times.append(seams.clock.monotonic())
        return times

    assert in_simulation(main) == [1.5, -1.0, 3.0]


def test_simulated_work_of_two_compartments_overlaps_in_time() -> None:
    async def main(seams: Seams) -> float:
        await asyncio.gather(*(seams.workers.run(int, cost=2.0) for _ in range(5)))
        return seams.clock.monotonic()

    assert in_simulation(main) == 2.0
