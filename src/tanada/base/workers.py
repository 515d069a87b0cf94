"""Where blocking work runs: worker threads in a live bank, inline in a simulated one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Workers(Protocol):
    """Runs blocking work, above all the database's, without blocking the event loop."""

    async def run(self, work: Callable[[*Ts], T], *args: *Ts, cost: float = 0.0) -> T:
        """The result of ``work(*args)``.

        ``cost`` is the time in seconds that the work is modelled to take in a simulated world.
        A caller that stops waiting does not stop the work.
        """

    def close(self) -> None:
        """Take no more work, and wait for what runs."""


class ThreadWorkers:
    """Threads of one's own, so that no other part of the process can use them up."""

    def __init__(self, size: int) -> None:
        """At most ``size`` pieces of work run at a time; whoever asks bounds what waits."""
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="tanada-worker")

    async def run(
        self,
        work: Callable[[*Ts], T],
        *args: *Ts,
        cost: float = 0.0,  # noqa: ARG002 -- real work takes the time it takes
    ) -> T:
        """The result of ``work(*args)``, from a worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def close(self) -> None:
        """Take no more work, wait for what runs, drop what has not begun."""
        self._threads.shutdown(wait=True, cancel_futures=True)


class InlineWorkers:
    """Runs the work at once and then lets its modelled time pass.

    Its effects are thus visible from the beginning of that time, and its answer from the end of it:
    as if it had committed first and been slow to say so.
    """

    async def run(self, work: Callable[[*Ts], T], *args: *Ts, cost: float = 0.0) -> T:
        """The result of ``work(*args)``, ``cost`` virtual seconds from now; so too if it raises."""
        try:
            return work(*args)
        finally:
            await asyncio.sleep(cost)

    def close(self) -> None:
        """Nothing is held."""
