"""Branches come from the published list, and only the one bank's file is read."""

import subprocess
import sys

import pytest

from tanada.base.errors import SettingsError
from tanada.customers.branches import branches_of


def test_the_banks_branches_have_their_real_codes_and_names() -> None:
    branches = branches_of()
    assert len(branches) > 400
    assert branches[0].number == 1
    assert (branches[0].name, branches[0].kana) == ("東京営業部", "トウキヨウ")
    assert [branch.code for branch in branches] == sorted({branch.code for branch in branches})


def test_a_bank_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingsError, match="'9998'"):
        branches_of("9998")


def test_the_package_of_all_banks_is_not_imported() -> None:
    program = (
        "import sys; from tanada.customers.branches import branches_of; branches_of();"
        "sys.exit('zengin_code' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
