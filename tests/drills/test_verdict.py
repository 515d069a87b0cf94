"""A run is judged by what its drill expects of its policy, and read by programs as agreed."""

import json
from dataclasses import replace

import msgspec
import pytest

from tanada.drills.measures import MEASURES
from tanada.drills.running import Played
from tanada.drills.scenario import DrillFileError
from tanada.drills.verdict import Result, check_expectations, judge
from tanada.ledger.books import Finding
from tests.drills.played import LIBRARY, alarm, evidence, fleet, line, played, visit


def _judged(day: Played, *layers: str) -> Result:
    return judge("2021-02-28", layers, day, played())


def _failed(result: Result) -> list[str]:
    return [expectation.name for expectation in result.expect if not expectation.passed]


def test_the_json_form_has_the_agreed_keys() -> None:
    form = json.loads(msgspec.json.encode(_judged(played(), "inquiry")))
    agreed = {"drill", "policy", "seed", "scale", "wall_seconds", "hash"}
    agreed |= {"measures", "history", "expect", "passed"}
    assert set(form) == agreed | {"without", "course"}
    assert list(form["measures"]) == list(MEASURES)
    assert form["measures"]["seconds_to_cause"] is None
    assert {tuple(expectation) for expectation in form["expect"]} == {
        ("name", "want", "got", "pass")
    }
    assert form["wall_seconds"] == 1.3
    assert form["without"] == ["inquiry"]


def test_a_quiet_day_passes() -> None:
    assert _judged(played()).passed


@pytest.mark.parametrize(
    ("day", "failed"),
    [
        (played(machines=fleet({"card": 1})), ["media_retained"]),
        (played(machines=fleet(peak=1)), ["atms_stopped_peak"]),
        (played(proof=replace(evidence(), unsettled=1)), ["in_doubt_left"]),
        (played(proof=replace(evidence(), money_difference=1)), ["money_difference_yen"]),
        (played(rollback_error="BankError: x"), ["rollback_error"]),
        (played(visit("10:00", "compartment_closed")), ["escapes", "other_product_failures"]),
    ],
    ids=["kept", "stopped", "in doubt", "money", "rollback", "others hurt"],
)
def test_what_is_not_as_expected_fails_the_run(day: Played, failed: list[str]) -> None:
    result = _judged(day)
    assert not result.passed
    assert _failed(result) == failed


def test_books_that_are_not_clean_fail_a_run_under_every_policy() -> None:
    proof = replace(evidence(), findings=(Finding("balance", "account 1", "1 yen is missing"),))
    assert _failed(_judged(played(proof=proof))) == ["books_check_findings"]
    as_was = played(proof=proof, policy=LIBRARY.as_was)
    assert _failed(_judged(as_was)) == ["books_check_findings"]


def test_the_old_policy_may_keep_cards_and_is_only_shown() -> None:
    result = _judged(played(machines=fleet({"card": 5_244}), policy=LIBRARY.as_was))
    assert result.passed
    assert result.measures["media_retained"] == 5_244


@pytest.mark.parametrize(("raised", "passed"), [("09:50:10", True), ("09:50:11", False)])
@pytest.mark.parametrize("kind", ["reversal_log_full", "compartment_closed"])
def test_an_alarm_of_its_own_must_come_within_ten_seconds(
    kind: str, raised: str, *, passed: bool
) -> None:
    proof = evidence((line("09:50", kind),), (alarm(raised, kind, about="09:50"),))
    assert _judged(played(proof=proof)).passed is passed


@pytest.mark.parametrize("kind", ["reversal_log_full", "compartment_closed"])
def test_a_fact_that_nobody_was_told_of_fails_the_run(kind: str) -> None:
    drowned = alarm("09:50:05", "system_messages", about="09:50")
    assert not _judged(played(proof=evidence((line("09:50", kind),), (drowned,)))).passed


def test_an_expectation_of_what_nobody_measures_names_the_nearest_measure() -> None:
    scenario = LIBRARY.scenario
    check_expectations(scenario)
    expect = msgspec.structs.replace(scenario.expect, default_policy={"escape": 0})
    with pytest.raises(DrillFileError, match="no measure 'escape'; did you mean 'escapes'"):
        check_expectations(msgspec.structs.replace(scenario, expect=expect))
