"""`tanada job`: from the forecast to the books, as a person sees it."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tanada.base.database import Connection
from tanada.cli import main
from tests.batch.banks import SWITCHING, findings, load_bank


@pytest.fixture(autouse=True)
def _collector_as_before() -> Iterator[None]:
    """Undo what a run sets for its own process, which here is that of the tests."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def _policy(folder: Path) -> str:
    """A policy whose chunk is small, in a file."""
    shipped = Path(__file__).resolve().parents[2] / "policies" / "tanada.toml"
    text = shipped.read_text(encoding="utf-8").replace("chunk = 1000", "chunk = 20")
    (folder / "small.toml").write_text(text, encoding="utf-8")
    return str(folder / "small.toml")


def test_a_job_from_the_forecast_to_its_end(
    database_url: str, connection: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_bank(connection)
    bank = ["--database-url", database_url, "--policy", _policy(tmp_path)]
    assert main(["job", "preflight", "e-account-switch", *bank]) == 0
    assert main(["job", "submit", "e-account-switch", *bank, "--lang", "ja"]) == 0
    assert main(["job", "run", "1", *bank]) == 0
    assert main(["job", "list", *bank[:2]]) == 0
    shown = capsys.readouterr().out
    assert "accepted: the reversal log of time_deposits" in shown
    assert "受付: " in shown
    assert f"job 1 is finished; {SWITCHING} of {SWITCHING} items ({SWITCHING} ok)" in shown
    assert findings(connection) == []


def test_a_refusal_is_exit_status_1_with_the_split(
    database_url: str, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    load_bank(connection, capacity=150)
    bank = ["--database-url", database_url]
    assert main(["job", "submit", "e-account-switch", *bank]) == 1
    assert "This split fits: 2021-02-28 month-end-renewals 70" in capsys.readouterr().out
    assert main(["job", "run", "1", *bank]) == 1
    assert "[job_not_runnable]" in capsys.readouterr().err


def test_a_file_with_bad_lines_lists_them_all(
    database_url: str, connection: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_bank(connection)
    file = tmp_path / "salaries.csv"
    file.write_text("account,amount,text\n1,1,x\n00110000001000,-1,y\ntotal,2,0\n", "utf-8")
    words = ["job", "submit", "posting-file", "--file", str(file), "--database-url", database_url]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert "line 2: " in error
    assert "line 3: " in error
    assert "[posting_file_refused]" in error
    assert main([*words[:4], str(tmp_path / "absent.csv"), *words[5:]]) == 1
