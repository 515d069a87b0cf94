"""What a terminal is told at sign-on is the row of class A."""

import pytest

from tanada.channels.atm.custody_table import read_custody_table, write_custody_table
from tanada.channels.atm.messages import FormatError
from tests.channels.atm.scripted import custody

KEEP = {"card": "retain", "passbook": "retain", "cash": "retain"}
GIVE = {"card": "return", "passbook": "return", "cash": "return"}


@pytest.mark.parametrize(
    ("version", "monetary"),
    [("2021-02", KEEP), ("2021-04", KEEP), ("2021-05", GIVE | {"cash": "retain"})],
)
def test_the_table_carries_what_to_do_without_an_answer(
    version: str, monetary: dict[str, str]
) -> None:
    table = read_custody_table(write_custody_table(custody(version)))
    assert table.version == version
    assert table.without_answer == {"inquiry": GIVE, "monetary": monetary}


@pytest.mark.parametrize("text", ["", "2021-05", "2021-05;X=CR", "2021-05;I=CR;M=CRPRMK"])
def test_an_incomplete_table_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        read_custody_table(text)
