"""The command line's border: one clear line for an operating error, and its exit status."""

import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tanada.cli import EXIT_ERROR, EXIT_UNHEARD, EXIT_USAGE, main

URL = "postgresql://someone:secret@127.0.0.1:1/bank"


def test_an_unreachable_database_is_one_line_with_its_url_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["up", "--database-url", URL, "--data-dir", str(tmp_path)])
    error = capsys.readouterr().err
    assert status == EXIT_ERROR
    assert error.count("\n") == 1
    assert "postgresql://someone:***@127.0.0.1:1/" in error
    assert "refused" in error
    assert "[database_unreachable]" in error


def test_the_environment_names_the_database_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANADA_DATABASE_URL", URL)
    assert main(["books", "check", "--data-dir", str(tmp_path)]) == EXIT_ERROR
    assert "127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["up", "--customers", "many"],
        ["compartment", "close", "deposits-0"],
        ["switch", "suspend", "loans", "atm", "--reason", "none"],
        ["atm", "keys", "-1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_status_2(words: list[str]) -> None:
    assert main(words) == EXIT_USAGE


@pytest.mark.parametrize(
    "words",
    [["status"], ["books", "check"], ["atm", "keys", "1"]],
    ids=" ".join,
)
def test_a_directory_without_a_bank_says_how_to_start_one(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--data-dir", str(tmp_path)]) == EXIT_ERROR
    error = capsys.readouterr().err
    assert error.startswith("tanada: ")
    assert error.count("\n") == 1


def test_help_names_every_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for group in ("up", "status", "books", "atm", "compartment", "switch"):
        assert f" {group} " in shown


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    script = "from tanada.cli import main; raise SystemExit(main(['drill', 'list']))"
    with Popen([sys.executable, "-c", script], stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == EXIT_UNHEARD
