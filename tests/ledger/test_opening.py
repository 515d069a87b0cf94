"""Opening a ledger: balances come in as entries, balanced, once."""

from datetime import date, datetime

import pytest

from tanada.base.clock import JST
from tanada.base.database import Connection
from tanada.ledger.accounts import CASH_AT_COUNTERS, OPENING_BALANCES, account_id, atm_cash
from tanada.ledger.books import LEDGER_CHECKS, check_books
from tanada.ledger.opening import (
    ACCOUNTS_PER_OPERATION,
    AlreadyOpened,
    BankMovement,
    BroughtIn,
    Opening,
    bring_in,
    move_own_money,
    open_business_day,
    refuse_if_opened,
)

OPENING = Opening(date(2021, 2, 27), datetime(2021, 2, 27, 21, tzinfo=JST))


def _accounts(count: int) -> BroughtIn:
    return BroughtIn(
        product="deposits",
        accounts=[account_id(1, 1, number) for number in range(count)],
        balances=[number + 1 for number in range(count)],
        opened_on=["2001-04-01"] * count,
        customers=list(range(1, count + 1)),
    )


@pytest.mark.parametrize(
    "count", [0, 1, ACCOUNTS_PER_OPERATION, ACCOUNTS_PER_OPERATION + 1], ids=str
)
def test_what_was_brought_in_balances(connection: Connection, count: int) -> None:
    bring_in(connection, _accounts(count), OPENING)

    assert check_books(connection, LEDGER_CHECKS) == []
    contra = "select coalesce(-sum(amount), 0) from ledger.bank_entry where account_id = %s"
    assert connection.execute(contra, (OPENING_BALANCES,)).fetchone() == (count * (count + 1) // 2,)


def test_cash_of_machines_comes_from_the_counters(connection: Connection) -> None:
    machine = atm_cash(7)
    move_own_money(
        connection, [BankMovement("cash:7", {CASH_AT_COUNTERS: 500, machine: -500})], OPENING
    )
    assert check_books(connection, LEDGER_CHECKS) == []


def test_a_ledger_is_opened_once(connection: Connection) -> None:
    refuse_if_opened(connection)
    bring_in(connection, _accounts(1), OPENING)
    with pytest.raises(AlreadyOpened):
        refuse_if_opened(connection)


def test_the_reversal_logs_have_their_declared_capacity(connection: Connection) -> None:
    open_business_day(connection, date(2021, 2, 28), {"deposits": 10, "time_deposits": 20})
    meters = connection.execute(
        "select product, business_date, capacity, taken from ledger.reversal_meter order by 1"
    ).fetchall()
    day = date(2021, 2, 28)
    assert meters == [("deposits", day, 10, 0), ("time_deposits", day, 20, 0)]
    assert connection.execute("select business_date from ledger.business_day").fetchone() == (day,)
