"""A compartment takes no more than it can hold, closes, opens again, and says so."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from tanada.base.database import connect
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import Close, Command, Outcome, Reopen
from tanada.operations.compartment import message_decoder
from tanada.products.deposits.commands import DepositCash, WithdrawCash
from tanada.products.time_deposits.commands import ShowTimeDeposit
from tests.bank import POLICY_TEXT, balance_of, facts, findings, limit_log, residents
from tests.operations.broken_product import WITH_MISTAKES, Stumble
from tests.operations.simulated_bank import SimulatedBank, simulated_bank

CLEAN: list[Finding] = []
SMALL = POLICY_TEXT + "[mailbox]\ncapacity = 8\nbatch = 2\n"
SLOW = SMALL + "[database_model]\nbatch_us = 3_000_000\ncommand_us = 0\n"
AS_WAS = (
    POLICY_TEXT.replace("lease = 4", "lease = 1")
    + """reserve = false
[breaker]
errors = 0
[inquiry]
enabled = false
[closing]
double_errors = 5
reopen = "person"
[prohibition]
double_errors = 3
"""
)


@pytest.fixture
def bank(bank_url: str) -> Iterator[SimulatedBank]:
    with simulated_bank(bank_url, SMALL) as opened:
        yield opened


def _deposits(bank: SimulatedBank, count: int, seconds: float = 10) -> list[Command]:
    who = residents()[0]
    return [
        bank.make(DepositCash, who.account, seconds, amount=100, terminal=1) for _ in range(count)
    ]


def _codes(outcomes: list[Outcome]) -> list[Code]:
    return [outcome.code for outcome in outcomes]


def test_what_the_mailbox_cannot_hold_is_refused_and_never_happens(bank: SimulatedBank) -> None:
    before = balance_of(bank.url, residents()[0].account)
    codes = _codes(bank.submit(*_deposits(bank, 20)))
    assert codes.count(Code.MAILBOX_FULL) == 12
    assert codes.count(Code.OK) == 8
    assert balance_of(bank.url, residents()[0].account) == before + 800
    status = bank.ask()
    assert (status.accepted, status.failed, status.batches, status.waiting) == (8, 12, 4, 0)


def test_what_comes_to_its_turn_too_late_is_not_begun(bank_url: str) -> None:
    with simulated_bank(bank_url, SLOW) as bank:
        before = balance_of(bank_url, residents()[0].account)
        outcomes = bank.submit(*_deposits(bank, 6, seconds=5))
        bank.wait(60)
        assert bank.door.in_doubt == {}
        moved = balance_of(bank_url, residents()[0].account) - before
        booked = [key for key, outcome in bank.settled if outcome.kind == "accepted"]
        accepted = sum(outcome.kind == "accepted" for outcome in outcomes)
        assert moved == 100 * (accepted + len(booked))
        assert 0 < accepted < 6


def test_a_person_closes_it_and_only_a_person_opens_it(bank: SimulatedBank) -> None:
    status = bank.ask(Close(reason="a visit of the auditors"))
    assert (status.open, status.closed_reason) == (False, "a visit of the auditors")
    bank.wait(3600)
    assert _codes(bank.submit(*_deposits(bank, 1))) == [Code.COMPARTMENT_CLOSED]
    assert bank.ask(Reopen(reason="they left")).open
    assert _codes(bank.submit(*_deposits(bank, 1))) == [Code.OK]
    assert [kind for _, kind in facts(bank.url)] == [
        "compartment_started",
        "compartment_closed",
        "compartment_reopened",
    ]


def test_what_waits_when_it_closes_is_refused_and_never_happens(bank: SimulatedBank) -> None:
    before = balance_of(bank.url, residents()[0].account)

    async def scenario() -> list[Outcome]:
        calls = [asyncio.create_task(bank.door.submit(each)) for each in _deposits(bank, 8)]
        await asyncio.sleep(0.003)
        bank.compartment.close("an error")
        return await asyncio.gather(*calls)

    codes = _codes(bank.run(scenario()))
    accepted = codes.count(Code.OK)
    assert 0 < accepted < 8
    assert codes.count(Code.COMPARTMENT_CLOSED) == 8 - accepted
    assert balance_of(bank.url, residents()[0].account) == before + 100 * accepted


def test_one_that_closed_itself_opens_when_a_probe_goes_through(bank: SimulatedBank) -> None:
    bank.fail()
    bank.wait(29)
    assert not bank.compartment.is_open
    bank.wait(2)
    assert bank.compartment.is_open


@pytest.mark.parametrize("reopened", [False, True])
def test_no_probe_opens_what_a_person_closed_after_it_had_closed_itself(
    bank: SimulatedBank, reopened: bool
) -> None:
    bank.fail()
    if reopened:
        bank.ask(Reopen(reason="it looked well"))
    bank.ask(Close(reason="it was not"))
    bank.wait(3600)
    assert bank.ask().closed_reason == "it was not"
    assert bank.ask(Reopen(reason="repaired")).open


def test_a_probe_that_does_not_go_through_leaves_it_closed(bank: SimulatedBank) -> None:
    bank.fail()
    bank.database = bank.url.replace("test_", "gone_")
    bank.compartment._executor._drop_connection()
    bank.wait(120)
    assert not bank.compartment.is_open
    bank.database = bank.url
    bank.wait(31)
    assert bank.compartment.is_open


def test_people_hear_of_a_closing_though_the_database_was_away_just_then(
    bank: SimulatedBank,
) -> None:
    bank.compartment._executor._drop_connection()
    bank.database = bank.url.replace("test_", "gone_")
    bank.ask(Close(reason="nothing works"))
    closed_at = bank.seams.clock.now()
    bank.wait(600)
    bank.database = bank.url
    bank.wait(6)
    with connect(bank.url, application="test") as connection:
        rows = connection.execute(
            "select at, detail from operations.fact where kind = 'compartment_closed'"
        ).fetchall()
    [(at, detail)] = rows
    assert (detail, closed_at - at < timedelta(seconds=1)) == ("nothing works", True)


def test_double_errors_suspend_the_service_then_close_the_compartment(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 1)
    with simulated_bank(bank_url, AS_WAS) as bank:
        assert _codes(bank.submit(*_deposits(bank, 1))) == [Code.OK]
        for number in range(5):
            [outcome] = bank.submit(*_deposits(bank, 1))
            assert (outcome.kind, outcome.code) == ("unknown", Code.DOUBLE_ERROR), number
        status = bank.ask()
        assert (status.open, status.double_errors) == (False, 5)
        with connect(bank_url, application="test") as connection:
            rows = connection.execute("select product, channel from controls.switch").fetchall()
        assert rows == [("deposits", "desk")]
        bank.wait(3600)
        assert _codes(bank.submit(bank.make(ShowTimeDeposit, 1))) == [Code.COMPARTMENT_CLOSED]
        assert bank.ask(Reopen(reason="recovered")).double_errors == 0
        assert {"service_prohibited", "compartment_closed"} <= {k for _, k in facts(bank_url)}
        assert findings(bank_url) == CLEAN


def test_people_can_relax_the_guard_as_they_did_that_day(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 1)
    with simulated_bank(bank_url, AS_WAS) as bank:
        bank.compartment.relax_prohibition(0)
        bank.submit(*_deposits(bank, 5))
        assert bank.ask().double_errors == 4
        assert "service_prohibited" not in [kind for _, kind in facts(bank_url)]


def test_what_is_no_command_is_answered_and_does_no_harm(bank: SimulatedBank) -> None:
    [link] = bank.links.values()
    for body in (b"", b"\xff\x00", msgspec.msgpack.encode({"type": "Nonsense"})):
        answer = msgspec.msgpack.decode(bank.run(link.call(body, 5)), type=Outcome)
        assert answer.code is Code.UNKNOWN_COMMAND
    assert _codes(bank.submit(*_deposits(bank, 1))) == [Code.OK]


def test_a_command_that_cannot_even_be_loaded_does_not_stop_the_work(bank: SimulatedBank) -> None:
    bad = bank.make(Stumble, residents()[0].account, mistake="before the lock")
    huge = bank.make(DepositCash, 2**63, amount=1, terminal=1)
    assert _codes(bank.submit(bad, huge, *_deposits(bank, 2))) == [
        Code.INTERNAL_ERROR,
        Code.INTERNAL_ERROR,
        Code.OK,
        Code.OK,
    ]
    assert findings(bank.url) == CLEAN


def test_a_fault_of_ours_costs_a_batch_and_not_the_compartment(bank: SimulatedBank) -> None:
    def broken(*_: object) -> list[Outcome]:
        raise RuntimeError("a fault of ours")

    executor = bank.compartment._executor
    whole, executor.execute = executor.execute, broken  # type: ignore[assignment]
    before = balance_of(bank.url, residents()[0].account)
    unanswered = bank.submit(*_deposits(bank, 2, seconds=0.5))
    assert _codes(unanswered) == [Code.NO_ANSWER, Code.NO_ANSWER]
    executor.execute = whole  # type: ignore[method-assign]
    assert _codes(bank.submit(*_deposits(bank, 1))) == [Code.OK]
    bank.wait(60)
    assert bank.door.in_doubt == {}
    assert balance_of(bank.url, residents()[0].account) == before + 100


def test_it_understands_every_command_of_the_bank() -> None:
    decoder = message_decoder(WITH_MISTAKES)
    teller = residents()[0]
    command = WithdrawCash(
        key="k",
        channel="atm",
        origin="7",
        made_at=1,
        deadline=2,
        account=teller.account,
        amount=1,
        terminal=7,
        card=teller.card,
        pin_proof=b"x",
    )
    assert decoder.decode(msgspec.msgpack.encode(command)) == command


def test_its_facts_carry_the_time_at_which_they_happened(bank: SimulatedBank) -> None:
    bank.wait(90)
    bank.fail()
    bank.wait(1)
    with connect(bank.url, application="test") as connection:
        row = connection.execute(
            "select max(at) - min(at) from operations.fact where kind like 'compartment_%'"
        ).fetchone()
    assert row is not None
    assert timedelta(seconds=90) <= row[0] < timedelta(seconds=91)
