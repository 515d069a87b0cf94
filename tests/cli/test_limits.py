"""`tanada limits`: the register as a person reads it."""

import pytest

from tanada.base.database import Connection
from tanada.cli import main
from tests.batch.banks import load_bank


def test_the_register_says_how_full_each_limit_is_and_what_happens_then(
    database_url: str, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    load_bank(connection)
    assert main(["limits", "--database-url", database_url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("reversal log of time_deposits") for line in lines)
    assert any(line.startswith("mailbox of a compartment") and "unread" in line for line in lines)
    assert main(["limits", "--database-url", database_url, "--lang", "ja"]) == 0
    assert "翌営業日まで" in capsys.readouterr().out


def test_a_warning_is_exit_status_1(
    database_url: str, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    load_bank(connection)
    connection.execute("update ledger.reversal_meter set taken = capacity * 8 / 10")
    assert main(["limits", "--database-url", database_url]) == 1
    assert "warning" in capsys.readouterr().out
