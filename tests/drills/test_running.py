"""28 February runs as the report tells it under the old policy, and as it must under ours."""

from datetime import datetime

from tanada.base.clock import JST
from tanada.drills.evidence import Evidence
from tanada.drills.running import Played
from tanada.drills.timeline import Line
from tests.drills.half_days import LIMIT, HalfDay, everything


def _clock(line: Line | None) -> str:
    return "never" if line is None else f"{line.at.astimezone(JST):%H:%M}"


def _lines(evidence: Evidence, kind: str) -> list[Line]:
    return [line for line in evidence.timeline if line.kind == kind]


def _stopped_at(played: Played, hour: int, minute: int) -> int:
    moment = datetime(2021, 2, 28, hour, minute, tzinfo=JST)
    return [sample.stopped for sample in played.samples if sample.at <= moment][-1]


# -- as it was -----------------------------------------------------------------------------------


def test_as_it_was_the_log_overflows_and_the_job_dies_of_it(day: HalfDay) -> None:
    evidence = day.as_it_was().evidence
    assert "09:48" <= _clock(evidence.first("reversal_log_full")) <= "09:52"
    failed = evidence.first("job_failed")
    assert failed is not None
    assert "double_error" in failed.detail


def test_as_it_was_the_guard_prohibits_the_service_and_no_compartment_closes(day: HalfDay) -> None:
    evidence = day.as_it_was().evidence
    prohibited, closed = (evidence.first(k) for k in ("service_prohibited", "compartment_closed"))
    assert "09:50" <= _clock(prohibited) < "12:10" <= _clock(closed)
    assert prohibited is not None
    assert prohibited.detail.startswith("time_deposits on atm: prohibited after")


def test_as_it_was_compartments_close_one_after_another_once_the_guard_is_relaxed(
    day: HalfDay,
) -> None:
    evidence = day.as_it_was().evidence
    assert _clock(evidence.first("prohibition_relaxed")) == "12:10"
    closed = _lines(evidence, "compartment_closed")
    assert len(closed) >= 3
    assert len({line.who for line in closed}) == len({line.at for line in closed}) == len(closed)
    assert {line.detail for line in closed} == {f"{LIMIT} double errors"}


def test_as_it_was_machines_stop_and_keep_what_their_customers_put_in(day: HalfDay) -> None:
    played = day.as_it_was()
    assert 0 < _stopped_at(played, 10, 15) < _stopped_at(played, 13, 0)
    assert played.fleet.media_retained["card"] > 0
    assert played.fleet.media_retained["passbook"] > 0
    assert everything(played)["media_retained"] == sum(
        len(record.retained) for record in played.records
    )


def test_as_it_was_stopping_time_deposits_reopens_nothing(day: HalfDay) -> None:
    played = day.as_it_was()
    assert _clock(played.evidence.first("service_suspended")) == "12:45"
    rolled_back = [line.detail for line in _lines(played.evidence, "compartment_reopened")]
    assert set(rolled_back) == {"rollback of the drill"}
    late = datetime(2021, 2, 28, 12, 46, tzinfo=JST).timestamp()
    refused = [r for r in played.records if r.at > late and r.code == "compartment_closed"]
    assert {record.wish.value for record in refused} - {"time_deposit"}
    assert _stopped_at(played, 12, 45) < _stopped_at(played, 13, 0)


def test_as_it_was_the_closed_compartment_drowned_among_messages(day: HalfDay) -> None:
    played = day.as_it_was()
    kinds = {alarm.kind for alarm in played.evidence.alarms}
    assert "compartment_closed" not in kinds
    assert {"system_messages", "double_errors"} <= kinds
    assert everything(played)["seconds_to_closed_compartment_alarm"] is None


def test_as_it_was_customers_of_other_products_are_hurt(day: HalfDay) -> None:
    measured = everything(day.as_it_was(), day.twin())
    assert measured["other_product_failures"] != 0
    assert measured["escapes"] != 0


# -- as it is ------------------------------------------------------------------------------------


def test_as_it_is_the_job_is_refused_before_it_starts_and_it_says_by_how_much(day: HalfDay) -> None:
    evidence = day.as_it_is().evidence
    refused = evidence.first("job_refused")
    assert refused is not None
    assert _clock(refused) == "08:20"
    assert "e-account-switch" in refused.detail
    assert "which is passed by" in refused.detail
    assert "This split fits: 2021-02-28 month-end-renewals" in refused.detail


def test_as_it_is_the_proposal_is_run_to_its_end_and_nothing_overflows(day: HalfDay) -> None:
    evidence = day.as_it_is().evidence
    submitted, finished = (_lines(evidence, k) for k in ("job_submitted", "job_finished"))
    assert len(submitted) == len(finished) == 2
    assert all(line.who == "batch" for line in finished)
    assert evidence.first("reversal_log_full") is None


def test_as_it_is_no_customer_notices_anything(day: HalfDay) -> None:
    played, twin = day.as_it_is(), day.twin()
    measured = everything(played, twin)
    nothing = ("escapes", "media_retained", "in_doubt_left", "money_difference_yen")
    failures = ("time_deposit_failures", "other_product_failures", "atms_stopped_peak")
    assert {name: measured[name] for name in (*nothing, *failures)} == dict.fromkeys(
        (*nothing, *failures), 0
    )
    assert played.evidence.findings == ()
    assert len(played.records) == len(twin.records) > 500


def test_without_preflight_the_log_overflows_and_only_time_deposits_are_refused(
    day: HalfDay,
) -> None:
    played = day.as_it_is("preflight")
    assert played.evidence.first("reversal_log_full") is not None
    failed = [r for r in played.records if r.code == "reversal_log_full"]
    assert len(failed) > 50
    assert {record.wish.value for record in failed} == {"time_deposit"}
    assert {record.kind for record in failed} == {"declined"}


def test_without_preflight_no_other_customer_is_hurt_and_people_hear_of_it_in_ten_seconds(
    day: HalfDay,
) -> None:
    measured = everything(day.as_it_is("preflight"), day.twin())
    for name in ("escapes", "media_retained", "other_product_failures", "in_doubt_left"):
        assert measured[name] == 0
    delay = measured["seconds_to_full_log_alarm"]
    assert isinstance(delay, float)
    assert delay <= 10


def test_without_preflight_the_job_pauses_at_a_safe_point(day: HalfDay) -> None:
    evidence = day.as_it_is("preflight").evidence
    assert evidence.first("job_paused") is not None
    assert evidence.first("job_failed") is None


def test_every_run_leaves_clean_books_and_comes_back(day: HalfDay) -> None:
    for played in (day.twin(), day.as_it_was(), day.as_it_is(), day.as_it_is("preflight")):
        assert played.evidence.findings == ()
        assert played.evidence.money_difference == 0
        assert played.rollback_error == ""


def test_the_twin_without_the_fault_has_no_failure_at_all(day: HalfDay) -> None:
    measured = everything(day.twin())
    assert measured["first_effect_at"] is None
    assert measured["seconds_to_alarm"] is None
    assert measured["time_deposit_failures"] == measured["other_product_failures"] == 0
