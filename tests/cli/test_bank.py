"""``tanada status`` of a bank that was prepared and does not run."""

from pathlib import Path

import pytest

from tanada.app.places import LiveBank, Places
from tanada.base.settings import Settings
from tanada.base.supervisor import only_supervisor
from tanada.cli import EXIT_ERROR, main


@pytest.fixture
def folder(tmp_path: Path) -> str:
    places = Places(tmp_path)
    places.make()
    places.save(LiveBank(settings=Settings(), core_url="", watch_url="", embedded=True))
    return str(tmp_path)


def test_a_bank_that_does_not_run_says_how_to_start_it(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--data-dir", folder]) == EXIT_ERROR
    assert "tanada up" in capsys.readouterr().out


def test_a_directory_has_one_bank_at_a_time(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_supervisor(Places(Path(folder)).lock):
        assert main(["up", "--data-dir", folder]) == EXIT_ERROR
    assert "[already_running]" in capsys.readouterr().err
