"""What is measured of a run, on runs that are written down by hand."""

import pytest

from tanada.counterparts.fleet import Sample
from tanada.counterparts.visits import NO_ANSWER, Wish
from tanada.drills.measures import (
    COUNTS,
    MEASURES,
    course,
    escapes,
    failures,
    first_effect,
    measure,
)
from tests.drills.played import LIBRARY, alarm, at, evidence, fleet, line, played, visit

TIME = Wish.TIME_DEPOSIT


def test_the_names_of_the_measures_are_fixed() -> None:
    assert tuple(measure(played(), None)) == MEASURES


def test_history_is_told_by_names_that_are_measured() -> None:
    assert set(LIBRARY.scenario.history) <= {*MEASURES, *course(played())}


def test_counts_that_grow_with_the_scale_are_measured() -> None:
    assert {*MEASURES, *course(played())} >= COUNTS


def test_what_did_not_happen_is_null() -> None:
    day = played()
    measured = {**measure(day, None), **course(day)}
    told = {name for name, value in measured.items() if value is not None}
    assert told == {
        *("media_retained", "in_doubt_left", "money_difference_yen", "atms_stopped_peak"),
        *("time_deposit_failures", "other_product_failures", "batch_refused_before_start"),
        *("compartments_closed", "atms_stopped_at_10_15", "atms_stopped_at_12_15"),
        *("atms_stopped_at_19_40", "atms_stopped_at_end", "cards_and_passbooks_kept"),
        *("time_deposit_double_errors", "customers_turned_away", "visits"),
    }
    assert {measured[name] for name in told} == {0}


# -- failures and the first effect -----------------------------------------------------------------


def test_a_failure_has_a_reason_of_the_bank_s_and_not_of_the_customer_s() -> None:
    records = [
        visit("09:01"),
        visit("09:02", "insufficient_funds", kind="declined"),
        visit("09:03", "wrong_pin", kind="declined"),
        visit("09:04", "machine_stopped", kind="turned_away"),
        visit("09:05", "double_error", kind="unknown"),
        visit("09:06", "compartment_closed"),
        visit("09:07", "service_suspended", kind="declined"),
        visit("09:08", "reversal_log_full", kind="declined"),
        visit("09:09", NO_ANSWER, kind="unknown"),
    ]
    assert list(failures(records)) == records[4:]


def test_failures_are_counted_by_what_the_customer_wanted() -> None:
    day = played(
        visit("10:00", "double_error", wish=TIME, kind="unknown"),
        visit("10:01", "compartment_closed", wish=TIME),
        visit("10:02", "compartment_closed"),
    )
    measured = measure(day, None)
    assert (measured["time_deposit_failures"], measured["other_product_failures"]) == (2, 1)
    assert course(day)["time_deposit_double_errors"] == 1


def test_the_first_effect_is_felt_online_or_in_a_job_whichever_comes_first() -> None:
    job = line("09:50", "job_failed")
    assert first_effect(played(proof=evidence((job,)))) == at("09:50")
    early = visit("09:49", "double_error", kind="unknown")
    assert first_effect(played(early, proof=evidence((job,)))) == at("09:49")
    paused = line("08:30", "job_paused")
    assert first_effect(played(early, proof=evidence((job, paused)))) == at("08:30")
    assert first_effect(played(visit("09:00", "wrong_pin", kind="declined"))) is None


# -- escapes -------------------------------------------------------------------------------------


def test_who_is_outside_the_radius_and_fares_otherwise_has_escaped() -> None:
    twin = played(visit("10:00", customer=1), visit("10:01", customer=2))
    day = played(visit("10:00", customer=1), visit("10:01", "compartment_closed", customer=2))
    assert escapes(day, twin) == 1
    assert escapes(twin, twin) == 0


def test_a_customer_is_counted_once() -> None:
    twin = played(visit("10:00", customer=2), visit("10:01", customer=2))
    day = played(
        visit("10:00", "compartment_closed", customer=2),
        visit("10:01", "machine_stopped", kind="turned_away", customer=2),
    )
    assert escapes(day, twin) == 1


