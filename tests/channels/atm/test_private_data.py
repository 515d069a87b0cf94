"""Field 48: what is written is read, and nonsense is a format error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanada.channels.atm import private_data as tags
from tanada.channels.atm.messages import FormatError

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=99)


@given(st.dictionaries(st.sampled_from([*sorted(tags.TAGS), "ZZ"]), PRINTABLE))
def test_tags_survive(values: dict[str, str]) -> None:
    assert tags.read_tags(tags.write_tags(values)) == values


@pytest.mark.parametrize("text", ["M", "MD", "MDx", "MD1", "MD05CP", "MD01CMD01P", "MD-1C"])
def test_a_wrong_length_or_a_repeat_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        tags.read_tags(text)


def test_media_and_what_becomes_of_them() -> None:
    assert tags.write_media(("card", "passbook", "cash")) == "CPM"
    assert tags.read_media("MC") == ("cash", "card")
    assert tags.write_custody({"card": "return", "cash": "retain"}) == "CRMK"
    assert tags.read_custody("CRMK") == {"card": "return", "cash": "retain"}


@pytest.mark.parametrize("text", ["CC", "X", "cp"])
def test_unknown_media_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        tags.read_media(text)


@pytest.mark.parametrize("text", ["C", "CX", "XR", "CRP"])
def test_custody_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        tags.read_custody(text)
