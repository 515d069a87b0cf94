"""Drilling: one run beside its twin, or the whole comparison with history and the ablation."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from tanada.batch.demonstration import BankPlan, Progress, population_of
from tanada.controls.custody import CustodyMatrix
from tanada.controls.policies import WITHOUT, Policy, without
from tanada.drills.running import Played, Setting, play
from tanada.drills.scaling import check_scale, plan_of, policy_at
from tanada.drills.scenario import Scenario
from tanada.drills.stage import Stage, stage
from tanada.drills.timeline import Line
from tanada.drills.verdict import Result, check_expectations, judge

ABLATION_SCALE: Final = 0.05
"""Largest scale of the ablation's runs: it shows which layer holds, not how many are hurt."""

ABLATION: Final = (
    ("preflight",),
    ("preflight", "reservation"),
    ("preflight", "reservation", "breakers"),
    ("preflight", "reservation", "breakers", "product-compartments"),
    ("preflight", "reservation", "breakers", "product-compartments", "custody-return"),
    tuple(WITHOUT),
)
"""Layers taken away one after another, in the order in which they stand before each other."""


@dataclass(frozen=True)
class Library:
    """A drill with all that its runs need to have read."""

    name: str
    scenario: Scenario
    as_is: Policy
    as_was: Policy
    custody: Mapping[str, CustodyMatrix]


@dataclass(frozen=True)
class Order:
    """What somebody wants drilled."""

    scale: float = 1.0
    seed: int | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """History, as it was, as it is, its faultless twin, and what each layer is worth."""

    as_was: Result
    as_is: Result
    twin: Result
    ablation: tuple[Result, ...]


class Narrator(Protocol):
    """Hears what is being done, so that somebody who waits sees why."""

    def say(self, what: str) -> None:
        """A step begins."""

    def progress(self, done: int, of: int) -> None:
        """How far the loading of the bank is."""


@contextmanager
def opened(library: Library, order: Order, progress: Progress) -> Iterator["Runs"]:
    """Load the bank that all runs are copied from.

    Raises ``SettingsError`` for a scale and ``DrillFileError`` for an expectation that cannot be.
    """
    scale = check_scale(order.scale)
    check_expectations(library.scenario)
    seed = library.scenario.world.seed if order.seed is None else order.seed
    plan = plan_of(library.scenario, scale, seed)
    with stage(plan, progress) as loaded:
        yield Runs(library, plan, loaded, scale)


def run(
    library: Library, policy: Policy, order: Order, narrator: Narrator
) -> tuple[Result, tuple[Line, ...]]:
    """Run the drill under a policy beside its faultless twin; the result and the timeline.

    Raises ``PolicyError`` for a layer that does not exist, before anything is loaded.
    """
    without(policy, order.without, library.as_was)
    narrator.say("the bank of the drill")
    with opened(library, order, narrator.progress) as runs:
        narrator.say("the faultless twin")
        # The twin is the default bank, whose customers all get what they came for.
        twin = runs.play(library.as_is, (), faulty=False)
        narrator.say(_title(policy, order.without))
        played = runs.play(policy, order.without, faulty=True)
    result = judge(library.name, order.without, played, twin)
    return result, played.evidence.timeline


def compare(library: Library, order: Order, narrator: Narrator) -> Comparison:
    """Run the drill as it was and as it is, and the ablation."""
    with opened(library, order, narrator.progress) as runs:
        narrator.say("the faultless twin")
        twin = runs.play(library.as_is, (), faulty=False)
        narrator.say(_title(library.as_was, ()))
        as_was = runs.judged(library.as_was, (), twin)
        narrator.say(_title(library.as_is, ()))
        as_is = runs.judged(library.as_is, (), twin)
        faultless = judge(library.name, (), twin, twin)
    return Comparison(as_was, as_is, faultless, tuple(_ablation(library, order, narrator)))


def _ablation(library: Library, order: Order, narrator: Narrator) -> Iterator[Result]:
    small = Order(min(order.scale, ABLATION_SCALE), order.seed)
    with opened(library, small, narrator.progress) as runs:
        twin = runs.play(library.as_is, (), faulty=False)
        for layers in ABLATION:
            narrator.say(_title(library.as_is, layers))
            yield runs.judged(library.as_is, layers, twin)


def _title(policy: Policy, layers: tuple[str, ...]) -> str:
    return f"{policy.name} without {', '.join(layers)}" if layers else policy.name


class Runs:
    """Runs of one drill at one scale and seed, each on its own copy of the loaded bank."""

    def __init__(self, library: Library, plan: BankPlan, loaded: Stage, scale: float) -> None:
        self._library = library
        self._plan = plan
        self._stage = loaded
        self._scale = scale

    def play(self, policy: Policy, layers: tuple[str, ...], *, faulty: bool) -> Played:
        """One run of a policy without some layers, with the drill's faults or without."""
        library = self._library
        chosen = without(policy, layers, library.as_was)
        setting = Setting(
            scenario=library.scenario,
            policy=policy_at(chosen, library.scenario, self._scale, faulty=faulty),
            custody=library.custody,
            population=population_of(self._plan),
            keys=self._stage.keys,
            seed=self._plan.seed,
            scale=self._scale,
            machine_cash=self._plan.machine_cash,
            terminals=self._plan.terminals,
        )
        with self._stage.databases() as databases:
            return play(setting, databases)

    def judged(self, policy: Policy, layers: tuple[str, ...], twin: Played) -> Result:
        """One run with the faults, measured against its twin."""
        played = self.play(policy, layers, faulty=True)
        return judge(self._library.name, layers, played, twin)
