"""What can be cancelled at all (money and limits of it: tests of the products)."""

from collections.abc import Iterator

import pytest

from tanada.operations.codes import Code
from tanada.operations.commands import Command, Reverse
from tanada.operations.execution import Executor
from tanada.operations.reversal import Reversed
from tanada.products.deposits.commands import DepositCash, ShowBalance
from tests.bank import Teller, balance_of, executor, residents, run

WHO = residents()[0]


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    made = executor(bank_url)
    yield made
    made.close()


def _reversal(teller: Teller, original: str, **content: object) -> Command:
    content = {"original_key": original, "product": "deposits"} | content
    made: Command = teller.make(Reverse, WHO.account, **content)
    return made


def _codes(opened: Executor, *commands: Command) -> list[Code]:
    return [outcome.code for outcome in run(opened, *commands)]


@pytest.mark.parametrize("original", ["", "me"])
def test_it_cannot_be_of_nothing_or_of_itself(opened: Executor, original: str) -> None:
    assert _codes(opened, _reversal(Teller(), original, key="me")) == [Code.NOT_REVERSIBLE]


def test_an_inquiry_of_money_and_a_cancellation_are_not_cancelled(opened: Executor) -> None:
    teller = Teller()
    shown = teller.make(ShowBalance, WHO.account)
    deposit = teller.make(DepositCash, WHO.account, amount=1, terminal=1)
    cancelled = _reversal(teller, deposit.key)
    run(opened, shown, deposit, cancelled)
    assert _codes(opened, _reversal(teller, shown.key), _reversal(teller, cancelled.key)) == [
        Code.NOT_REVERSIBLE,
        Code.NOT_REVERSIBLE,
    ]


def test_its_result_says_whether_money_moved_back(opened: Executor, bank_url: str) -> None:
    before, teller = balance_of(bank_url, WHO.account), Teller()
    deposit = teller.make(DepositCash, WHO.account, amount=1, terminal=1)
    run(opened, deposit)
    outcomes = run(opened, _reversal(teller, deposit.key), _reversal(teller, "never seen"))
    assert [outcome.read(Reversed).undone for outcome in outcomes] == [True, False]
    assert balance_of(bank_url, WHO.account) == before


def test_one_that_names_another_account_is_declined_and_the_right_one_still_works(
    opened: Executor, bank_url: str
) -> None:
    before, teller = balance_of(bank_url, WHO.account), Teller()
    deposit = teller.make(DepositCash, WHO.account, amount=1, terminal=1)
    run(opened, deposit)
    wrong = teller.make(
        Reverse, residents()[1].account, key="r", original_key=deposit.key, product="deposits"
    )
    assert _codes(opened, wrong) == [Code.UNKNOWN_ACCOUNT]
    assert balance_of(bank_url, WHO.account) == before + 1
    assert _codes(opened, _reversal(teller, deposit.key, key="r")) == [Code.OK]
    assert balance_of(bank_url, WHO.account) == before


def test_the_same_cancellation_again_is_the_same_outcome(opened: Executor) -> None:
    teller = Teller()
    deposit = teller.make(DepositCash, WHO.account, amount=1, terminal=1)
    reverse = _reversal(teller, deposit.key)
    run(opened, deposit)
    assert run(opened, reverse) == run(opened, reverse)
