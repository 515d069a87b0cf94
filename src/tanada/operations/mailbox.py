"""A compartment's mailbox: bounded, and emptied one batch at a time."""

import asyncio
from collections import deque
from typing import NamedTuple

from tanada.base.link import Reply
from tanada.controls.policies import MailboxRule
from tanada.operations.commands import Command, Request


class Waiting(NamedTuple):
    """A request, and what is to be called with its answer."""

    request: Request
    reply: Reply


class Taken(NamedTuple):
    """What was taken out at once: a batch to execute, and what came to its turn too late."""

    batch: list[Waiting]
    too_late: list[Waiting]


class Mailbox:
    """Requests in the order in which they came."""

    def __init__(self, rule: MailboxRule) -> None:
        self._rule = rule
        self._waiting: deque[Waiting] = deque()
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether the next request must be refused."""
        return len(self._waiting) >= self._rule.capacity

    def put(self, waiting: Waiting) -> None:
        """Add a request; there must be room."""
        assert not self.is_full, "ask first, and refuse what there is no room for"
        self._waiting.append(waiting)
        self._arrived.set()

    async def wait(self) -> None:
        """Wait until there is something to take."""
        await self._arrived.wait()

    def take(self, now: int) -> Taken:
        """Take the next batch; ``now`` is in microseconds since the epoch.

        A command past its deadline is too late: nobody waits for it any more, and nothing of it has
        begun. An inquiry has no deadline.
        """
        taken = Taken([], [])
        while self._waiting and len(taken.batch) < self._rule.batch:
            waiting = self._waiting.popleft()
            request = waiting.request
            late = isinstance(request, Command) and request.deadline < now
            (taken.too_late if late else taken.batch).append(waiting)
        if not self._waiting:
            self._arrived.clear()
        return taken

    def clear(self) -> list[Waiting]:
        """Take out everything that waits, to refuse it."""
        waiting = list(self._waiting)
        self._waiting.clear()
        self._arrived.clear()
        return waiting
