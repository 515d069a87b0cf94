"""People take their steps at their times, if there is reason for them, right or wrong."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest

from tanada.counterparts.visits import STAYED_AWAY
from tanada.drills.drilling import Library
from tanada.drills.running import Played
from tanada.drills.scenario import Person
from tests.drills.half_days import HalfDay, half_day, runs_of
from tests.drills.played import at

STEPS = (
    Person(at="10:05", role="press", action="announce", stay_away=0.5, when="compartment_closed"),
    Person(at="10:06", role="nobody", action="announce", stay_away=1.0, when="bank_on_fire"),
    Person(at="10:10", role="operations", action="notice-closed-compartments"),
    Person(at="10:10", role="branches", action="dispatch", machines_per_hour=100_000),
    Person(at="10:20", role="operations", action="reopen-compartments", over_minutes=10),
    Person(at="10:35", role="desk", action="suspend", product="deposits", channel="atm"),
    Person(at="10:40", role="desk", action="restore", product="deposits", channel="atm"),
)


def _busy_morning() -> Library:
    """No guard, and compartments that close at the first double error."""
    library, changed = half_day(ends="10:45"), msgspec.structs.replace
    closing = changed(library.as_was.closing, double_errors=1)
    guard = changed(library.as_was.prohibition, double_errors=0)
    return replace(
        library,
        scenario=changed(library.scenario, people=STEPS),
        as_was=changed(library.as_was, closing=closing, prohibition=guard),
    )


@pytest.fixture(scope="module")
def morning() -> Iterator[Played]:
    library = _busy_morning()
    with runs_of(library) as runs:
        yield runs.play(library.as_was, (), faulty=True)


def test_nobody_acts_on_what_has_not_happened(day: HalfDay) -> None:
    roles = {person.role for person in day.scenario.people}
    assert roles.isdisjoint(line.who for line in day.as_it_is().evidence.timeline)


def test_a_step_for_which_there_is_reason_is_taken_at_its_time(morning: Played) -> None:
    taken = [line for line in morning.evidence.timeline if line.who in ("press", "branches")]
    assert [(line.at, line.kind) for line in taken] == [
        (at("10:05"), "public_told"),
        (at("10:10"), "staff_dispatched"),
    ]
    assert not [line for line in morning.evidence.timeline if line.who == "nobody"]


def test_people_see_which_compartments_are_closed_and_reopen_them_one_after_another(
    morning: Played,
) -> None:
    timeline = morning.evidence.timeline
    noticed = morning.evidence.first("closed_compartments_noticed")
    assert noticed is not None
    recovered = [line for line in timeline if line.kind == "compartment_recovered"]
    assert len(recovered) >= len(noticed.detail.split(", ")) >= 2
    assert recovered[-1].at == at("10:30")
    gaps = {b.at - a.at for a, b in pairwise(recovered)}
    assert max(gaps) - min(gaps) < timedelta(milliseconds=1)


def test_those_who_have_heard_of_it_stay_away(morning: Played) -> None:
    heard = at("10:05").timestamp()
    stayed = [record for record in morning.records if record.code == STAYED_AWAY]
    assert stayed
    assert min(record.at for record in stayed) >= heard
    after = [record for record in morning.records if record.at >= heard]
    assert 0.35 < len(stayed) / len(after) < 0.65


def test_staff_empty_the_machines_and_restart_them(morning: Played) -> None:
    fleet = morning.fleet
    assert fleet.media_removed["card"] > 0
    assert fleet.stopped_now < fleet.machines_ever_stopped
    assert fleet.media_removed.keys() <= fleet.media_retained.keys()


def test_a_suspended_service_is_refused_until_it_is_restored(morning: Played) -> None:
    refused = [
        record.at
        for record in morning.records
        if record.code == "service_suspended" and record.wish.value != "time_deposit"
    ]
    assert refused
    # A gateway hears of a switch within 5 seconds.
    assert at("10:35").timestamp() <= min(refused)
    assert max(refused) <= at("10:40:06").timestamp()


def test_the_rollback_reopens_what_is_closed_and_restores_what_is_suspended(day: HalfDay) -> None:
    timeline = day.as_it_was().evidence.timeline
    reopened = {line.who for line in timeline if line.detail == "rollback of the drill"}
    closed = {line.who for line in timeline if line.kind == "compartment_closed"}
    assert reopened == closed
    assert [line.detail for line in timeline if line.who == "rollback"] == ["time_deposits on atm"]
