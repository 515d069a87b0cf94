"""The lookout: asks for every part every two seconds, and remembers what it was last told.

It asks once for all who watch, so that ten open pages burden the bank as little as one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from tanada.base.clock import Clock
from tanada.base.errors import BankError
from tanada.channels.console.view import ConsoleView, Machines, Meter
from tanada.controls.switches import Suspended
from tanada.operations.commands import CompartmentStatus
from tanada.watch.reading import Alarm, Hurt, MinuteCount, ServiceCount

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
PART_SECONDS: Final = 5.0
"""How long one part may take before the page goes on without it."""
RATE_SECONDS: Final = 60.0
"""Rates are of this last stretch of time."""


@dataclass(frozen=True)
class Part(Generic[T]):
    """The last answer to a question; ``as_of`` None: none yet. Not fresh: the newest try failed."""

    value: T
    as_of: datetime | None = None
    fresh: bool = True


@dataclass(frozen=True)
class Rate:
    """What one compartment did in the last minute."""

    operations: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Sight:
    """All that was seen in one look."""

    at: datetime
    compartments: Part[Mapping[str, CompartmentStatus | None]]
    gateways: Part[Mapping[str, bool]]
    switches: Part[Sequence[Suspended]]
    alarms: Part[Sequence[Alarm]]
    minutes: Part[Sequence[MinuteCount]]
    services: Part[Sequence[ServiceCount]]
    hurt: Part[Sequence[Hurt]]
    meters: Part[Sequence[Meter]]
    machines: Part[Machines | None]
    rates: Mapping[str, Rate]

    @property
    def stale(self) -> tuple[str, ...]:
        """Names of the parts that did not answer just now."""
        return tuple(name for name in PARTS if not getattr(self, name).fresh)


PARTS: Final = (
    "compartments",
    "gateways",
    "switches",
    "alarms",
    "minutes",
    "services",
    "hurt",
    "meters",
    "machines",
)


class Lookout:
    """Looks again and again; pages read ``sight`` or follow it."""

    def __init__(
        self, view: ConsoleView, clock: Clock, *, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._view = view
        self._clock = clock
        self._look_seconds = look_seconds
        self._odometers: dict[str, _Odometer] = {}
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.version = 0
        self.sight = Sight(
            at=clock.now(),
            compartments=Part({}),
            gateways=Part({}),
            switches=Part(()),
            alarms=Part(()),
            minutes=Part(()),
            services=Part(()),
            hurt=Part(()),
            meters=Part(()),
            machines=Part(None),
            rates={},
        )

    async def start(self) -> None:
        """Look once, so that the first page has something to show, and go on looking."""
        await self.look()
        self._task = asyncio.create_task(self._keep_looking(), name="console lookout")

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def follow(self) -> AsyncIterator[Sight]:
        """Each new sight, beginning with the present one; a slow follower misses some."""
        seen = -1
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self.version != seen)  # noqa: B023 -- at once
                seen = self.version
            yield self.sight

    async def look(self) -> None:
        """Ask for all parts at once and tell whoever follows."""
        parts = await asyncio.gather(*(self._ask(name) for name in PARTS))
        seen: dict[str, Any] = dict(zip(PARTS, parts, strict=True))
        now = self._clock.now()
        self.sight = replace(self.sight, at=now, rates=self._rates(seen["compartments"]), **seen)
        async with self._changed:
            self.version += 1
            self._changed.notify_all()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                await self.look()
            except Exception:  # A frozen page would show for ever what no longer holds.
                _LOG.exception("a look at the bank failed")

    async def _ask(self, name: str) -> Part[Any]:
        question: Callable[[], Awaitable[Any]] = getattr(self._view, name)
        try:
            value = await asyncio.wait_for(question(), PART_SECONDS)
        except (BankError, TimeoutError):
            before: Part[Any] = getattr(self.sight, name)
            return replace(before, fresh=False)
        return Part(value, self._clock.now())

    def _rates(self, compartments: Part[Mapping[str, CompartmentStatus | None]]) -> dict[str, Rate]:
        now = self._clock.monotonic()
        for name, status in compartments.value.items():
            if status is not None and compartments.fresh:
                self._odometers.setdefault(name, _Odometer()).read(status, now)
        return {name: odometer.rate() for name, odometer in self._odometers.items()}


class _Odometer:
    """Counts of a compartment over the last minute, over its restarts."""

    def __init__(self) -> None:
        self._readings: deque[tuple[float, int, int]] = deque()

    def read(self, status: CompartmentStatus, now: float) -> None:
        failed = status.failed + status.unknown
        total = status.accepted + status.declined + failed
        if self._readings and total < self._readings[-1][1]:
            self._readings.clear()  # It began anew, and so do its counts.
            self._readings.append((now, 0, 0))
        self._readings.append((now, total, failed))
        while len(self._readings) > 2 and self._readings[1][0] <= now - RATE_SECONDS:
            self._readings.popleft()

    def rate(self) -> Rate:
        _, total_before, failed_before = self._readings[0]
        _, total, failed = self._readings[-1]
        return Rate(total - total_before, failed - failed_before)
