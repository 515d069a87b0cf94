"""Virtual time: an asyncio event loop that never waits.

Ordinary asyncio code runs on it unmodified. While something is ready to run, time stands still;
when nothing is, time jumps to the next timer. A drill of 29 hours takes as long as its work.

Three things make a run repeatable, to the order of every callback:

* timers of the same moment fire in the order in which they were set;
* a task hashes by the order of its birth, because asyncio keeps tasks in sets (a ``TaskGroup``
  cancels its children in set order) and the default hash is a memory address;
* there are no threads: ``run_in_executor`` runs the work at once, inline.
"""
# ruff: noqa: SLF001 -- an event loop works on the inside of asyncio's handles.

import asyncio
import contextvars
import heapq
from asyncio import Handle, TimerHandle
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar, TypeVarTuple, Unpack

from tanada.base.errors import BankError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MAX_TURNS_AT_ONE_MOMENT = 10_000_000
"""Turns of the loop without time moving; beyond this, tasks feed each other for ever."""
MIN_CANCELLED_TIMERS_TO_SWEEP = 256
MAX_TASKS_NAMED = 20


class SimulationStuck(BankError):
    """The simulated world cannot go on."""

    code = "simulation_stuck"


class Deadlock(SimulationStuck):
    """Tasks wait, but nothing is ready and no timer is set: nothing can ever wake them."""

    code = "simulation_deadlock"


class Livelock(SimulationStuck):
    """Tasks run without end while time stands still."""

    code = "simulation_livelock"


class SimulatedTask(asyncio.Task[T]):
    """A task whose hash does not depend on where in memory it lies."""

    def __init__(
        self,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        loop: "SimulatedLoop",
        number: int,
        name: str | None,
        context: contextvars.Context | None,
    ) -> None:
        # The base class adds the task to a set, so the number must be there before it.
        self._number = number
        super().__init__(coro, loop=loop, name=name or f"task-{number}", context=context)

    def __hash__(self) -> int:
        return self._number


class SimulatedLoop(asyncio.BaseEventLoop):
    """An event loop in virtual time, which begins at 0.0 seconds."""

    # These belong to BaseEventLoop, whose public type does not show them.
    _ready: deque[Handle]
    _stopping: bool
    _closed: bool

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._timers: list[tuple[float, int, TimerHandle]] = []
        self._timers_set = 0
        self._timers_cancelled = 0
        self._tasks_born = 0
        self._turns_at_this_moment = 0

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> Handle:
        """Run ``callback`` in the next turn, at the present moment."""
        if self._closed:
            raise RuntimeError("Event loop is closed")
        handle = Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> Handle:
        """The same as `call_soon`: a deque's append is atomic and there is no selector to wake."""
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> TimerHandle:
        """Run ``callback`` in ``delay`` virtual seconds."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> TimerHandle:
        """Run ``callback`` at the virtual time ``when``, after those set earlier for the same."""
        if self._closed:
            raise RuntimeError("Event loop is closed")
        handle = TimerHandle(when, callback, args, self, context)
        handle._scheduled = True  # type: ignore[attr-defined]
        self._timers_set += 1
        heapq.heappush(self._timers, (when, self._timers_set, handle))
        return handle

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        """Schedule ``coro``; unnamed tasks are numbered from 1 in each loop."""
        if self._closed:
            raise RuntimeError("Event loop is closed")
        self._tasks_born += 1
        return SimulatedTask(coro, self, self._tasks_born, name, context)

    def run_in_executor(
        self,
        executor: object,  # noqa: ARG002 -- there are no threads to choose from
        func: Callable[[Unpack[Ts]], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Run ``func`` at once, in this thread; it takes no virtual time."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # An executor hands over whatever its work raises.
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Drop what is still scheduled."""
        self._timers.clear()
        super().close()

    def _run_once(self) -> None:
        """One turn: what is ready now, or else what the next moment brings."""
        ready = self._ready
        timers = self._timers
        may_jump = not ready and not self._stopping
        if timers and (may_jump or timers[0][0] <= self._now):
            self._fire_timers(self._next_moment() if may_jump else self._now)
        elif may_jump:
            raise Deadlock(self._describe_waiting_tasks("no timer is set and nothing is ready"))
        self._count_turn()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _next_moment(self) -> float:
        """The time of the first timer that still stands."""
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)
            self._timers_cancelled -= 1
        return timers[0][0] if timers else self._now

    def _fire_timers(self, moment: float) -> None:
        """Move time to ``moment`` and make all timers that are due by then ready."""
        if moment > self._now:
            self._now = moment
            self._turns_at_this_moment = 0
        timers, ready = self._timers, self._ready
        while timers and timers[0][0] <= self._now:
            handle = heapq.heappop(timers)[2]
            if handle._cancelled:
                self._timers_cancelled -= 1
            else:
                # Tells a later cancel that the heap no longer holds this timer.
                handle._scheduled = False  # type: ignore[attr-defined]
                ready.append(handle)

    def _timer_handle_cancelled(self, handle: TimerHandle) -> None:
        """Called by a timer when it is cancelled: most timeouts are, so the heap is swept."""
        if not handle._scheduled:  # type: ignore[attr-defined]
            return
        self._timers_cancelled += 1
        if self._timers_cancelled < max(MIN_CANCELLED_TIMERS_TO_SWEEP, len(self._timers) // 2):
            return
        # In place, because a turn may be holding the list.
        self._timers[:] = [timer for timer in self._timers if not timer[2]._cancelled]
        heapq.heapify(self._timers)
        self._timers_cancelled = 0

    def _count_turn(self) -> None:
        self._turns_at_this_moment += 1
        if self._turns_at_this_moment > MAX_TURNS_AT_ONE_MOMENT:
            raise Livelock(self._describe_waiting_tasks("tasks run without end"))

    def _describe_waiting_tasks(self, why: str) -> str:
        names = sorted(task.get_name() for task in asyncio.all_tasks(self))
        shown = ", ".join(names[:MAX_TASKS_NAMED]) or "none"
        more = f" and {len(names) - MAX_TASKS_NAMED} more" if len(names) > MAX_TASKS_NAMED else ""
        return f"at {self._now:.6f} s {why}; tasks pending: {shown}{more}"


def run_simulated(main: Coroutine[Any, Any, T], loop: SimulatedLoop | None = None) -> T:
    """Run ``main`` to its end in virtual time, cancel what it left behind, close the loop.

    Give the loop when the seams had to be made from it before.

    Raises:
        Deadlock: everything waits and nothing can wake it.
        Livelock: time stands still for more than `MAX_TURNS_AT_ONE_MOMENT` turns.
    """
    with asyncio.Runner(loop_factory=lambda: loop or SimulatedLoop()) as runner:
        return runner.run(main)
