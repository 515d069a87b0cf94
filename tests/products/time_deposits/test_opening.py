"""Opening a time deposit moves the money in one step, and a cancellation moves all of it back."""

from collections.abc import Iterator

import pytest

from tanada.base.database import connect
from tanada.ledger.accounts import TIME, account_id
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Reverse
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import DepositCash, ShowBalance
from tanada.products.time_deposits.commands import (
    OpenTimeDeposit,
    ShowTimeDeposit,
    SwitchToEAccount,
    TimeDepositOpened,
    TimeDepositShown,
)
from tanada.products.time_deposits.opening import MAX_DEPOSIT
from tests.bank import Teller, balance_of, change, executor, findings, proof_of, residents, run

CLEAN: list[Finding] = []
WHO = residents()[0]


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    made = executor(bank_url)
    yield made
    assert findings(bank_url) == CLEAN
    made.close()


def _opening(teller: Teller, amount: int = 1_000, term: int = 12, **content: object) -> Command:
    made: Command = teller.make(
        OpenTimeDeposit, WHO.account, amount=amount, term_months=term, **content
    )
    return made


def _codes(opened: Executor, *commands: Command) -> list[Code]:
    return [outcome.code for outcome in run(opened, *commands)]


def _reversal(teller: Teller, original: Command) -> Command:
    made: Command = teller.make(
        Reverse, WHO.account, original_key=original.key, product="time_deposits"
    )
    return made


def _last_item(url: str) -> int:
    with connect(url, application="test") as connection:
        row = connection.execute(
            "select last_item from time_deposits.book where ordinary_account = %s", (WHO.account,)
        ).fetchone()
    return 0 if row is None else int(row[0])


def test_the_money_moves_into_the_next_item_of_the_book(opened: Executor, bank_url: str) -> None:
    before, item, teller = balance_of(bank_url, WHO.account), _last_item(bank_url), Teller()
    first, second = run(opened, _opening(teller, 1_000), _opening(teller, 2_000, term=1))
    made = account_id(WHO.branch, TIME, WHO.number, item + 1)
    assert first.read(TimeDepositOpened) == TimeDepositOpened(
        account=made, balance=before - 1_000, matures_on="2027-04-01", rate=2
    )
    assert second.read(TimeDepositOpened).account == made + 1
    assert [balance_of(bank_url, each) for each in (made, made + 1)] == [1_000, 2_000]
    [shown] = run(opened, Teller(channel="direct").make(ShowTimeDeposit, made, key="show"))
    assert shown.read(TimeDepositShown) == TimeDepositShown(
        principal=1_000,
        rate=2,
        opened_on="2026-04-01",
        matures_on="2027-04-01",
        auto_renew=True,
        e_account=False,
    )


def test_it_belongs_to_whom_the_money_belonged(opened: Executor, bank_url: str) -> None:
    [outcome] = run(opened, _opening(Teller()))
    with connect(bank_url, application="test") as connection:
        row = connection.execute(
            "select customer_id from ledger.account where account_id = %s",
            (outcome.read(TimeDepositOpened).account,),
        ).fetchone()
    assert row == (WHO.customer,)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"term": 5}, Code.BAD_TERM),
        ({"term": 0}, Code.BAD_TERM),
        ({"term": -12}, Code.BAD_TERM),
        ({"term": 10**9}, Code.BAD_TERM),
        ({"amount": MAX_DEPOSIT + 1}, Code.AMOUNT_ABOVE_LIMIT),
        ({"amount": MAX_DEPOSIT}, Code.INSUFFICIENT_FUNDS),
        ({"card": WHO.card, "pin_proof": b"wrong"}, Code.WRONG_PIN),
        ({"card": residents()[1].card}, Code.UNKNOWN_CARD),
    ],
)
def test_what_is_refused_leaves_the_money_where_it_is(
    opened: Executor, bank_url: str, content: dict[str, object], code: Code
) -> None:
    before = balance_of(bank_url, WHO.account)
    assert _codes(opened, _opening(Teller(), **content)) == [code]  # type: ignore[arg-type]
    assert balance_of(bank_url, WHO.account) == before


