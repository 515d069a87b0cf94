"""A demonstration bank: right from the first moment, and the same each time."""

from dataclasses import replace
from hashlib import sha256

import pytest

from tanada.base.database import Connection
from tanada.batch.demonstration import load, population_of
from tanada.checks import ALL_CHECKS
from tanada.customers.pin import pin_proof
from tanada.ledger.accounts import atm_cash
from tanada.ledger.books import check_books
from tanada.ledger.opening import AlreadyOpened
from tests.small_bank import PLAN, PVK

TABLES = (
    *("customers.party", "customers.card", "ledger.account", "ledger.entry", "ledger.bank_entry"),
    *("ledger.reversal_meter", "ledger.business_day", "operations.operation"),
    *("deposits.passbook", "time_deposits.contract", "time_deposits.book"),
)


def _digest(connection: Connection) -> str:
    """One hash over every row of the bank, in a fixed order."""
    whole = sha256()
    for table in TABLES:
        rows = connection.execute(f"select t::text from {table} as t order by 1").fetchall()
        assert rows, f"{table} is empty"
        whole.update(repr((table, rows)).encode())
    return whole.hexdigest()


def test_the_books_of_a_loaded_bank_are_right(connection: Connection) -> None:
    loaded = load(connection, PLAN, pvk=PVK)

    assert check_books(connection, ALL_CHECKS) == []
    total = "select sum(balance)::bigint from ledger.account where product = %s"
    assert connection.execute(total, ("deposits",)).fetchone() == (loaded.ordinary_total,)
    assert connection.execute(total, ("time_deposits",)).fetchone() == (loaded.time_total,)


def test_same_plan_same_rows_and_another_seed_others(connection: Connection) -> None:
    digests = []
    for plan in (PLAN, PLAN, replace(PLAN, seed=2)):
        with connection.transaction(force_rollback=True):
            load(connection, plan, pvk=PVK)
            digests.append(_digest(connection))
    assert digests[0] == digests[1] != digests[2]


def test_a_bank_is_loaded_once(connection: Connection) -> None:
    load(connection, PLAN, pvk=PVK)
    before = _digest(connection)
    with pytest.raises(AlreadyOpened):
        load(connection, replace(PLAN, seed=2), pvk=PVK)
    assert _digest(connection) == before


def test_every_customer_can_use_the_card_with_the_pin_that_the_plan_knows(
    connection: Connection,
) -> None:
    load(connection, PLAN, pvk=PVK)
    cards = connection.execute(
        "select customer_id, card_number, account_id, pin_proof from customers.card order by 1"
    ).fetchall()
    expected = [
        (each.customer, each.card, each.account, pin_proof(PVK, each.card, each.pin))
        for each in population_of(PLAN).residents()
    ]
    assert cards == expected


def test_every_machine_has_its_cash(connection: Connection) -> None:
    load(connection, PLAN, pvk=PVK)
    for terminal in PLAN.terminals:
        cash = connection.execute(
            "select sum(amount)::bigint from ledger.bank_entry where account_id = %s",
            (atm_cash(terminal),),
        ).fetchone()
        assert cash == (-PLAN.machine_cash,)


def test_progress_ends_where_it_said_it_would(connection: Connection) -> None:
    heard: list[tuple[int, int]] = []
    load(connection, PLAN, pvk=PVK, progress=lambda done, of: heard.append((done, of)))
    assert heard[-1] == (PLAN.steps, PLAN.steps)
