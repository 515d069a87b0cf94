"""The drill of 28 February made small for tests: fewer customers, and a day that ends early.

Small numbers thin out what accumulates: at scale 0.02 a compartment would meet one or two double
errors in the whole day. So more customers want time deposits here, and the counts at which the
guard and the compartment act are set apart by hand. The tests are about the mechanism; how the
figures of the real day come about is fitted at full scale (docs/drills.md).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final

import msgspec

from tanada.app.drills import library
from tanada.controls.policies import Policy
from tanada.drills.drilling import Library, Order, Runs, opened
from tanada.drills.measures import course, measure
from tanada.drills.running import Played
from tanada.drills.scenario import Online, Person, Scenario

NAME: Final = "2021-02-28"
SCALE: Final = 0.02
GUARD: Final = 2
"""Double errors at which the guard prohibits a service, at ``SCALE``."""
LIMIT: Final = 3
"""Double errors at which a compartment closes, at ``SCALE``."""

_changed = msgspec.structs.replace


def half_day(ends: str = "13:00", relaxed: str = "12:10") -> Library:
    """The drill with a day that ends at a clock time, and the guard relaxed at another."""
    found = library(NAME)
    hour, minute = map(int, ends.split(":"))
    world = found.scenario.world
    scenario = _changed(
        found.scenario,
        world=_changed(world, ends=world.begins.replace(hour=hour, minute=minute)),
        load=_changed(
            found.scenario.load,
            online=Online(visits_per_hour=2.0, evenness=0.6, time_deposit_share=0.3),
        ),
        people=tuple(_at(person, relaxed) for person in found.scenario.people),
    )
    return replace(found, scenario=scenario, as_was=_as_was(found.as_was))


def _at(person: Person, relaxed: str) -> Person:
    return _changed(person, at=relaxed) if person.action == "relax-prohibition" else person


def _as_was(policy: Policy) -> Policy:
    return _changed(
        policy,
        closing=_changed(policy.closing, double_errors=round(LIMIT / SCALE)),
        prohibition=_changed(policy.prohibition, double_errors=round(GUARD / SCALE)),
    )


@contextmanager
def runs_of(library: Library, seed: int | None = None, scale: float = SCALE) -> Iterator[Runs]:
    """The bank of a small drill, loaded."""
    with opened(library, Order(scale, seed), lambda done, of: None) as runs:
        yield runs


class HalfDay:
    """One loaded bank for all tests of a process; each run is played when it is first asked for."""

    def __init__(self) -> None:
        self.library = half_day()
        self._stack = ExitStack()
        self._runs: Runs | None = None
        self._played: dict[object, Played] = {}

    @property
    def scenario(self) -> Scenario:
        """The half day's drill file."""
        return self.library.scenario

    @property
    def runs(self) -> Runs:
        """The loaded bank."""
        if self._runs is None:
            self._runs = self._stack.enter_context(runs_of(self.library))
        return self._runs

    def twin(self) -> Played:
        """The faultless day."""
        return self._play(self.library.as_is, (), faulty=False)

    def as_it_was(self) -> Played:
        """The day under the as-was policy."""
        return self._play(self.library.as_was, (), faulty=True)

    def as_it_is(self, *without: str) -> Played:
        """The day under the default policy, without some layers."""
        return self._play(self.library.as_is, without, faulty=True)

    def close(self) -> None:
        """Stop the server, if it was needed."""
        self._stack.close()

    def _play(self, policy: Policy, layers: tuple[str, ...], *, faulty: bool) -> Played:
        key = (policy.name, layers, faulty)
        if key not in self._played:
            self._played[key] = self.runs.play(policy, layers, faulty=faulty)
        return self._played[key]


def everything(played: Played, twin: Played | None = None) -> dict[str, object]:
    """The course and the measures of a run."""
    return {**course(played), **measure(played, twin)}
