"""Unmodified asyncio code runs in virtual time, in an order that never varies."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tanada.base import simulation
from tanada.base.simulation import Deadlock, Livelock, SimulatedLoop, run_simulated


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_year_of_sleep_takes_no_time() -> None:
    async def main() -> float:
        await asyncio.sleep(365 * 86_400)
        return now()

    assert run_simulated(main()) == 365 * 86_400


def test_timeouts_fire_at_their_moment() -> None:
    async def main() -> list[float]:
        moments = []
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 3.0)
        moments.append(now())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await asyncio.sleep(10)
        moments.append(now())
        async with asyncio.timeout(5):
            await asyncio.sleep(1)
        moments.append(now())
        return moments

    assert run_simulated(main()) == [3.0, 5.5, 6.5]


def test_tasks_queues_events_and_groups_work_together() -> None:
    async def main() -> tuple[list[int], float]:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)
        done = asyncio.Event()
        taken: list[int] = []

        async def produce() -> None:
            for number in range(5):
                await queue.put(number)

        async def consume() -> None:
            while len(taken) < 5:
                await asyncio.sleep(1)
                taken.append(await queue.get())
            done.set()

        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            group.create_task(consume())
            await done.wait()
        return taken, now()

    assert run_simulated(main()) == ([0, 1, 2, 3, 4], 5.0)


def test_async_generators_are_closed_at_the_end() -> None:
    closed = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    async def main() -> int:
        async for number in numbers():
            return number
        return 0

    assert run_simulated(main()) == 1
    assert closed == [True]


def test_timers_of_one_moment_fire_in_the_order_of_setting() -> None:
    async def main() -> list[int]:
        loop, fired = asyncio.get_running_loop(), list[int]()
        for number in range(50):
            loop.call_at(1.0, fired.append, number)
        await asyncio.sleep(2)
        return fired

    assert run_simulated(main()) == list(range(50))


def test_an_aborted_group_cancels_its_tasks_in_the_order_of_their_birth() -> None:
    ended = []

    async def child(number: int) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            ended.append(number)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(child(number))
            await asyncio.sleep(1)
            raise LookupError

    with pytest.raises(ExceptionGroup):
        run_simulated(main())
    assert ended == list(range(50))


def test_a_timer_that_is_due_does_not_wait_for_tasks_that_are_always_ready() -> None:
    async def main() -> int:
        stop, turns = asyncio.Event(), 0
        asyncio.get_running_loop().call_later(0, stop.set)
        while not stop.is_set():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert run_simulated(main()) < 5


def test_timers_that_were_cancelled_do_not_pile_up() -> None:
    loop = SimulatedLoop()

    async def main() -> int:
        for _ in range(10_000):
            async with asyncio.timeout(3600):
                await asyncio.sleep(0.001)
        return len(loop._timers)

    assert run_simulated(main(), loop) < 1_000


def test_time_does_not_pass_for_a_timer_that_was_cancelled() -> None:
    async def main() -> float:
        asyncio.get_running_loop().call_later(5, int).cancel()
        await asyncio.sleep(1)
        return now()

    assert run_simulated(main()) == 1.0


def test_a_deadlock_is_an_error_that_names_who_waits() -> None:
    async def main() -> None:
        stuck = asyncio.create_task(asyncio.Event().wait(), name="teller")
        await asyncio.sleep(7)
        await stuck

    with pytest.raises(Deadlock, match=r"at 7\.000000 s .*: task-1, teller"):
        run_simulated(main())


def test_tasks_that_spin_for_ever_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MAX_TURNS_AT_ONE_MOMENT", 1_000)

    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(Livelock, match="task-1"):
        run_simulated(main())


def test_work_for_an_executor_runs_inline_and_hands_over_its_error() -> None:
    async def main() -> None:
        assert await asyncio.to_thread(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(divmod, 7, 0)
        assert now() == 0.0

    run_simulated(main())


def test_call_soon_threadsafe_needs_no_selector() -> None:
    async def main() -> bool:
        called = asyncio.Event()
        asyncio.get_running_loop().call_soon_threadsafe(called.set)
        return await called.wait()

    assert run_simulated(main())


def test_what_main_leaves_behind_is_cancelled() -> None:
    ended = []

    async def leftover() -> None:
        try:
            await asyncio.sleep(1_000)
        except asyncio.CancelledError:
            ended.append(now())
            raise

    async def main() -> None:
        left = asyncio.create_task(leftover())
        await asyncio.sleep(1)
        assert not left.done()

    run_simulated(main())
    assert ended == [1.0]


def test_a_closed_loop_refuses_work() -> None:
    loop = SimulatedLoop()
    run_simulated(asyncio.sleep(1), loop)
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_later(1, int)
