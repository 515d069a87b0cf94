"""Bells: what spares a drill from asking the database for news when there can be none.

A live gateway asks for the switches every two seconds, and a live watcher for facts; over a night
of virtual time that is a hundred thousand questions with the same answer. In a drill each write
that could change an answer rings a bell, and the question is asked, at the same pace, only for as
long as it has rung lately.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from tanada.base.clock import Clock
from tanada.operations.deciding import Fact
from tanada.operations.execution import Executor
from tanada.watch.attempts import Attempt, AttemptRecorder

ROUNDS: Final = 2
"""Rounds for which a bell is heard: what rings it may take one round to reach the database."""


class Bell:
    """Remembers when it was rung last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung_at = clock.monotonic()

    def ring(self) -> None:
        """There may be news."""
        self._rung_at = self._clock.monotonic()

    async def follow(self, seconds: float, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask every ``seconds`` while the bell was rung in the last rounds; until cancelled."""
        while True:
            if self._clock.monotonic() - self._rung_at <= ROUNDS * seconds:
                await ask()
            await asyncio.sleep(seconds)


class RingingExecutor(Executor):
    """An executor whose facts and switches ring."""

    facts: Bell
    switches_set: Bell

    def record(self, facts: Sequence[Fact], now: datetime) -> bool:
        """Record facts, and ring."""
        recorded = super().record(facts, now)
        self.facts.ring()
        return recorded

    def suspend(self, product: str, channel: str, reason: str, now: datetime) -> None:
        """Suspend a service, and ring."""
        super().suspend(product, channel, reason, now)
        self.switches_set.ring()


class RingingRecorder:
    """An attempts recorder that rings for every attempt of which an alarm could come."""

    def __init__(self, recorder: AttemptRecorder, bell: Bell) -> None:
        self._recorder = recorder
        self._bell = bell

    def record(self, attempt: Attempt) -> None:
        """Keep one attempt."""
        self._recorder.record(attempt)
        if attempt.kind != "accepted":
            self._bell.ring()

    def settle(self, key: str, kind: str, code: str) -> None:
        """The final outcome of an attempt that was recorded as ``unknown``."""
        self._recorder.settle(key, kind, code)
        self._bell.ring()