def test_card_and_pin_open_it_at_a_machine(opened: Executor) -> None:
    opening = _opening(Teller(), card=WHO.card, pin_proof=proof_of(WHO))
    assert _codes(opened, opening) == [Code.OK]


def test_all_of_the_balance_can_be_put_away_and_not_a_yen_more(
    opened: Executor, bank_url: str
) -> None:
    teller, balance = Teller(), balance_of(bank_url, WHO.account)
    assert _codes(opened, _opening(teller, balance + 1), _opening(teller, balance)) == [
        Code.INSUFFICIENT_FUNDS,
        Code.OK,
    ]
    assert balance_of(bank_url, WHO.account) == 0


def test_the_rate_is_the_latest_one_posted_for_the_term(opened: Executor, bank_url: str) -> None:
    for term, day, rate in (
        (12, "2026-03-01", 125),
        (12, "2026-04-02", 999),
        (1, "2026-04-01", 25),
    ):
        change(
            bank_url,
            "insert into time_deposits.posted_rate values (%s, %s::date, %s)",
            term,
            day,
            rate,
        )
    teller = Teller()
    outcomes = run(opened, _opening(teller, term=12), _opening(teller, term=1))
    assert [outcome.read(TimeDepositOpened).rate for outcome in outcomes] == [125, 25]


def test_a_book_has_999_items(opened: Executor, bank_url: str) -> None:
    change(
        bank_url,
        "insert into time_deposits.book values (%s, 998)"
        " on conflict (ordinary_account) do update set last_item = 998",
        WHO.account,
    )
    teller = Teller()
    assert _codes(opened, _opening(teller), _opening(teller)) == [Code.OK, Code.AMOUNT_ABOVE_LIMIT]


@pytest.mark.parametrize("one_batch", [True, False])
def test_a_cancelled_opening_leaves_the_money_and_a_cancelled_contract(
    opened: Executor, bank_url: str, one_batch: bool
) -> None:
    before, teller = balance_of(bank_url, WHO.account), Teller()
    opening = _opening(teller)
    made = account_id(WHO.branch, TIME, WHO.number, _last_item(bank_url) + 1)
    commands = [opening, _reversal(teller, opening)]
    for batch in [commands] if one_batch else [[each] for each in commands]:
        assert set(_codes(opened, *batch)) == {Code.OK}
    assert balance_of(bank_url, WHO.account) == before
    assert balance_of(bank_url, made) == 0
    after = [teller.make(kind, made) for kind in (ShowTimeDeposit, SwitchToEAccount)]
    assert _codes(opened, *after, _reversal(teller, opening)) == [
        Code.UNKNOWN_ACCOUNT,
        Code.UNKNOWN_ACCOUNT,
        Code.ALREADY_REVERSED,
    ]
    # The number of a cancelled item is not given again.
    [again] = run(opened, _opening(teller))
    assert again.read(TimeDepositOpened).account == made + 1


def test_a_cancellation_must_name_the_product_that_it_cancels(
    opened: Executor, bank_url: str
) -> None:
    teller = Teller()
    opening = _opening(teller)
    deposit = teller.make(DepositCash, WHO.account, amount=1, terminal=1)
    wrong = [
        teller.make(Reverse, WHO.account, original_key=opening.key, product="deposits"),
        teller.make(Reverse, WHO.account, original_key=deposit.key, product="time_deposits"),
    ]
    assert _codes(opened, opening, deposit) == [Code.OK, Code.OK]
    assert _codes(opened, *wrong) == [Code.WRONG_PRODUCT] * 2


def test_an_account_of_time_deposits_is_no_ordinary_one(opened: Executor, bank_url: str) -> None:
    teller = Teller()
    [outcome] = run(opened, _opening(teller))
    made = outcome.read(TimeDepositOpened).account
    assert _codes(
        opened,
        teller.make(ShowBalance, made),
        teller.make(OpenTimeDeposit, made, amount=1, term_months=1),
        teller.make(OpenTimeDeposit, 1, amount=1, term_months=1),
    ) == [Code.WRONG_PRODUCT, Code.WRONG_PRODUCT, Code.UNKNOWN_ACCOUNT]
