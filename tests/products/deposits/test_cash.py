"""Cash at a machine: what is refused and in which order, and what a cancellation gives back."""

from collections.abc import Iterator

import pytest

from tanada.base.database import connect
from tanada.ledger.accounts import atm_cash
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Reverse
from tanada.operations.execution import Executor
from tanada.operations.reversal import Reversed
from tanada.products.deposits.cash import MAX_CASH
from tanada.products.deposits.commands import CashPosted, DepositCash, StopCard, WithdrawCash
from tests.bank import (
    Teller,
    balance_of,
    change,
    executor,
    findings,
    proof_of,
    residents,
    run,
)

CLEAN: list[Finding] = []
WHO, OTHER = residents()[:2]


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    change(bank_url, "update customers.card set daily_limit = 500000")
    made = executor(bank_url)
    yield made
    assert findings(bank_url) == CLEAN
    made.close()


def _withdrawal(teller: Teller, amount: int, **content: object) -> Command:
    content = {"card": WHO.card, "pin_proof": proof_of(WHO)} | content
    made: Command = teller.make(WithdrawCash, WHO.account, amount=amount, terminal=1, **content)
    return made


def _deposit(teller: Teller, amount: int, **content: object) -> Command:
    made: Command = teller.make(DepositCash, WHO.account, amount=amount, terminal=1, **content)
    return made


def _reversal(teller: Teller, original: Command, card: int = WHO.card) -> Command:
    made: Command = teller.make(
        Reverse, original.account, original_key=original.key, product="deposits", card=card
    )
    return made


def _codes(opened: Executor, *commands: Command) -> list[Code]:
    return [outcome.code for outcome in run(opened, *commands)]


