"""Each transaction makes its command, and an accepted outcome comes back in fields."""

from typing import Any

import msgspec
import pytest

from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import Transaction
from tanada.channels.atm.messages import FormatError
from tanada.channels.atm.private_data import read_tags
from tanada.channels.atm.requests import Request
from tanada.channels.atm.transactions import (
    PASSBOOK_LINES_MAX,
    TRANSACTIONS,
    Times,
    reversal_of,
)
from tanada.ledger.accounts import TIME, account_id
from tanada.operations.codes import Code
from tanada.operations.commands import outcome_of
from tanada.products.deposits.commands import (
    BalanceShown,
    CashPosted,
    DepositCash,
    PassbookLine,
    PassbookUpdated,
    ShowBalance,
    UpdatePassbook,
    WithdrawCash,
)
from tanada.products.time_deposits.commands import OpenTimeDeposit, TimeDepositOpened
from tests.channels.atm.scripted import ACCOUNT, CARD

TIMES = Times(1_000, 26_000_000)
PROOF = b"p" * 16
COMMON: dict[str, Any] = {
    "key": "k",
    "channel": "atm",
    "origin": "00000042",
    "made_at": 1_000,
    "deadline": 26_000_000,
    "account": ACCOUNT,
}
COMMANDS = {
    Transaction.WITHDRAWAL: WithdrawCash(
        **COMMON, amount=10_000, terminal=42, card=CARD, pin_proof=PROOF
    ),
    Transaction.DEPOSIT: DepositCash(**COMMON, amount=10_000, terminal=42, card=CARD),
    Transaction.BALANCE: ShowBalance(**COMMON, card=CARD, pin_proof=PROOF),
    Transaction.PASSBOOK_UPDATE: UpdatePassbook(**COMMON, lines=PASSBOOK_LINES_MAX, card=CARD),
    Transaction.TIME_DEPOSIT: OpenTimeDeposit(
        **COMMON, amount=10_000, term_months=12, card=CARD, pin_proof=PROOF, auto_renew=False
    ),
}


def asked(**tags: str) -> Request:
    return Request(42, "k", ACCOUNT, CARD, PROOF, 10_000, tags)


def answered(transaction: Transaction, result: msgspec.Struct) -> dict[int, str]:
    return TRANSACTIONS[transaction].answer(outcome_of("k", Code.OK, result))


@pytest.mark.parametrize("transaction", Transaction)
def test_a_transaction_makes_its_command(transaction: Transaction) -> None:
    row = TRANSACTIONS[transaction]
    command = row.command(asked(TM="12", AR="N"), TIMES)
    assert command == COMMANDS[transaction]
    assert row.name == type(command).__name__


@pytest.mark.parametrize("tags", [{}, {"TM": "x"}, {"TM": "12", "AR": "?"}])
def test_a_time_deposit_needs_its_term(tags: dict[str, str]) -> None:
    with pytest.raises(FormatError):
        TRANSACTIONS[Transaction.TIME_DEPOSIT].command(asked(**tags), TIMES)


def test_only_what_moves_money_is_cancelled_when_its_answer_is_lost() -> None:
    moving = {t for t, row in TRANSACTIONS.items() if row.moves_money}
    assert moving == {Transaction.WITHDRAWAL, Transaction.DEPOSIT, Transaction.TIME_DEPOSIT}


def test_the_same_reversal_always_has_the_same_key() -> None:
    first = reversal_of("k", "deposits", ACCOUNT, 0, "00000042", TIMES)
    later = reversal_of("k", "deposits", ACCOUNT, 0, "00000042", Times(2, 3))
    assert first.key == later.key == "k:reverse"
    assert first.original_key == "k"


def test_balances_are_signed() -> None:
    shown = answered(Transaction.BALANCE, BalanceShown(balance=-5_000, available=95_000))
    assert shown == {f.BALANCES: "1001392D0000000050001002392C000000095000"}
    posted = answered(Transaction.WITHDRAWAL, CashPosted(balance=90_000))
    assert posted == {f.BALANCES: "1001392C000000090000"}


def test_passbook_lines_fit_their_field() -> None:
    line = PassbookLine(sequence=1, booked_on="2026-11-22", amount=-10_000, balance=90_000)
    lines = (line,) * PASSBOOK_LINES_MAX
    updated = PassbookUpdated(lines=lines, remaining=3, balance=90_000)
    answer = answered(Transaction.PASSBOOK_UPDATE, updated)
    assert answer[f.PASSBOOK_LINES][:34] == "20261122D000000010000C000000090000"
    assert len(answer[f.PASSBOOK_LINES]) <= f.FIELDS[f.PASSBOOK_LINES].length
    assert read_tags(answer[f.PRIVATE]) == {"RM": "3"}
    none = PassbookUpdated(lines=(), remaining=0, balance=90_000)
    assert f.PASSBOOK_LINES not in answered(Transaction.PASSBOOK_UPDATE, none)


def test_a_time_deposit_tells_its_account_rate_and_maturity() -> None:
    in_branch_1 = account_id(1, TIME, 1234567, 1)
    opened = TimeDepositOpened(
        account=in_branch_1, balance=80_000, matures_on="2027-11-22", rate=125
    )
    answer = answered(Transaction.TIME_DEPOSIT, opened)
    assert answer[f.NEW_ACCOUNT] == "00131234567001"
    assert read_tags(answer[f.PRIVATE]) == {"MA": "20271122", "RT": "125"}
