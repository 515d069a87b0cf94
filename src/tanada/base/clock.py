"""The clock seam: what time it is, in a live bank and in a drill."""

import time
from asyncio import AbstractEventLoop
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")
"""Japan has had no daylight saving time since 1951, so adding seconds to a JST time is exact."""


class Clock(Protocol):
    """Tells the time. Everything that needs the time is handed one of these."""

    def now(self) -> datetime:
        """The civil time, aware, in JST."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes backwards. Only differences mean anything."""


class LiveClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The civil time, aware, in JST."""
        return datetime.now(JST)

    def monotonic(self) -> float:
        """Seconds since the machine started, or thereabouts."""
        return time.monotonic()


class SimulatedClock:
    """The virtual time of an event loop, counted from the moment at which the drill begins."""

    def __init__(self, loop: AbstractEventLoop, epoch: datetime) -> None:
        """``epoch`` is the aware civil time at which the loop's time is zero."""
        assert epoch.tzinfo is not None, "a drill begins at an aware time"
        self._loop = loop
        self._epoch = epoch.astimezone(JST)

    def now(self) -> datetime:
        """The civil time in the simulated world, aware, in JST, to the microsecond."""
        return self._epoch + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        """Virtual seconds since the drill began."""
        return self._loop.time()
