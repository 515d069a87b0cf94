"""Tables say what a person wants to compare, at full scale and without false zeros."""

import msgspec
import pytest

from tanada.drills.drilling import Comparison
from tanada.drills.measures import Value
from tanada.drills.report import (
    ablation_table,
    comparison_table,
    expectation_table,
    full_scale,
    result_table,
    shown,
)
from tanada.drills.verdict import Result, judge
from tests.drills.played import LIBRARY, fleet, played

_replace = msgspec.structs.replace


def _result(*layers: str, kept: int = 0, scale: float = 1.0) -> Result:
    policy = LIBRARY.as_was if kept else LIBRARY.as_is
    day = played(machines=fleet({"card": kept}, peak=kept), policy=policy)
    return _replace(judge("2021-02-28", layers, day, played()), scale=scale)


def _row(table: list[tuple[str, ...]], name: str) -> tuple[str, ...]:
    return next(row for row in table if row[0] == name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        (5_244, "5,244"),
        (10_440.0, "10,440.0"),
        (1.21, "1.21"),
        ("12:14", "12:14"),
    ],
)
def test_a_value_is_shown_as_people_write_it(value: Value, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("name", "value", "whole"),
    [
        ("media_retained", 52, 5_200),
        ("atms_stopped_at_12_15", 4, 400),
        ("compartments_closed", 8, 8),
        ("seconds_to_alarm", 8.0, 8.0),
        ("batch_refused_before_start", True, True),
        ("escapes", None, None),
    ],
)
def test_only_counts_grow_to_full_scale(name: str, value: Value, whole: Value) -> None:
    grown = full_scale(name, value, 0.01)
    assert grown == whole
    assert type(grown) is type(whole)


def test_a_result_stands_beside_history() -> None:
    table = result_table(_result(kept=52, scale=0.01))
    assert table[0] == ("measure", "history", "as-was-2021-02-28")
    assert _row(table, "cards_and_passbooks_kept")[1:] == ("5,244", "5,200")
    assert _row(table, "escapes")[1:] == ("-", "0")


def test_a_comparison_shows_history_both_policies_and_the_twin() -> None:
    quiet = _result()
    table = comparison_table(Comparison(_result(kept=4_318), quiet, quiet, ()))
    assert table[0] == ("measure", "history", "as it was", "as it is", "no fault")
    assert _row(table, "atms_stopped_peak") == ("atms_stopped_peak", "4,318", "4,318", "0", "0")


def test_the_ablation_names_the_layer_that_went_last() -> None:
    table = ablation_table([_result("preflight"), _result("preflight", "reservation")])
    assert [row[0] for row in table] == ["as it is, without", "preflight", "... and reservation"]


def test_an_expectation_that_failed_is_seen_at_once() -> None:
    table = expectation_table(judge("x", (), played(machines=fleet(peak=3)), played()))
    assert _row(table, "atms_stopped_peak")[1:] == ("0", "3", "FAIL")
    assert _row(table, "escapes")[1:] == ("0", "0", "pass")
