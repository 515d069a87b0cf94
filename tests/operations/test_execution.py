"""The one transaction in which money moves: what a batch promises."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tanada.base.database import connect
from tanada.executions import EXECUTIONS
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import InquireOutcome, Reverse
from tanada.operations.execution import MAX_TRIES, Executor
from tanada.products.deposits.commands import CashPosted, DepositCash, ShowBalance, WithdrawCash
from tests.bank import (
    BUSINESS_DATE,
    NOW,
    Teller,
    balance_of,
    executor,
    facts,
    findings,
    limit_log,
    policy,
    proof_of,
    residents,
    run,
    turn_to,
)

CLEAN: list[Finding] = []


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    made = executor(bank_url)
    yield made
    made.close()


def test_a_withdrawal_moves_money_from_the_account_to_the_machine(
    opened: Executor, bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    [outcome] = run(
        opened,
        teller.make(
            WithdrawCash,
            who.account,
            amount=3_000,
            terminal=1,
            card=who.card,
            pin_proof=proof_of(who),
        ),
    )
    assert outcome.code is Code.OK
    assert outcome.read(CashPosted).balance == before - 3_000
    assert findings(bank_url) == CLEAN


def test_the_same_key_with_the_same_content_has_one_effect(opened: Executor, bank_url: str) -> None:
    who, teller = residents()[1], Teller()
    deposit = teller.make(DepositCash, who.account, amount=1_000, terminal=1)
    first, twin = run(opened, deposit, deposit)
    [later] = run(opened, deposit)
    assert first == twin == later
    assert findings(bank_url) == CLEAN


def test_the_same_key_with_other_content_is_an_error_of_its_own(opened: Executor) -> None:
    who, teller = residents()[1], Teller()
    run(opened, teller.make(DepositCash, who.account, key="k", amount=1_000, terminal=1))
    [outcome] = run(opened, teller.make(DepositCash, who.account, key="k", amount=2, terminal=1))
    assert outcome.code is Code.SAME_KEY_OTHER_CONTENT


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"key": ""}, Code.NO_KEY),
        ({"key": "x" * 81}, Code.KEY_TOO_LONG),
        ({"amount": -5}, Code.AMOUNT_NOT_POSITIVE),
        ({"amount": 10**12}, Code.AMOUNT_ABOVE_LIMIT),
        ({"amount": 2_000_001}, Code.AMOUNT_ABOVE_LIMIT),
        ({"account": 99910000001000}, Code.UNKNOWN_ACCOUNT),
    ],
)
def test_bad_input_is_declined_with_its_own_code(
    opened: Executor, content: dict[str, Any], code: Code
) -> None:
    wanted: dict[str, Any] = {
        "account": residents()[0].account,
        "amount": 1_000,
        "terminal": 1,
    } | content
    [outcome] = run(opened, Teller().make(DepositCash, **wanted))
    assert (outcome.kind, outcome.code) == ("declined", code)


def test_a_cancelled_withdrawal_leaves_nothing_behind(opened: Executor, bank_url: str) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    withdrawal = teller.make(
        WithdrawCash,
        who.account,
        key="w",
        amount=5_000,
        terminal=1,
        card=who.card,
        pin_proof=proof_of(who),
    )
    reverse = teller.make(Reverse, who.account, original_key="w", product="deposits", card=who.card)
    again = teller.make(Reverse, who.account, original_key="w", product="deposits", card=who.card)
    assert [o.code for o in run(opened, withdrawal)] == [Code.OK]
    assert [o.code for o in run(opened, reverse)] == [Code.OK]
    assert [o.code for o in run(opened, again)] == [Code.ALREADY_REVERSED]
    assert balance_of(bank_url, who.account) == before
    assert findings(bank_url) == CLEAN


def test_an_inquiry_bars_a_command_that_has_not_arrived(opened: Executor, bank_url: str) -> None:
    who, teller = residents()[2], Teller()
    inquiry = InquireOutcome(
        key="late", account=who.account, product="deposits", channel="desk", origin="test"
    )
    deposit = teller.make(DepositCash, who.account, key="late", amount=1_000, terminal=1)
    before = balance_of(bank_url, who.account)
    assert [o.code for o in run(opened, inquiry, deposit)] == [Code.NEVER_ARRIVED] * 2
    assert [o.code for o in run(opened, deposit)] == [Code.NEVER_ARRIVED]
    assert balance_of(bank_url, who.account) == before


def test_a_change_of_the_business_date_is_met_between_two_batches(
    opened: Executor, bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    run(opened, teller.make(DepositCash, who.account, amount=1_000, terminal=1))
    with connect(bank_url, application="test") as connection:
        connection.execute("update ledger.business_day set business_date = business_date + 1")
    [outcome] = run(opened, teller.make(DepositCash, who.account, amount=1_000, terminal=1))
    assert outcome.code is Code.OK
    with connect(bank_url, application="test") as connection:
        rows = connection.execute(
            "select count(distinct business_date) from ledger.entry where account_id = %s",
            (who.account,),
        ).fetchone()
    assert rows == (3,)
    assert findings(bank_url) == CLEAN


def test_a_log_that_was_full_yesterday_is_no_news_of_today(opened: Executor, bank_url: str) -> None:
    who, teller = residents()[1], Teller()
    limit_log(bank_url, "deposits", 1)
    run(opened, teller.make(DepositCash, who.account, amount=1_000, terminal=1))
    assert facts(bank_url) == [("reversal_log/deposits", "reversal_log_full")]
    turn_to(bank_url, BUSINESS_DATE + timedelta(days=1))
    run(opened, teller.make(ShowBalance, who.account, card=who.card, pin_proof=proof_of(who)))
    assert len(facts(bank_url)) == 1


# -- when the database goes away ------------------------------------------------------------------


def _cut_line(opened: Executor, url: str) -> None:
    """End the executor's session from outside, as a database does that restarts."""
    assert opened._connection is not None
    pid = opened._connection.info.backend_pid
    with connect(url, application="test") as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", (pid,))


