"""Options that are settings say so, with their default and their variable."""

import pytest

from tanada.base.settings import SETTINGS
from tanada.cli import main


def test_the_help_of_up_explains_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--help"]) == 0
    shown = "".join(capsys.readouterr().out.split())
    for setting in SETTINGS:
        assert f"--{setting.name.replace('_', '-')}" in shown
        assert setting.variable in shown
