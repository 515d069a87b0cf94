"""The field table is ISO 8583:1987 where that defines a field."""

import pytest
from iso8583.specs import default_ascii

from tanada.channels.atm import fields as f

# The library's example spec has hex text or other bounds for these; ours follow the standard.
OWN_FORM = {
    f.PIN_BLOCK,
    f.MAC,
    f.MAC_EXTENDED,
    f.REASON,
    f.BALANCES,
    f.PASSBOOK_LINES,
    f.CUSTODY_TABLE,
}


@pytest.mark.parametrize("number", sorted(set(f.FIELDS) - OWN_FORM))
def test_lengths_are_the_standards(number: int) -> None:
    field, standard = f.FIELDS[number], default_ascii[str(number)]
    assert (field.length, field.length_digits) == (standard["max_len"], standard["len_type"])


def test_secrets_are_card_track_and_pin() -> None:
    assert set(f.FIELDS) >= f.SECRET == {2, 35, 52}


def test_the_codec_knows_a_form_for_every_bit() -> None:
    assert set(f.codec_spec()) >= {"h", "t", "p"} | {str(n) for n in range(1, 193)}
