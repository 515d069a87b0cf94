"""``books check`` finds every kind of damage: for each check, one way to make it cry."""

import pytest

from tanada.base.database import Connection, connect
from tanada.checks import ALL_CHECKS
from tanada.ledger.books import MAX_FINDINGS, Check, check_books
from tanada.operations.commands import Reverse
from tanada.products.deposits.commands import DepositCash
from tanada.products.time_deposits.commands import OpenTimeDeposit
from tests.bank import Teller, executor, findings, residents, run

NOBODY = "00000000-0000-8000-8000-000000000001"

DAMAGE: dict[str, tuple[str, ...]] = {
    "operations_balance": (
        (
            "insert into ledger.bank_entry select operation_id, 9000, 5, business_date, booked_at"
            " from ledger.entry where sequence = 2"
        ),
        (
            "update ledger.bank_entry set business_date = business_date + 1"
            " where account_id between 10000000 and 19999999 and amount = -700"
        ),
    ),
    "balances_equal_entries": (
        "update ledger.account set balance = balance + 1 where product = 'deposits'",
        "delete from ledger.entry where sequence = 2",
        "update ledger.account set last_sequence = last_sequence + 1",
        "delete from ledger.account where product = 'deposits'",
    ),
    "entries_carry_their_balance": (
        "update ledger.entry set balance_after = balance_after + 1 where sequence = 2",
        "update ledger.entry set amount = amount + 1 where sequence = 2",
    ),
    "balances_above_floors": (
        (
            "alter table ledger.account drop constraint balance_not_below_floor;"
            "update ledger.account set floor = 0, balance = -1 where product = 'deposits'"
        ),
    ),
    "atm_cash_not_negative": (
        (
            "insert into ledger.bank_entry values"
            f" ('{NOBODY}', 10000001, 100000000, '2026-04-01', now())"
        ),
    ),
    "reversals_undo_their_original": (
        "update ledger.reversal_log set reversed_by = operation_id where reversed_by is null",
        f"update ledger.reversal_log set reversed_by = '{NOBODY}' where reversed_by is null",
    ),
    "log_within_capacity": ("update ledger.reversal_meter set taken = 0",),
    "entries_belong_to_accepted_operations": (
        "update operations.operation set kind = 'declined' where command = 'DepositCash'",
        "delete from operations.operation where command = 'DepositCash'",
    ),
    "one_effect_an_operation": (
        (
            "insert into ledger.entry select account_id, 99, operation_id, amount, balance_after,"
            " value_date, business_date, booked_at from ledger.entry where sequence = 2"
        ),
    ),
    "keys_name_their_operations": (
        (
            f"insert into operations.operation select '{NOBODY}', key, fingerprint, command,"
            " product, channel, origin, account_id, amount, 'declined', code, result, compartment,"
            " made_at, decided_at, business_date from operations.operation"
            " where command = 'DepositCash' limit 1"
        ),
    ),
    "deposits_have_passbooks": (
        "delete from deposits.passbook",
        "update deposits.passbook set printed_sequence = 99",
    ),
    "contracts_agree_with_ledger": (
        "delete from time_deposits.contract where renewals = 0",
        "update time_deposits.contract set account_id = account_id + 900",
        "update time_deposits.contract set cancelled = not cancelled",
    ),
    "items_within_books": (
        "delete from time_deposits.book",
        "update time_deposits.book set last_item = 0",
    ),
}


@pytest.fixture
def used_bank_url(bank_url: str) -> str:
    """A bank in which something has happened: deposits, a cancellation, a time deposit."""
    who, teller = residents()[0], Teller()
    opened = executor(bank_url)
    run(
        opened,
        teller.make(DepositCash, who.account, key="kept", amount=700, terminal=1),
        teller.make(DepositCash, who.account, key="cancelled", amount=900, terminal=1),
        teller.make(OpenTimeDeposit, who.account, amount=1_000, term_months=1),
    )
    run(
        opened,
        teller.make(Reverse, who.account, original_key="cancelled", product="deposits"),
    )
    opened.close()
    return bank_url


def test_every_check_is_proved_here() -> None:
    assert {check.name for check in ALL_CHECKS} == set(DAMAGE)


def test_an_undamaged_bank_is_clean(used_bank_url: str) -> None:
    assert findings(used_bank_url) == []


@pytest.mark.parametrize(
    ("check", "damage"),
    [(check, damage) for check, ways in DAMAGE.items() for damage in ways],
)
def test_damage_is_found(used_bank_url: str, check: str, damage: str) -> None:
    with connect(used_bank_url, application="vandal") as connection:
        for statement in damage.split(";"):
            connection.execute(statement)
    assert check in {finding.check for finding in findings(used_bank_url)}


def test_a_finding_names_what_is_wrong(used_bank_url: str) -> None:
    account = residents()[3].account
    with connect(used_bank_url, application="vandal") as connection:
        connection.execute(
            "update ledger.account set balance = balance + 1 where account_id = %s", (account,)
        )
    [finding] = findings(used_bank_url)
    assert (finding.check, finding.subject) == ("balances_equal_entries", str(account))
    assert "entries give" in finding.detail


def test_no_check_shows_more_than_it_may(connection: Connection) -> None:
    endless = Check("endless", "select n, 'x' from generate_series(1, 1000) as n")
    assert len(check_books(connection, [endless])) == MAX_FINDINGS


def test_a_check_cannot_change_anything(connection: Connection) -> None:
    meddling = Check("meddling", "insert into ledger.business_day values (true, now()) returning 1")
    with pytest.raises(Exception, match="read-only"):
        check_books(connection, [meddling])
