"""``tanada switch``: one command suspends a service, and one restores it."""

import pytest

from tanada.base.database import Connection
from tanada.cli import main


def test_a_service_is_suspended_and_restored(
    connection: Connection, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--reason", "errors", "--database-url", database_url]
    assert main(["switch", "suspend", "time_deposits", "atm", *where]) == 0
    rows = connection.execute("select product, channel, reason from controls.switch").fetchall()
    assert rows == [("time_deposits", "atm", "errors")]
    assert main(["switch", "restore", "time_deposits", "atm", *where]) == 0
    assert main(["switch", "restore", "time_deposits", "atm", *where]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.rpartition("is ")[2] for line in said[:2]] == ["suspended", "restored"]
    assert said[2].endswith("was not suspended")