def test_who_wanted_a_time_deposit_at_any_time_is_inside_the_radius() -> None:
    twin = played(visit("10:00", customer=2), visit("15:00", wish=TIME, customer=2))
    day = played(
        visit("10:00", "compartment_closed", customer=2),
        visit("15:00", "machine_stopped", wish=TIME, kind="turned_away", customer=2),
    )
    assert escapes(day, twin) == 0


def test_a_visit_that_is_missing_from_either_run_is_a_difference() -> None:
    one, both = played(visit("10:00")), played(visit("10:00"), visit("10:01", customer=9))
    assert escapes(one, both) == escapes(both, one) == 1


def test_the_moment_of_an_answer_is_no_difference() -> None:
    record = visit("10:00")
    assert escapes(played(record), played(record._replace(at=record.at + 3))) == 0


# -- alarms and cuts -----------------------------------------------------------------------------


def test_the_alarm_that_counts_is_about_the_fault_and_not_about_what_was_before() -> None:
    effect = visit("09:50", "double_error", kind="unknown")
    proof = evidence(
        alarms=(
            alarm("08:20", "job_refused"),
            alarm("09:50:05", "breaker_opened", about="09:49"),
            alarm("09:50:08", "attempts_unknown", about="09:50"),
        )
    )
    assert measure(played(effect, proof=proof), None)["seconds_to_alarm"] == 8.0


def test_a_closed_compartment_is_heard_from_its_own_alarm_only() -> None:
    closed = line("12:14", "compartment_closed")
    drowned = evidence((closed,), (alarm("12:14:05", "system_messages", about="12:14"),))
    heard = evidence((closed,), (alarm("12:14:05", "compartment_closed", about="12:14"),))
    name = "seconds_to_closed_compartment_alarm"
    assert measure(played(proof=drowned), None)[name] is None
    assert measure(played(proof=heard), None)[name] == 5.0


def test_the_cut_is_the_beginning_of_the_longest_suspension() -> None:
    lines = (
        line("09:50", "job_failed"),
        line("10:15", "service_prohibited"),
        line("12:10", "prohibition_relaxed"),
        line("12:45", "service_suspended"),
    )
    assert measure(played(proof=evidence(lines)), None)["seconds_to_product_cut"] == 10_500.0
    short = played(proof=evidence(lines), ends=at("13:00"))
    assert measure(short, None)["seconds_to_product_cut"] == 1_500.0


# -- the batch and the machines --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "refused"), [("08:20", True), ("08:24", False), ("09:00", False)]
)
def test_a_refusal_counts_only_before_the_job_was_to_start(clock: str, *, refused: bool) -> None:
    day = played(proof=evidence((line(clock, "job_refused"),)))
    assert measure(day, None)["batch_refused_before_start"] is refused


def test_machines_are_counted_as_they_stood_at_the_moment() -> None:
    samples = tuple(Sample(at(c), n) for c, n in (("10:10", 400), ("10:15", 430), ("10:20", 440)))
    day = played(samples=samples, machines=fleet(peak=4_318, now=3))
    told = course(day)
    assert (told["atms_stopped_at_10_15"], told["atms_stopped_at_12_15"]) == (430, 440)
    assert (told["atms_stopped_peak_at"], told["atms_stopped_at_end"]) == ("15:50", 3)


def test_a_moment_after_the_end_is_null() -> None:
    told = course(played(samples=(Sample(at("10:10"), 400),), ends=at("13:00")))
    assert (told["atms_stopped_at_12_15"], told["atms_stopped_at_19_40"]) == (400, None)


def test_cash_is_kept_but_is_no_card_and_no_passbook() -> None:
    day = played(machines=fleet({"card": 70, "passbook": 51, "cash": 9}, peak=100))
    assert measure(day, None)["media_retained"] == 130
    told = course(day)
    assert told["cards_and_passbooks_kept"] == 121
    assert told["media_per_stopped_machine"] == 1.21


def test_visits_and_those_that_did_not_take_place_are_counted() -> None:
    day = played(
        visit("10:00"),
        visit("10:01", "machine_stopped", kind="turned_away"),
    )
    told = course(day)
    assert (told["visits"], told["customers_turned_away"]) == (2, 1)
