"""``tanada books check``: exit status and one line a finding."""

import pytest

from tanada.base.database import Connection
from tanada.batch.demonstration import load
from tanada.cli import main
from tests.small_bank import PLAN, PVK


def test_clean_books_are_status_0_and_wrong_ones_1(
    connection: Connection, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    load(connection, PLAN, pvk=PVK)
    check = ["books", "check", "--database-url", database_url]
    assert main(check) == 0
    assert "The books are right" in capsys.readouterr().out

    connection.execute("delete from ledger.bank_entry")
    assert main(check) == 1
    assert "operations_balance: " in capsys.readouterr().out
