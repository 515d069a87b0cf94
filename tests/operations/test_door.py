"""The one door: every command ends as exactly one of four outcomes, and no doubt lasts."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from tanada.base.clock import JST
from tanada.base.database import connect
from tanada.controls.switches import Suspended
from tanada.controls.switching import Order, Service, restore, suspend
from tanada.ledger.books import Finding
from tanada.operations.breakers import BreakerKey
from tanada.operations.codes import Code
from tanada.operations.commands import InquireOutcome, Outcome, Reverse, outcome_of
from tanada.operations.door import ask_status
from tanada.products.deposits.commands import DepositCash, ShowBalance
from tests.bank import NOW, POLICY_TEXT, balance_of, findings, limit_log, residents
from tests.operations.broken_product import Stumble
from tests.operations.simulated_bank import SimulatedBank, address, simulated_bank

CLEAN: list[Finding] = []
SLOW = POLICY_TEXT + "[database_model]\nbatch_us = 3_000_000\ncommand_us = 0\n"
TWO = POLICY_TEXT.replace(
    'name = "all"',
    'name = "time"\nproducts = ["time_deposits"]\n[[compartments]]\nname = "all"',
)
LATE_ROWS = POLICY_TEXT.replace("lease = 4", "lease = 1\nreserve = false")


@pytest.fixture
def bank(bank_url: str) -> Iterator[SimulatedBank]:
    with simulated_bank(bank_url, SLOW) as opened:
        yield opened


def _deposit(bank: SimulatedBank, seconds: float = 10, **content: object) -> DepositCash:
    made: DepositCash = bank.make(
        DepositCash, residents()[0].account, seconds, amount=100, terminal=1, **content
    )
    return made


def _reversal(bank: SimulatedBank, command: DepositCash) -> Reverse:
    made: Reverse = bank.make(
        Reverse,
        command.account,
        key=f"{command.key}:reverse",
        original_key=command.key,
        product="deposits",
    )
    return made


def _kinds(outcomes: list[Outcome]) -> list[str]:
    return [outcome.kind for outcome in outcomes]


def test_bad_commands_do_not_get_through_it(bank: SimulatedBank) -> None:
    who = residents()[0]
    bad = [
        _deposit(bank, key=""),
        bank.make(DepositCash, who.account, amount=0, terminal=1),
        bank.make(DepositCash, who.account, amount=10**12, terminal=1),
    ]
    assert [outcome.code for outcome in bank.submit(*bad)] == [
        Code.NO_KEY,
        Code.AMOUNT_NOT_POSITIVE,
        Code.AMOUNT_ABOVE_LIMIT,
    ]
    assert bank.ask().batches == 0


def test_who_has_no_compartment_to_go_to_is_told_that_nothing_happened(bank: SimulatedBank) -> None:
    bank.kill("all-0")
    [outcome] = bank.submit(_deposit(bank))
    assert (outcome.kind, outcome.code) == ("failed", Code.COMPARTMENT_UNREACHABLE)
    assert bank.door.in_doubt == {}


def test_an_answer_that_is_late_is_unknown_until_an_inquiry_settles_it(
    bank: SimulatedBank,
) -> None:
    before = balance_of(bank.url, residents()[0].account)
    [outcome] = bank.submit(_deposit(bank, seconds=1))
    assert (outcome.kind, outcome.code) == ("unknown", Code.NO_ANSWER)
    assert len(bank.door.in_doubt) == 1
    bank.wait(30)
    assert bank.door.in_doubt == {}
    assert [o.kind for _, o in bank.settled] == ["accepted"]
    assert balance_of(bank.url, residents()[0].account) == before + 100
    assert findings(bank.url) == CLEAN


def test_what_is_found_accepted_after_it_was_given_up_is_cancelled(bank: SimulatedBank) -> None:
    before = balance_of(bank.url, residents()[0].account)
    deposit = _deposit(bank, seconds=1)
    outcome = bank.run(bank.door.submit(deposit, abandon=_reversal(bank, deposit)))
    assert outcome.kind == "unknown"
    bank.wait(60)
    assert bank.door.in_doubt == {}
    assert balance_of(bank.url, residents()[0].account) == before
    assert findings(bank.url) == CLEAN


def test_a_cancellation_that_meets_an_open_breaker_waits_for_it(bank: SimulatedBank) -> None:
    before = balance_of(bank.url, residents()[0].account)
    wrong = bank.make(Reverse, 1, original_key="x", product="deposits")
    assert bank.submit(wrong)[0].kind == "accepted"
    breakers = bank.compartment._executor.breakers
    key = BreakerKey("deposits", "desk", "Reverse")
    breakers.failed(key, "bug", bank.seams.clock.monotonic(), invariant=True)
    deposit = _deposit(bank, seconds=1)
    bank.run(bank.door.submit(deposit, abandon=_reversal(bank, deposit)))
    bank.wait(30)
    assert balance_of(bank.url, residents()[0].account) == before + 100
    assert list(bank.door.in_doubt) == [deposit.key]
    bank.wait(180)
    assert balance_of(bank.url, residents()[0].account) == before
    assert bank.door.in_doubt == {}


def test_while_a_command_is_under_way_its_repeat_is_told_nothing(bank: SimulatedBank) -> None:
    before = balance_of(bank.url, residents()[0].account)
    late, later = _deposit(bank, seconds=1, key="k"), _deposit(bank, seconds=20, key="k")
    assert _kinds(bank.submit(late, later)) == ["unknown", "unknown"]
    assert _kinds(bank.submit(later)) == ["unknown"]
    bank.wait(30)
    assert bank.door.in_doubt == {}
    assert [(key, outcome.kind) for key, outcome in bank.settled] == [("k", "accepted")]
    assert _kinds(bank.submit(_deposit(bank, key="k"))) == ["accepted"]
    assert balance_of(bank.url, residents()[0].account) == before + 100


def test_a_repeat_of_what_was_given_up_is_never_told_that_it_was_accepted(
    bank: SimulatedBank,
) -> None:
    before = balance_of(bank.url, residents()[0].account)
    deposit = _deposit(bank, seconds=1, key="k")
    bank.run(bank.door.submit(deposit, abandon=_reversal(bank, deposit)))
    codes = []
    for _ in range(20):
        again = _deposit(bank, key="k")
        codes.append(bank.run(bank.door.submit(again, repeated=True)).code)
        bank.wait(1)
    assert set(codes) == {Code.NO_ANSWER, Code.ALREADY_REVERSED}
    assert balance_of(bank.url, residents()[0].account) == before
    assert findings(bank.url) == CLEAN


def test_nobody_says_of_a_repeat_that_it_failed_who_has_not_looked(bank: SimulatedBank) -> None:
    deposit = _deposit(bank, key="k")
    assert _kinds(bank.submit(deposit)) == ["accepted"]
    _switch(bank, "desk", on=False)
    bank.wait(bank.rules.switches.poll_seconds + 0.1)

    def again(key: str = "k") -> Outcome:
        return bank.run(bank.door.submit(_deposit(bank, key=key), repeated=True))

    assert again() == bank.run(bank.door.inquire(deposit))
    assert again("never sent").code is Code.NEVER_ARRIVED
    bank.fail()
    assert again().kind == "unknown"
    bank.wait(60)
    assert [outcome.kind for _, outcome in bank.settled] == ["accepted"]


@pytest.mark.parametrize("moment", [0.0005, 0.0015, 0.0025, 1.0, 2.5, 3.5, 4.5])
def test_when_a_compartment_dies_every_command_ends_as_one_outcome(
    bank: SimulatedBank, moment: float
) -> None:
    account = residents()[0].account
    before = balance_of(bank.url, account)
    commands = [_deposit(bank, seconds=20) for _ in range(12)]

    async def scenario() -> list[Outcome]:
        calls = [asyncio.create_task(bank.door.submit(each)) for each in commands[:8]]
        await asyncio.sleep(moment)
        calls += [asyncio.create_task(bank.door.submit(each)) for each in commands[8:]]
        await asyncio.sleep(0.0011)
        dead = bank.compartments.pop("all-0")
        assert bank.network.break_connections(address("all-0")) > 0
        await dead.stop()
        await asyncio.sleep(5)
        await bank.start("all-0")
        return await asyncio.gather(*calls)

    outcomes = bank.run(scenario())
    bank.wait(60)
    assert bank.door.in_doubt == {}
    settled = dict(bank.settled)
    last = [settled.get(c.key, o) for c, o in zip(commands, outcomes, strict=True)]
    assert {outcome.kind for outcome in last} <= {"accepted", "failed"}
    accepted = _kinds(last).count("accepted")
    assert balance_of(bank.url, account) == before + 100 * accepted
    deadline = int((bank.seams.clock.now().timestamp() + 20) * 1_000_000)
    again = bank.submit(*(msgspec.structs.replace(c, deadline=deadline) for c in commands))
    for outcome, repeated in zip(last, again, strict=True):
        # What was accepted stays so; what was failed either stays barred or had never arrived.
        assert (outcome.kind == "accepted") <= (repeated == outcome)
    assert findings(bank.url) == CLEAN


def test_a_line_that_breaks_under_an_inquiry_leaves_the_doubt_standing(
    bank: SimulatedBank,
) -> None:
    deposit = _deposit(bank, seconds=1)
    bank.network.cut(address("*"))
    [outcome] = bank.submit(deposit)
    assert outcome.kind == "unknown"
    bank.wait(600)
    assert list(bank.door.in_doubt) == [deposit.key]
    bank.network.heal(address("*"))
    bank.wait(120)
    assert bank.door.in_doubt == {}


def test_an_inquiry_is_never_answered_by_what_did_not_look(bank: SimulatedBank) -> None:
    deposit = _deposit(bank)
    assert bank.submit(deposit)[0].kind == "accepted"
    inquiry = InquireOutcome(
        key=deposit.key,
        account=deposit.account,
        product="deposits",
        channel="desk",
        origin="test",
    )
    bank.fail()
    assert bank.run(bank.door.ask(inquiry)) is None
    bank.wait(31)
    with connect(bank.url, application="test") as connection, connection.transaction():
        connection.execute("lock table operations.operation in access exclusive mode")
        assert bank.run(bank.door.ask(inquiry)) is None
    found = bank.run(bank.door.ask(inquiry))
    assert found is not None
    assert found.kind == "accepted"


def test_a_double_error_is_inquired_and_found_never_to_have_happened(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 1)
    before = balance_of(bank_url, residents()[0].account)
    with simulated_bank(bank_url, LATE_ROWS) as bank:
        outcomes = bank.submit(_deposit(bank), _deposit(bank))
        assert [outcome.code for outcome in outcomes] == [Code.OK, Code.NEVER_ARRIVED]
        assert bank.ask().double_errors == 1
        assert bank.door.in_doubt == {}
    assert balance_of(bank_url, residents()[0].account) == before + 100


def test_a_database_that_is_away_fails_commands_and_knows_it(bank: SimulatedBank) -> None:
    bank.compartment._executor._drop_connection()
    bank.database = bank.url.replace("test_", "gone_")
    [outcome] = bank.submit(_deposit(bank))
    assert (outcome.kind, outcome.code) == ("failed", Code.DATABASE_DOWN)
    assert bank.door.in_doubt == {}


def _switch(bank: SimulatedBank, channel: str, *, on: bool) -> None:
    order = Order("operator", "a defect", NOW.astimezone(JST))
    with connect(bank.url, application="test") as connection:
        service = Service("deposits", channel)
        restore(connection, service, order) if on else suspend(connection, service, order)


@pytest.mark.parametrize("channel", ["desk", "*"])
def test_a_switch_is_heard_within_its_poll_and_survives_the_loss_of_the_database(
    bank: SimulatedBank, channel: str
) -> None:
    deposit = _deposit(bank, key="before")
    assert _kinds(bank.submit(deposit)) == ["accepted"]
    _switch(bank, channel, on=False)
    bank.wait(bank.rules.switches.poll_seconds + 0.1)
    [outcome] = bank.submit(_deposit(bank))
    assert (outcome.kind, outcome.code) == ("declined", Code.SERVICE_SUSPENDED)
    assert bank.door.switches.suspended() == [Suspended("deposits", channel, "a defect")]
    bank.compartment._executor._drop_connection()
    bank.database, back = bank.url.replace("test_", "gone_"), bank.database
    bank.wait(60)
    assert bank.submit(_deposit(bank))[0].code is Code.SERVICE_SUSPENDED
    bank.database = back
    _switch(bank, channel, on=True)
    bank.wait(bank.rules.switches.poll_seconds + 0.1)
    assert _kinds(bank.submit(_deposit(bank))) == ["accepted"]


def test_a_cancellation_that_was_lost_on_its_way_is_sent_again_and_not_barred(
    bank: SimulatedBank,
) -> None:
    before = balance_of(bank.url, residents()[0].account)
    deposit = _deposit(bank, key="k")
    assert _kinds(bank.submit(deposit)) == ["accepted"]
    bank.network.cut(address("*"))

    async def lost() -> Outcome:
        call = asyncio.create_task(bank.door.submit(_reversal(bank, deposit)))
        await asyncio.sleep(0.01)
        bank.network.break_connections(address("*"))
        return await call

    assert bank.run(lost()).kind == "unknown"
    bank.network.heal(address("*"))
    bank.wait(120)
    assert [(key, outcome.kind) for key, outcome in bank.settled] == [("k:reverse", "accepted")]
    assert bank.door.in_doubt == {}
    assert balance_of(bank.url, residents()[0].account) == before
    assert _kinds(bank.submit(_reversal(bank, deposit))) == ["accepted"]


def test_who_only_looks_bars_nothing(bank: SimulatedBank) -> None:
    deposit = _deposit(bank)
    question = InquireOutcome(
        key=deposit.key,
        account=deposit.account,
        product="deposits",
        channel="desk",
        origin="test",
        bars=False,
    )
    assert bank.run(bank.door.ask(question)) == outcome_of(deposit.key, Code.NEVER_ARRIVED)
    assert _kinds(bank.submit(deposit)) == ["accepted"]


def test_a_cancellation_passes_a_switch(bank: SimulatedBank) -> None:
    before = balance_of(bank.url, residents()[0].account)
    deposit = _deposit(bank)
    bank.submit(deposit)
    _switch(bank, "desk", on=False)
    bank.wait(3)
    assert _kinds(bank.submit(_reversal(bank, deposit))) == ["accepted"]
    assert balance_of(bank.url, residents()[0].account) == before


def test_a_product_that_keeps_failing_does_not_touch_another(bank_url: str) -> None:
    with simulated_bank(bank_url, TWO) as bank:
        who = residents()[0]
        bad = [bank.make(Stumble, who.account, mistake="invariant") for _ in range(9)]
        good = [bank.make(ShowBalance, who.account) for _ in range(9)]
        outcomes = bank.submit(*(each for pair in zip(bad, good, strict=True) for each in pair))
        assert {outcome.kind for outcome in outcomes[::2]} == {"failed", "declined"}
        assert {outcome.kind for outcome in outcomes[1::2]} == {"accepted"}


def test_one_closed_compartment_closes_no_other(bank_url: str) -> None:
    with simulated_bank(bank_url, TWO) as bank:
        bank.kill("time-0")
        assert _kinds(bank.submit(_deposit(bank))) == ["accepted"]
        statuses = {name: bank.run(ask_status(link)) for name, link in bank.links.items()}
        assert {name for name, status in statuses.items() if status is not None} == {"all-0"}
        assert bank.run(bank.door.refresh_switches())
