"""The fleet counts what happens, and the same customers come whatever the bank does to them."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from tanada.base.randomness import Randomness
from tanada.base.simulated_network import SimulatedNetwork
from tanada.base.simulation import SimulatedLoop, run_simulated
from tanada.channels.atm import fields as f
from tanada.channels.atm.keys import AtmKeys
from tanada.channels.atm.messages import IsoMessage
from tanada.counterparts.customers import Demand, HourProfile, OpeningHours, Shares, TerminalSpec
from tanada.counterparts.fleet import Dispatch, Fleet, FleetSettings
from tanada.counterparts.terminal import State
from tanada.counterparts.visits import (
    HOST_OUT_OF_REACH,
    MACHINE_STOPPED,
    QUEUE_TOO_LONG,
    STAYED_AWAY,
    Holder,
    VisitRecord,
    Wish,
)
from tests.counterparts import scripted_bank as bank
from tests.counterparts.atm_world import START_CASH, SUNDAY_MORNING, seams_of
from tests.counterparts.scripted_bank import ADDRESS, ScriptedBank, Turn

KEYS = AtmKeys.generate(Randomness(5))
HOLDERS = [
    Holder(9392001100000107 + 10 * n, f"{n % 10_000:04d}", 11000000100000 + n * 1000, n)
    for n in range(200)
]
MACHINES = [TerminalSpec(number, cash=START_CASH) for number in range(1, 21)]
BUSY = Demand(visits_per_hour=12.0, evenness=2.0)


class FleetWorld:
    """Twenty machines before a scripted bank, for some hours of a Sunday."""

    def __init__(
        self,
        *,
        seed: int = 11,
        machines: list[TerminalSpec] | None = None,
        demand: Demand = BUSY,
        settings: FleetSettings | None = None,
        rule: str = "keeps-all",
    ) -> None:
        self.loop = SimulatedLoop()
        self.seams = seams_of(self.loop, seed)
        self.bank = ScriptedBank(self.seams, KEYS, rule)
        self.fleet = Fleet(
            self.seams, machines or MACHINES, ADDRESS, KEYS, demand, HOLDERS, settings
        )

    def network(self) -> SimulatedNetwork:
        assert isinstance(self.seams.network, SimulatedNetwork)
        return self.seams.network

    def run(self, hours: float, dispatch: Dispatch | None = None) -> Fleet:
        until = SUNDAY_MORNING + timedelta(hours=hours)

        async def day() -> None:
            await self.bank.open()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.fleet.run(until))
                if dispatch is not None:
                    tasks.create_task(self.fleet.dispatch(dispatch, until))
            assert await self.fleet.settle(900) == 0
            await self.fleet.close()

        run_simulated(day(), self.loop)
        return self.fleet

    def ledger_cash(self) -> int:
        return START_CASH * len(self.fleet._machines) + sum(self.bank.atm_cash.values())


def time_deposits_fail(message: IsoMessage) -> Turn:
    return bank.B_ERROR if message[f.PROCESSING_CODE].startswith("92") else bank.ACCEPT


def some_answers_are_lost(message: IsoMessage) -> Turn:
    return bank.ANSWER_LOST if message[f.STAN].endswith("5") else bank.ACCEPT


def after(hours: float) -> float:
    return (SUNDAY_MORNING + timedelta(hours=hours)).timestamp()


def by_arrival(records: list[VisitRecord]) -> dict[tuple[int, int], tuple[object, ...]]:
    return {(r.terminal, r.number): (r.customer, r.wish, r.amount) for r in records}


def test_the_same_seed_gives_the_same_day() -> None:
    first, second = FleetWorld().run(3), FleetWorld().run(3)
    assert first.records == second.records
    assert first.samples == second.samples
    assert FleetWorld(seed=12).run(3).records != first.records


def test_the_same_customers_come_when_the_bank_fails() -> None:
    """What a twin run is compared by: who came, for what, in the same order at each machine."""
    quiet = FleetWorld().run(4)
    world = FleetWorld()
    world.bank.decide = lambda _: bank.C_ERROR
    failing = world.run(4)
    assert by_arrival(failing.records) == by_arrival(quiet.records)
    assert {r.kind for r in quiet.records} == {"accepted"}
    assert {r.kind for r in failing.records} == {"failed", "turned_away"}


def test_whoever_heard_of_the_outage_stays_away_and_the_others_come_as_before() -> None:
    usual = FleetWorld().run(3)
    warned = FleetWorld()
    warned.fleet.public.hear(0.5)
    records = warned.run(3).records
    stayed = {(r.terminal, r.number) for r in records if r.code == STAYED_AWAY}
    came = {(r.terminal, r.number) for r in records} - stayed
    assert by_arrival(records) == by_arrival(usual.records)
    assert 0.4 < len(stayed) / len(records) < 0.6
    assert came == {(r.terminal, r.number) for r in records if r.kind == "accepted"}


def test_a_machine_that_keeps_media_turns_the_next_customers_away() -> None:
    world = FleetWorld()
    world.bank.decide = lambda _: bank.C_ERROR
    fleet = world.run(4)
    snapshot = fleet.snapshot()
    assert snapshot.stopped_now == snapshot.stopped_peak == snapshot.stops == len(MACHINES)
    assert snapshot.machines_ever_stopped == len(MACHINES)
    failed = [r for r in fleet.records if r.kind == "failed"]
    assert Counter(m for r in failed for m in r.retained) == snapshot.media_retained
    assert snapshot.retained_in_all == sum(len(r.retained) for r in failed)
    assert snapshot.retained_per_stop == snapshot.retained_in_all / len(MACHINES)
    turned_away = [r for r in fleet.records if r.kind == "turned_away"]
    assert {r.code for r in turned_away} == {MACHINE_STOPPED}
    assert len(world.bank.seen) == len(MACHINES) + len(failed)


def test_only_the_machines_whose_customers_met_the_fault_stop() -> None:
    wishes = Shares((Wish.WITHDRAWAL, 0.9), (Wish.TIME_DEPOSIT, 0.1))
    world = FleetWorld(demand=Demand(visits_per_hour=6.0, wishes=wishes))
    world.bank.decide = time_deposits_fail
    fleet = world.run(2)
    stopped = {r.terminal for r in fleet.records if r.kind == "failed"}
    assert 0 < len(stopped) < len(MACHINES)
    assert set(fleet.stopped_machines()) == stopped
    failed = {r.wish for r in fleet.records if r.kind == "failed"}
    assert failed == {Wish.TIME_DEPOSIT}


def test_the_samples_show_how_the_fleet_went_down() -> None:
    world = FleetWorld()
    world.bank.decide = time_deposits_fail
    fleet = world.run(6)
    stopped = [sample.stopped for sample in fleet.samples]
    assert len(stopped) == 6 * 12
    assert stopped == sorted(stopped)
    assert fleet.samples[0].at == SUNDAY_MORNING
    assert stopped[-1] <= fleet.snapshot().stopped_peak


def test_staff_free_machines_at_their_pace_and_a_healed_bank_keeps_them_up() -> None:
    world = FleetWorld()
    healed = after(2)
    world.bank.decide = lambda _: (
        bank.C_ERROR if world.seams.clock.now().timestamp() < healed else bank.ACCEPT
    )
    begin = SUNDAY_MORNING + timedelta(hours=3)
    fleet = world.run(6, Dispatch(((begin, 10.0),)))
    snapshot = fleet.snapshot()
    assert snapshot.stopped_peak == len(MACHINES)
    assert snapshot.stopped_now == 0
    assert snapshot.media_removed == snapshot.media_retained
    freed = [s.at for s in fleet.samples if s.stopped < len(MACHINES) and s.at > begin]
    assert freed[0] - begin <= timedelta(minutes=15)
    ends = next(s.at for s in fleet.samples if s.stopped == 0 and s.at > begin)
    assert timedelta(hours=2) <= ends - begin <= timedelta(hours=2, minutes=15)


def test_a_restarted_machine_stops_again_while_the_bank_is_broken() -> None:
    world = FleetWorld()
    world.bank.decide = lambda _: bank.C_ERROR
    fleet = world.run(5, Dispatch(((SUNDAY_MORNING + timedelta(hours=1), 60.0),)))
    assert fleet.snapshot().stops > 2 * len(MACHINES)
    assert fleet.snapshot().machines_ever_stopped == len(MACHINES)


@pytest.mark.parametrize("rule", ["keeps-all", "keeps-cash"])
def test_cash_in_the_machines_is_the_ledgers_cash_once_all_is_settled(rule: str) -> None:
    world = FleetWorld(rule=rule)
    world.bank.decide = some_answers_are_lost
    fleet = world.run(4)
    assert any(r.kind == "unknown" for r in fleet.records)
    assert fleet.snapshot().cash_in_machines == world.ledger_cash()
    assert fleet.snapshot().unconfirmed == 0


def test_nobody_loses_media_to_a_line_that_is_down_before_they_ask() -> None:
    world = FleetWorld()
    world.network().cut(ADDRESS)
    fleet = world.run(1)
    assert {r.code for r in fleet.records} == {HOST_OUT_OF_REACH}
    assert fleet.snapshot().retained_in_all == 0


def test_customers_wait_in_order_and_a_long_queue_turns_them_away() -> None:
    one = [TerminalSpec(1, cash=10**9)]
    rush = Demand(visits_per_hour=200.0, evenness=1e9, handling_s=(60.0, 60.0))
    fleet = FleetWorld(machines=one, demand=rush).run(2)
    codes = Counter(r.code for r in fleet.records)
    assert codes[QUEUE_TOO_LONG] > 50
    assert codes["ok"] == pytest.approx(120, abs=8)
    assert [r.number for r in fleet.records] == sorted(r.number for r in fleet.records)
    fleet = FleetWorld(machines=one, demand=rush, settings=FleetSettings(max_waiting=10**6)).run(2)
    assert {r.code for r in fleet.records} == {"ok"}


def test_machines_are_out_of_service_outside_their_hours() -> None:
    until_ten = OpeningHours(0, 10 * 60)
    spec = [TerminalSpec(1, sunday=until_ten, weekday=until_ten, cash=START_CASH)]
    always = Demand(visits_per_hour=20.0, sunday=HourProfile((1.0,) * 24))
    world = FleetWorld(machines=spec, demand=always)
    states = []

    async def look_at_noon() -> None:
        await asyncio.sleep(3 * 3600)
        states.append(world.fleet.terminal(1).state)

    async def day() -> None:
        await world.bank.open()
        until = SUNDAY_MORNING + timedelta(hours=30)
        await asyncio.gather(world.fleet.run(until), look_at_noon())
        await world.fleet.close()

    run_simulated(day(), world.loop)
    assert states == [State.OUT_OF_SERVICE]
    assert {r.at > after(15) for r in world.fleet.records} == {True, False}
    assert all(r.at < after(1.1) or r.at > after(15) for r in world.fleet.records)
