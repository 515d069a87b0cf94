"""How a reversal names what it reverses."""

import pytest

from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import ANSWER_TYPES, Original, Transaction
from tanada.channels.atm.messages import FormatError
from tests.channels.atm.scripted import request


def test_a_reversal_finds_its_original_again() -> None:
    original = Original.of(request(stan=77))
    text = original.write()
    assert len(text) == f.FIELDS[f.ORIGINAL].length
    assert Original.read(text) == original == ("0200", "000077", "1122131700")


@pytest.mark.parametrize("text", ["0800" + "0" * 38, "0420" + "0" * 38, ""])
def test_only_financial_requests_are_reversed(text: str) -> None:
    with pytest.raises(FormatError):
        Original.read(text)


def test_answers_are_the_next_message_type() -> None:
    for asked, answered in ANSWER_TYPES.items():
        assert int(answered[2]) == int(asked[2]) + 1
        assert answered[3] == "0"


def test_processing_codes_have_six_digits() -> None:
    assert all(len(t.processing_code) == 6 for t in Transaction)
