"""Results as tables: history, as it was and as it is side by side, and the worth of each layer."""

from collections.abc import Sequence

from tanada.drills.drilling import Comparison
from tanada.drills.measures import COUNTS, Value
from tanada.drills.verdict import Result

Row = tuple[str, ...]

_ABLATION_COLUMNS = (
    "time_deposit_failures",
    "other_product_failures",
    "compartments_closed",
    "atms_stopped_peak",
    "media_retained",
    "in_doubt_left",
    "escapes",
)


def shown(value: Value) -> str:
    """A value as a person reads it; nothing for what did not happen."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if isinstance(value, float) and value >= 10 else str(value)


def full_scale(name: str, value: Value, scale: float) -> Value:
    """A count as it would be at full scale, so that it can stand beside history."""
    if name in COUNTS and isinstance(value, int) and not isinstance(value, bool):
        return round(value / scale)
    return value


def _value(result: Result, name: str) -> str:
    both = {**result.course, **result.measures}
    return shown(full_scale(name, both.get(name), result.scale))


def result_table(result: Result) -> list[Row]:
    """One run: every measure beside history."""
    names = [*result.course, *result.measures]
    rows = [(name, shown(result.history.get(name)), _value(result, name)) for name in names]
    return [("measure", "history", result.policy), *rows]


def expectation_table(result: Result) -> list[Row]:
    """What was expected of a run, and whether it came."""
    rows = [
        (e.name, shown(e.want), shown(e.got), "pass" if e.passed else "FAIL") for e in result.expect
    ]
    return [("expected", "want", "got", ""), *rows]


def comparison_table(comparison: Comparison) -> list[Row]:
    """History, as it was, as it is, and the faultless twin."""
    runs = (comparison.as_was, comparison.as_is, comparison.twin)
    names = [*comparison.as_was.course, *comparison.as_was.measures]
    history = comparison.as_was.history
    rows = [(name, shown(history.get(name)), *(_value(r, name) for r in runs)) for name in names]
    return [("measure", "history", "as it was", "as it is", "no fault"), *rows]


def ablation_table(results: Sequence[Result]) -> list[Row]:
    """What is left of the bank as one layer after another is taken away."""
    rows = [(_taken(result), *(_value(result, n) for n in _ABLATION_COLUMNS)) for result in results]
    return [("as it is, without", *_ABLATION_COLUMNS), *rows]


def _taken(result: Result) -> str:
    """The last layer taken; those before it are in the rows above."""
    *before, last = result.without
    return f"... and {last}" if before else last
