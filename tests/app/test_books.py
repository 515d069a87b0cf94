"""The check of all books finds what is wrong in any product."""

from tanada.app.books import check_all_books
from tanada.base.database import Connection
from tanada.batch.demonstration import load
from tests.small_bank import PLAN, PVK


def test_a_balance_that_was_tampered_with_is_found(
    connection: Connection, database_url: str
) -> None:
    load(connection, PLAN, pvk=PVK)
    assert check_all_books(database_url) == []
    connection.execute(
        "update ledger.account set balance = balance + 1"
        " where account_id = (select min(account_id) from ledger.account)"
    )
    assert {finding.check for finding in check_all_books(database_url)} >= {
        "balances_equal_entries"
    }
