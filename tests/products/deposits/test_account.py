"""An ordinary account: opened once under a number that it may have, shown, its card stopped."""

from collections.abc import Iterator

import pytest

from tanada.ledger.accounts import SUSPENSE, account_id, atm_cash
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Reverse
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import (
    BalanceShown,
    DepositCash,
    DepositOpened,
    OpenDeposit,
    ShowBalance,
    UpdatePassbook,
)
from tests.bank import Teller, balance_of, change, executor, findings, proof_of, residents, run

CLEAN: list[Finding] = []
WHO = residents()[0]
NEW = account_id(999, 1, 1_234_567)


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    made = executor(bank_url)
    yield made
    assert findings(bank_url) == CLEAN
    made.close()


def _codes(opened: Executor, *commands: Command) -> list[Code]:
    return [outcome.code for outcome in run(opened, *commands)]


def test_a_new_account_is_empty_and_of_use_in_the_same_batch(
    opened: Executor, bank_url: str
) -> None:
    teller = Teller()
    created, paid, shown = run(
        opened,
        teller.make(OpenDeposit, NEW, customer=1),
        teller.make(DepositCash, NEW, amount=500, terminal=1),
        teller.make(ShowBalance, NEW),
    )
    assert created.read(DepositOpened).account == NEW
    assert paid.code is Code.OK
    assert shown.read(BalanceShown) == BalanceShown(balance=500, available=500)
    assert balance_of(bank_url, NEW) == 500


def test_a_number_is_given_once(opened: Executor) -> None:
    teller = Teller()
    twice = [teller.make(OpenDeposit, NEW, customer=1) for _ in range(2)]
    assert _codes(opened, *twice) == [Code.OK, Code.ACCOUNT_EXISTS]
    again = teller.make(OpenDeposit, NEW, customer=1)
    taken = teller.make(OpenDeposit, WHO.account, customer=1)
    assert _codes(opened, again, taken) == [Code.ACCOUNT_EXISTS] * 2


@pytest.mark.parametrize(
    "account",
    [
        account_id(999, 3, 1),
        account_id(999, 1, 1, 1),
        NEW + 10**14,
        SUSPENSE,
        atm_cash(1),
        0,
        -NEW,
    ],
)
def test_a_number_of_another_kind_is_no_ordinary_account(opened: Executor, account: int) -> None:
    assert _codes(opened, Teller().make(OpenDeposit, account, customer=1)) == [Code.WRONG_PRODUCT]


def test_an_opening_is_not_cancelled(opened: Executor) -> None:
    teller = Teller()
    opening = teller.make(OpenDeposit, NEW, customer=1)
    reverse = teller.make(Reverse, NEW, original_key=opening.key, product="deposits")
    assert _codes(opened, opening, reverse) == [Code.OK, Code.NOT_REVERSIBLE]


def test_what_is_available_reaches_to_the_floor(opened: Executor, bank_url: str) -> None:
    change(bank_url, "update ledger.account set floor = -300 where account_id = %s", WHO.account)
    teller, balance = Teller(), balance_of(bank_url, WHO.account)
    with_card = teller.make(ShowBalance, WHO.account, card=WHO.card, pin_proof=proof_of(WHO))
    for outcome in run(opened, with_card, teller.make(ShowBalance, WHO.account)):
        assert outcome.read(BalanceShown) == BalanceShown(balance=balance, available=balance + 300)


def test_an_e_account_has_no_passbook(opened: Executor) -> None:
    teller = Teller()
    made = teller.make(OpenDeposit, NEW, customer=1, passbook=False)
    assert _codes(opened, made, teller.make(UpdatePassbook, NEW)) == [
        Code.OK,
        Code.WRONG_PRODUCT,
    ]
    assert _codes(opened, teller.make(UpdatePassbook, NEW)) == [Code.WRONG_PRODUCT]
