"""The fleet's machines before the real gateway: both sides read the same protocol.

Behind the gateway stands a door that answers as told.
"""

import asyncio
from datetime import timedelta
from typing import Final

import msgspec
import pytest

from tanada.base.ids import IdSource
from tanada.base.simulation import SimulatedLoop, run_simulated
from tanada.channels.atm.exchange import AtmChannel
from tanada.channels.atm.gateway import AtmGateway
from tanada.controls.custody import MEDIA, Knowledge
from tanada.controls.policies import TransactionClass
from tanada.counterparts.customers import Demand, Shares, TerminalSpec
from tanada.counterparts.fleet import Fleet
from tanada.counterparts.visits import Holder, VisitRecord, Wish
from tanada.customers.card_numbers import card_number
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Outcome, Reverse, outcome_of
from tanada.products.deposits.commands import BalanceShown, CashPosted, PassbookUpdated
from tanada.products.time_deposits.commands import TimeDepositOpened
from tests.channels.atm.scripted import KEYS, Kept, custody
from tests.counterparts.atm_world import START_CASH, SUNDAY_MORNING, seams_of
from tests.counterparts.scripted_bank import ADDRESS

HOLDERS = [
    Holder(card_number(101, n), f"{n:04d}", 101_1_0000000_000 + n * 1000, n) for n in range(1, 100)
]
RESULTS: Final[dict[str, msgspec.Struct]] = {
    "WithdrawCash": CashPosted(balance=1),
    "DepositCash": CashPosted(balance=1),
    "ShowBalance": BalanceShown(balance=1, available=1),
    "UpdatePassbook": PassbookUpdated(lines=(), remaining=0, balance=1),
    "OpenTimeDeposit": TimeDepositOpened(
        account=101_3_0000001_001, balance=1, matures_on="2022-02-28", rate=2
    ),
}

DEMAND = Demand(visits_per_hour=12.0, evenness=10.0, wishes=Shares(*((wish, 1.0) for wish in Wish)))


class Door:
    """Answers every command with one code."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.commands: list[Command] = []

    async def submit(
        self, command: Command, *, abandon: Reverse | None = None, repeated: bool = False
    ) -> Outcome:
        self.commands.append(command)
        if isinstance(command, Reverse):
            return outcome_of(command.key, Code.OK)
        result = RESULTS[type(command).__name__] if self.code is Code.OK else None
        return outcome_of(command.key, self.code, result)


def an_hour(code: Code, version: str) -> tuple[list[VisitRecord], Door, Fleet]:
    loop = SimulatedLoop()
    seams = seams_of(loop)
    door = Door(code)
    machines = [TerminalSpec(number, cash=START_CASH) for number in range(1, 13)]
    fleet = Fleet(seams, machines, ADDRESS, KEYS, DEMAND, HOLDERS)

    async def run() -> None:
        channel = AtmChannel(
            door, Kept(), custody(version), KEYS, seams.clock, IdSource(seams.clock, 1)
        )
        gateway = await AtmGateway.start(seams.network, ADDRESS, channel)
        await fleet.run(SUNDAY_MORNING + timedelta(hours=1))
        assert await fleet.settle(600) == 0
        await fleet.close()
        await asyncio.sleep(1)
        await gateway.close()

    run_simulated(run(), loop)
    return fleet.records, door, fleet


def test_every_wish_is_understood() -> None:
    records, door, _ = an_hour(Code.OK, "2021-05")
    assert {r.wish for r in records} == set(Wish)
    assert {(r.kind, r.code) for r in records} == {("accepted", "ok")}
    assert [c.account for c in door.commands] == [
        r.account for r in sorted(records, key=lambda r: r.at)
    ]


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize("version", ["2021-02", "2021-04", "2021-05"])
def test_every_code_arrives_as_the_word_it_is_and_custody_is_obeyed(
    code: Code, version: str
) -> None:
    records, _, fleet = an_hour(code, version)
    reached = [r for r in records if r.kind != "turned_away"]
    assert {r.code for r in reached} == {code}
    matrix, outcome = custody(version), outcome_of("key", code)
    knowledge: Knowledge = "unknown" if outcome.kind == "unknown" else "known"
    for record in reached:
        kind: TransactionClass = "inquiry" if record.wish is Wish.BALANCE else "monetary"
        rulings = {
            medium: matrix.decide(kind, outcome.error_class, knowledge, medium, code).custody
            for medium in MEDIA
        }
        assert {rulings[medium] for medium in record.retained} <= {"retain"}
        if record.wish is Wish.WITHDRAWAL:
            assert ("card" in record.retained) == (rulings["card"] == "retain")
        if record.wish is Wish.DEPOSIT and record.kind != "accepted":
            assert ("cash" in record.retained) == (rulings["cash"] == "retain")
    assert fleet.snapshot().retained_in_all == sum(len(r.retained) for r in reached)


def test_a_closed_compartment_stops_machines_in_february_and_none_in_may() -> None:
    _, _, february = an_hour(Code.COMPARTMENT_CLOSED, "2021-02")
    assert february.snapshot().stopped_now > 8
    _, _, may = an_hour(Code.COMPARTMENT_CLOSED, "2021-05")
    assert may.snapshot().stopped_peak == 0
    assert may.snapshot().retained_in_all == 0
