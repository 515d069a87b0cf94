"""The sky says at a glance how the bank is, and a fault is shown where it is and nowhere else."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from tanada.channels.console.lookout import Lookout, Sight
from tanada.channels.console.view import Meter
from tanada.channels.console.weather import GATEWAYS, damage, terraces_of, weather_of
from tanada.controls.switches import Suspended
from tanada.watch.reading import ServiceCount
from tests.channels.console.views import ToldBank, compartment, quiet_bank, storm_bank

Change = Callable[[ToldBank], None]


def seen(bank: ToldBank, *changes: Change) -> Sight:
    """What the lookout sees at first, and after each change ten seconds later."""

    async def story() -> Sight:
        lookout = Lookout(bank.view(), bank.clock)
        await lookout.look()
        for change in changes:
            change(bank)
            bank.clock.moment += timedelta(seconds=10)
            await lookout.look()
        return lookout.sight

    return asyncio.run(story())


def test_a_quiet_bank_has_a_quiet_sky() -> None:
    assert weather_of(seen(quiet_bank())) == "quiet"


@pytest.mark.parametrize(
    "change",
    [
        lambda bank: bank.work("deposits-0", failed=1),
        lambda bank: bank.alarm("breaker_opened", "deposits", "warning"),
        lambda bank: bank.switches.append(Suspended("deposits", "*", "repair")),
        lambda bank: bank.meters.append(Meter("mailbox", 9, 10, 8, "commands")),
        lambda bank: bank.silent.add("hurt"),
    ],
)
def test_what_somebody_should_look_at_is_not_quiet(change: Change) -> None:
    assert weather_of(seen(quiet_bank(), change)) == "watch"


def _close(bank: ToldBank) -> None:
    bank.compartments["deposits-1"] = compartment("deposits-1", open=False, closed_reason="x")


def _kill(bank: ToldBank) -> None:
    bank.compartments["deposits-1"] = None


@pytest.mark.parametrize(
    "change",
    [
        _close,
        _kill,
        lambda bank: bank.gateways.update(atm=False),
        lambda bank: bank.alarm("job_failed", "job-1", "critical"),
        lambda bank: bank.services.append(ServiceCount("deposits", "atm", "failed", 120)),
    ],
)
def test_a_lost_terrace_or_failed_customers_are_a_storm(change: Change) -> None:
    assert weather_of(seen(quiet_bank(), change)) == "storm"


def test_an_alarm_stops_colouring_the_sky_when_it_is_old_or_acknowledged() -> None:
    bank = quiet_bank()
    bank.alarm("job_failed", "job-1", "critical", acknowledged_by="sato")
    bank.alarm("job_failed", "job-2", "critical", last_at=bank.clock.moment - timedelta(hours=1))
    assert weather_of(seen(bank)) == "quiet"


@pytest.mark.parametrize("change", [_close, _kill])
def test_only_the_terrace_at_fault_runs_dry(change: Change) -> None:
    fields = {f.name: f for t in terraces_of(seen(quiet_bank(), change)) for f in t.fields}
    assert fields.pop("deposits-1").water == 0
    assert {(field.state, field.water) for field in fields.values()} == {("open", 1.0)}


def test_water_falls_with_the_share_that_fails() -> None:
    sight = seen(quiet_bank(), lambda bank: bank.work("deposits-0", accepted=60, failed=40))
    field = terraces_of(sight)[1].fields[0]
    assert (field.state, field.water, field.per_minute) == ("strained", 0.6, 100)


def test_the_hill_has_the_gateways_on_top_and_a_row_for_each_group() -> None:
    rows = [(t.name, [f.name for f in t.fields]) for t in terraces_of(seen(quiet_bank()))]
    assert rows == [
        (GATEWAYS, ["atm"]),
        ("deposits", ["deposits-0", "deposits-1"]),
        ("time-deposits", ["time-deposits-0"]),
    ]


def test_the_rate_of_a_gateway_is_of_the_minutes_that_were_counted() -> None:
    """Counted are 160 seconds: the minutes from 12:12 to 12:14:40."""
    assert terraces_of(seen(quiet_bank()))[0].fields[0].per_minute == 2_073 * 60 // 160


def test_damage_says_whether_the_others_hold() -> None:
    storm = damage(terraces_of(seen(storm_bank())))
    assert (storm.out, storm.all, storm.others_hold) == (1, 4, True)
    strained = seen(storm_bank(), lambda bank: bank.work("deposits-0", failed=1))
    assert not damage(terraces_of(strained)).others_hold