@pytest.mark.parametrize("cuts", [1, MAX_TRIES - 1])
def test_a_batch_whose_line_was_cut_is_executed_again_and_once(
    opened: Executor, bank_url: str, cuts: int
) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    left = [True] * cuts

    def cut(*_: object) -> None:
        if left and left.pop():
            _cut_line(opened, bank_url)

    batch = [teller.make(DepositCash, who.account, amount=10, terminal=1) for _ in range(3)]
    assert [o.code for o in opened.execute(batch, NOW, 0.0, cut)] == [Code.OK] * 3
    assert left == []
    assert balance_of(bank_url, who.account) == before + 30
    assert findings(bank_url) == CLEAN


def test_a_batch_that_is_cut_every_time_is_unknown_until_somebody_asks(
    opened: Executor, bank_url: str
) -> None:
    who = residents()[0]
    before = balance_of(bank_url, who.account)
    deposit = Teller().make(DepositCash, who.account, key="d", amount=10, terminal=1)
    [outcome] = opened.execute([deposit], NOW, 0.0, lambda *_: _cut_line(opened, bank_url))
    assert (outcome.kind, outcome.code) == ("unknown", Code.NO_ANSWER)
    inquiry = InquireOutcome(
        key="d", account=who.account, product="deposits", channel="desk", origin="test"
    )
    assert [o.code for o in run(opened, inquiry, deposit)] == [Code.NEVER_ARRIVED] * 2
    assert balance_of(bank_url, who.account) == before


def test_a_line_that_was_cut_between_two_batches_is_not_noticed(
    opened: Executor, bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    for _ in range(3):
        _cut_line(opened, bank_url)
        deposit = teller.make(DepositCash, who.account, amount=10, terminal=1)
        assert [o.code for o in run(opened, deposit)] == [Code.OK]
    _cut_line(opened, bank_url)
    assert opened.probe() is False
    assert opened.probe() is True
    assert opened.switches() == []
    assert findings(bank_url) == CLEAN


def test_a_locked_account_delays_its_batch_and_is_answered_as_unknown(
    bank_url: str, opened: Executor
) -> None:
    who, other = residents()[:2]
    teller = Teller()
    hurried = Executor(
        "all-1",
        lambda: connect(
            bank_url, application="test", role="tanada_compartment", lock_timeout_ms=50
        ),
        EXECUTIONS,
        policy(),
    )
    hurried.start()
    batch = [
        teller.make(DepositCash, account, amount=10, terminal=1)
        for account in (other.account, who.account, other.account)
    ]
    with connect(bank_url, application="test") as holder, holder.transaction():
        holder.execute(
            "select 1 from ledger.account where account_id = %s for update", (who.account,)
        )
        codes = [outcome.code for outcome in run(hurried, *batch)]
    assert codes == [Code.OK, Code.NO_ANSWER, Code.OK]
    assert [o.code for o in run(hurried, *batch)] == [Code.OK] * 3
    hurried.close()
    assert findings(bank_url) == CLEAN
