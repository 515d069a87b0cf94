"""Errands run beside the work, in order, and end with their owner."""

import asyncio

from tanada.base.database import DatabaseUnreachable
from tanada.base.workers import InlineWorkers
from tanada.operations.errands import Errands


def test_a_database_that_is_away_costs_one_errand_and_not_its_owner() -> None:
    done: list[str] = []

    def fail() -> None:
        raise DatabaseUnreachable("away")

    async def scenario() -> None:
        errands = Errands(InlineWorkers())
        errands.later(done.append, "before")
        errands.later(fail)
        errands.later(done.append, "after")
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    assert done == ["before", "after"]


def test_errands_end_when_their_owner_does() -> None:
    ended: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("ended")

    async def scenario() -> None:
        errands = Errands(InlineWorkers())
        errands.begin(endless())
        await asyncio.sleep(0)
        await errands.cancel()

    asyncio.run(scenario())
    assert ended == ["ended"]
