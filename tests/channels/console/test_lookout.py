"""The lookout asks once for all, remembers what it knew, and never fails with what it looks at."""

import asyncio
from datetime import timedelta

from tanada.channels.console.lookout import Lookout, Rate
from tests.channels.console.views import ToldBank, compartment, quiet_bank


def _lookout(bank: ToldBank) -> Lookout:
    return Lookout(bank.view(), bank.clock)


def test_a_part_that_does_not_answer_keeps_what_was_known_and_since_when() -> None:
    bank = quiet_bank()
    lookout, known_at = _lookout(bank), bank.clock.moment

    async def story() -> None:
        await lookout.look()
        bank.silent = {"alarms", "machines"}
        bank.clock.moment += timedelta(seconds=2)
        await lookout.look()

    asyncio.run(story())
    sight = lookout.sight
    assert sight.stale == ("alarms", "machines")
    assert (sight.alarms.as_of, sight.alarms.fresh) == (known_at, False)
    assert sight.alarms.value == tuple(bank.alarms)
    assert sight.compartments.as_of == bank.clock.moment


def test_rates_are_of_the_last_minute() -> None:
    bank = quiet_bank()
    lookout = _lookout(bank)

    async def story() -> None:
        for _ in range(50):
            await lookout.look()
            bank.work("deposits-0", accepted=4, failed=1)
            bank.clock.moment += timedelta(seconds=2)
        await lookout.look()

    asyncio.run(story())
    assert lookout.sight.rates["deposits-0"] == Rate(operations=150, failed=30)
    assert lookout.sight.rates["deposits-1"] == Rate(0, 0)


def test_a_compartment_that_was_restarted_counts_from_nothing() -> None:
    bank = quiet_bank()
    lookout = _lookout(bank)

    async def story() -> None:
        await lookout.look()
        bank.compartments["deposits-0"] = None
        await lookout.look()
        bank.compartments["deposits-0"] = compartment("deposits-0", accepted=7, declined=0)
        await lookout.look()

    asyncio.run(story())
    assert lookout.sight.rates["deposits-0"] == Rate(7, 0)


def test_followers_are_given_each_new_sight() -> None:
    bank = quiet_bank()

    async def story() -> list[int]:
        lookout = _lookout(bank)
        followed = lookout.follow()
        seen = [len((await anext(followed)).alarms.value)]
        for _ in range(2):
            bank.alarm("job_failed", "job-1", "critical")
            await lookout.look()
            seen.append(len((await anext(followed)).alarms.value))
        return seen

    assert asyncio.run(story()) == [0, 2, 3]
