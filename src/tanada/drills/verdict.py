"""Whether a run is as it must be, and its result as people and programs read it."""

import difflib
from collections.abc import Iterator
from typing import Final

import msgspec

from tanada.drills.measures import MEASURES, Measures, Value, course, measure
from tanada.drills.running import Played
from tanada.drills.scenario import DrillFileError, Scenario

DEFAULT_POLICY: Final = "tanada"

_OWN_ALARMS: Final = {
    "compartment_closed": "seconds_to_closed_compartment_alarm",
    "reversal_log_full": "seconds_to_full_log_alarm",
}
"""Facts that must raise an alarm of their own, and the measure of how soon they did."""


class Expectation(msgspec.Struct, frozen=True):
    """One thing that was expected; ``passed`` is written as ``pass``."""

    name: str
    want: Value
    got: Value
    passed: bool = msgspec.field(name="pass")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one run, in the form of ``--json``."""

    drill: str
    policy: str
    without: tuple[str, ...]
    seed: int
    scale: float
    wall_seconds: float
    hash: str
    measures: Measures
    course: Measures
    history: Measures
    expect: tuple[Expectation, ...]
    passed: bool


def check_expectations(scenario: Scenario) -> None:
    """See that the drill expects only what is measured; raises ``DrillFileError``."""
    for name in scenario.expect.default_policy:
        if name not in MEASURES:
            near = difflib.get_close_matches(name, MEASURES, n=1, cutoff=0.0)[0]
            raise DrillFileError(
                f"expect.default-policy: there is no measure {name!r}; did you mean {near!r}?"
            )


def judge(drill: str, without: tuple[str, ...], played: Played, twin: Played | None) -> Result:
    """Measure a run and hold it against what its drill expects of its policy."""
    measures = measure(played, twin)
    expected = tuple(_expectations(played, measures))
    setting = played.setting
    return Result(
        drill=drill,
        policy=setting.policy.name,
        without=without,
        seed=setting.seed,
        scale=setting.scale,
        wall_seconds=round(played.wall_seconds, 1),
        hash=played.evidence.digest,
        measures=measures,
        course=course(played),
        history=setting.scenario.history,
        expect=expected,
        passed=all(expectation.passed for expectation in expected),
    )


def _expectations(played: Played, measures: Measures) -> Iterator[Expectation]:
    findings = len(played.evidence.findings)
    yield Expectation("books_check_findings", 0, findings, findings == 0)
    error = played.rollback_error
    yield Expectation("rollback_error", "", error, not error)
    expect = played.setting.scenario.expect
    if played.setting.policy.name != DEFAULT_POLICY:
        return
    for name, want in expect.default_policy.items():
        got = measures[name]
        if got is not None:
            yield Expectation(name, want, got, got == want)
    told = {**course(played), **measures}
    for fact, name in _OWN_ALARMS.items():
        # A fact of which nobody was told has no time until its alarm, and is the worst case.
        if played.evidence.first(fact) is not None:
            limit, got = expect.alarm_within_seconds, told[name]
            in_time = isinstance(got, int | float) and got <= limit
            yield Expectation(f"{name}_at_most", limit, got, in_time)
