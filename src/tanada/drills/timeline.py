"""What happened in a run, line by line: a part of its hash and the reader's way in."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from tanada.base.clock import Clock


class Line(NamedTuple):
    """One line. ``kind`` is a word, ``detail`` a sentence."""

    at: datetime
    who: str
    kind: str
    detail: str


class Timeline:
    """Lines in the order in which they happened."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lines: list[Line] = []

    def note(self, who: str, kind: str, detail: str) -> None:
        """Add a line now."""
        self.lines.append(Line(self._clock.now(), who, kind, detail))

    def first(self, kind: str) -> Line | None:
        """The first line of a kind."""
        return next((line for line in self.lines if line.kind == kind), None)


async def sleep_until(clock: Clock, moment: datetime) -> None:
    """Let time pass until ``moment``; a moment that has passed is now."""
    await asyncio.sleep(max(0.0, (moment - clock.now()).total_seconds()))
