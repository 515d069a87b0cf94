"""``tanada compartment``: what a person is told when it cannot be done."""

from pathlib import Path

import pytest

from tanada.app.places import LiveBank, Places
from tanada.base.settings import Settings
from tanada.cli import EXIT_ERROR, main


@pytest.mark.parametrize(
    ("name", "code"), [("loans-0", "no_such_compartment"), ("deposits-0", "compartment_silent")]
)
def test_a_compartment_that_is_not_there_is_an_error_with_its_code(
    name: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = Places(tmp_path)
    places.make()
    places.save(LiveBank(settings=Settings(), core_url="", watch_url="", embedded=True))
    words = ["compartment", "open", name, "--reason", "test", "--data-dir", str(tmp_path)]
    assert main(words) == EXIT_ERROR
    assert f"[{code}]" in capsys.readouterr().err
