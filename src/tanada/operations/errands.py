"""Errands: what a compartment or a door has under way beside the work that callers wait for."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from tanada.base.database import DatabaseError
from tanada.base.workers import Workers

_LOG = logging.getLogger(__name__)


class Errands:
    """Tasks that nobody awaits; kept until they end, since asyncio itself holds no task fast."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None], name: str | None = None) -> None:
        """Have ``work`` done, from now on."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def later(self, work: Callable[..., None], *args: object) -> None:
        """Have blocking ``work`` done by a worker, after what it has to do already.

        A database that cannot be reached costs this errand, not its owner.
        """
        self.begin(self._run(work, *args))

    async def cancel(self) -> None:
        """End all errands, and wait until they have."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, work: Callable[..., None], *args: object) -> None:
        try:
            await self._workers.run(work, *args)
        except DatabaseError as error:
            _LOG.warning("%s was not done: %s", getattr(work, "__qualname__", work), error)