def _machine(url: str, terminal: int = 1) -> int:
    with connect(url, application="test") as connection:
        row = connection.execute(
            "select -sum(amount) from ledger.bank_entry where account_id = %s",
            (atm_cash(terminal),),
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_cash_goes_from_the_customer_into_the_machine_and_back(
    opened: Executor, bank_url: str
) -> None:
    teller = Teller()
    customer, machine = balance_of(bank_url, WHO.account), _machine(bank_url)
    paid, drawn = run(opened, _deposit(teller, 7_000), _withdrawal(teller, 3_000))
    assert paid.read(CashPosted).balance == customer + 7_000
    assert drawn.read(CashPosted).balance == customer + 4_000
    assert balance_of(bank_url, WHO.account) == customer + 4_000
    assert _machine(bank_url) == machine + 4_000


def test_a_machine_moves_two_million_and_not_a_yen_more(opened: Executor, bank_url: str) -> None:
    change(bank_url, "update customers.card set daily_limit = 9999999")
    teller = Teller()
    assert _codes(opened, _deposit(teller, MAX_CASH), _deposit(teller, MAX_CASH + 1)) == [
        Code.OK,
        Code.AMOUNT_ABOVE_LIMIT,
    ]
    assert _codes(opened, _withdrawal(teller, MAX_CASH + 1), _withdrawal(teller, MAX_CASH)) == [
        Code.AMOUNT_ABOVE_LIMIT,
        Code.OK,
    ]


def test_all_of_the_balance_can_be_drawn_and_no_more(opened: Executor, bank_url: str) -> None:
    change(bank_url, "update customers.card set daily_limit = 99999999")
    teller = Teller()
    balance = balance_of(bank_url, WHO.account)
    assert 0 < balance < MAX_CASH
    assert _codes(
        opened,
        _withdrawal(teller, balance + 1),
        _withdrawal(teller, balance),
        _withdrawal(teller, 1),
    ) == [Code.INSUFFICIENT_FUNDS, Code.OK, Code.INSUFFICIENT_FUNDS]
    assert balance_of(bank_url, WHO.account) == 0


def test_a_floor_below_zero_can_be_drawn_upon(opened: Executor, bank_url: str) -> None:
    change(bank_url, "update customers.card set daily_limit = 99999999")
    change(bank_url, "update ledger.account set floor = -1000 where account_id = %s", WHO.account)
    balance, teller = balance_of(bank_url, WHO.account), Teller()
    assert _codes(opened, _withdrawal(teller, balance + 1_001)) == [Code.INSUFFICIENT_FUNDS]
    assert _codes(opened, _withdrawal(teller, balance + 1_000)) == [Code.OK]
    assert balance_of(bank_url, WHO.account) == -1_000


def test_refusals_come_in_the_order_in_which_they_must_be_known(
    opened: Executor, bank_url: str
) -> None:
    teller = Teller()
    everything = {"amount": MAX_CASH + 1, "card": 1, "pin_proof": b""}
    wrong = [
        teller.make(WithdrawCash, 1, terminal=1, **everything),
        _withdrawal(teller, MAX_CASH + 1, card=1, pin_proof=b""),
        _withdrawal(teller, 500_001, card=1, pin_proof=b""),
        _withdrawal(teller, 500_001, pin_proof=b""),
        _withdrawal(teller, 500_001),
    ]
    assert _codes(opened, *wrong) == [
        Code.UNKNOWN_ACCOUNT,
        Code.AMOUNT_ABOVE_LIMIT,
        Code.UNKNOWN_CARD,
        Code.WRONG_PIN,
        Code.DAILY_LIMIT,
    ]


def test_only_open_ordinary_accounts_take_cash(opened: Executor, bank_url: str) -> None:
    with connect(bank_url, application="test") as connection:
        row = connection.execute("select min(account_id) from time_deposits.contract").fetchone()
    assert row is not None
    teller = Teller()
    time = teller.make(DepositCash, row[0], amount=1, terminal=1)
    assert _codes(opened, time) == [Code.WRONG_PRODUCT]
    balance = balance_of(bank_url, WHO.account)
    assert _codes(opened, _withdrawal(teller, balance)) == [Code.OK]
    change(bank_url, "update ledger.account set open = false where account_id = %s", WHO.account)
    assert _codes(opened, _deposit(teller, 1), _withdrawal(teller, 1)) == [Code.CLOSED_ACCOUNT] * 2


def test_a_deposit_with_a_stopped_card_is_refused_and_without_a_card_is_not(
    opened: Executor,
) -> None:
    teller = Teller()
    stop = teller.make(StopCard, WHO.account, card=WHO.card)
    assert _codes(opened, stop, _deposit(teller, 1, card=WHO.card), _deposit(teller, 1)) == [
        Code.OK,
        Code.CARD_STOPPED,
        Code.OK,
    ]


# -- cancelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize("one_batch", [True, False])
def test_a_cancelled_withdrawal_gives_the_limit_of_the_day_back(
    opened: Executor, bank_url: str, one_batch: bool
) -> None:
    change(bank_url, "update customers.card set daily_limit = 1000")
    before, teller = balance_of(bank_url, WHO.account), Teller()
    first = _withdrawal(teller, 1_000)
    commands = [first, _reversal(teller, first), _withdrawal(teller, 1_000), _withdrawal(teller, 1)]
    if one_batch:
        codes = _codes(opened, *commands)
    else:
        codes = [_codes(opened, each)[0] for each in commands]
    assert codes == [Code.OK, Code.OK, Code.OK, Code.DAILY_LIMIT]
    assert balance_of(bank_url, WHO.account) == before - 1_000


def test_the_limit_goes_back_to_no_other_card(opened: Executor, bank_url: str) -> None:
    change(bank_url, "update customers.card set daily_limit = 1000")
    teller = Teller()
    mine = _withdrawal(teller, 1_000)
    theirs = teller.make(
        WithdrawCash,
        OTHER.account,
        amount=1_000,
        terminal=1,
        card=OTHER.card,
        pin_proof=proof_of(OTHER),
    )
    assert _codes(opened, mine, theirs) == [Code.OK, Code.OK]
    assert _codes(opened, _reversal(teller, mine, card=OTHER.card)) == [Code.OK]
    again = teller.make(
        WithdrawCash,
        OTHER.account,
        amount=1,
        terminal=1,
        card=OTHER.card,
        pin_proof=proof_of(OTHER),
    )
    assert _codes(opened, again) == [Code.DAILY_LIMIT]


def test_it_is_cancelled_once_only(opened: Executor, bank_url: str) -> None:
    before, teller = balance_of(bank_url, WHO.account), Teller()
    deposit = _deposit(teller, 500)
    first, second, third = (_reversal(teller, deposit) for _ in range(3))
    assert _codes(opened, deposit, first, second) == [Code.OK, Code.OK, Code.ALREADY_REVERSED]
    assert _codes(opened, third, first) == [Code.ALREADY_REVERSED, Code.OK]
    assert balance_of(bank_url, WHO.account) == before


def test_twice_in_one_batch_is_once_also_when_the_money_is_gone(
    opened: Executor, bank_url: str
) -> None:
    change(bank_url, "update customers.card set daily_limit = 99999999")
    teller = Teller()
    deposit = _deposit(teller, 500)
    run(opened, deposit, _withdrawal(teller, balance_of(bank_url, WHO.account)))
    assert balance_of(bank_url, WHO.account) == 500
    reversals = [_reversal(teller, deposit) for _ in range(2)]
    assert _codes(opened, *reversals) == [Code.OK, Code.ALREADY_REVERSED]


def test_money_that_is_no_longer_there_cannot_be_taken_back(
    opened: Executor, bank_url: str
) -> None:
    change(bank_url, "update customers.card set daily_limit = 99999999")
    teller = Teller()
    deposit = _deposit(teller, 500)
    run(opened, deposit, _withdrawal(teller, balance_of(bank_url, WHO.account) + 1))
    reverse = _reversal(teller, deposit)
    assert _codes(opened, reverse) == [Code.INSUFFICIENT_FUNDS]
    assert balance_of(bank_url, WHO.account) == 499


def test_an_operation_of_another_day_is_not_cancelled(opened: Executor, bank_url: str) -> None:
    teller = Teller()
    deposit = _deposit(teller, 500)
    run(opened, deposit)
    change(bank_url, "update ledger.business_day set business_date = business_date + 1")
    assert _codes(opened, _reversal(teller, deposit)) == [Code.NOT_REVERSIBLE]


def test_a_cancellation_before_its_original_bars_it(opened: Executor, bank_url: str) -> None:
    before, teller = balance_of(bank_url, WHO.account), Teller()
    deposit = _deposit(teller, 500)
    [outcome] = run(opened, _reversal(teller, deposit))
    assert outcome.read(Reversed).undone is False
    assert _codes(opened, deposit) == [Code.NEVER_ARRIVED]
    assert balance_of(bank_url, WHO.account) == before


def test_what_was_refused_is_cancelled_by_leaving_it_so(opened: Executor) -> None:
    teller = Teller()
    refused = _deposit(teller, MAX_CASH + 1)
    [declined, cancelled] = run(opened, refused, _reversal(teller, refused))
    assert declined.code is Code.AMOUNT_ABOVE_LIMIT
    assert cancelled.read(Reversed).undone is False
