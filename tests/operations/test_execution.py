"""The one transaction in which money moves: what a batch promises."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tanada.base.database import connect
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import InquireOutcome, Reverse
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import CashPosted, DepositCash, ShowBalance, WithdrawCash
from tests.bank import (
    BUSINESS_DATE,
    Teller,
    executor,
    facts,
    findings,
    limit_log,
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
    before = _balance(opened, who.account)
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
    before = _balance(opened, who.account)
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
    assert _balance(opened, who.account) == before
    assert findings(bank_url) == CLEAN


def test_an_inquiry_bars_a_command_that_has_not_arrived(opened: Executor, bank_url: str) -> None:
    who, teller = residents()[2], Teller()
    inquiry = InquireOutcome(
        key="late", account=who.account, product="deposits", channel="desk", origin="test"
    )
    deposit = teller.make(DepositCash, who.account, key="late", amount=1_000, terminal=1)
    before = _balance(opened, who.account)
    assert [o.code for o in run(opened, inquiry, deposit)] == [Code.NEVER_ARRIVED] * 2
    assert [o.code for o in run(opened, deposit)] == [Code.NEVER_ARRIVED]
    assert _balance(opened, who.account) == before


def _balance(opened: Executor, account: int) -> int:
    [outcome] = run(opened, Teller().make(ShowBalance, account, key=f"balance-{id(object())}"))
    shown = outcome.read(CashPosted)
    return shown.balance


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
