"""PIN blocks are ISO 9564 format 0, and hold a PIN or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanada.channels.atm.pin import PinBlockError, PinCipher
from tests.channels.atm.scripted import CARD

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


@given(st.from_regex(r"[0-9]{4,12}", fullmatch=True))
def test_a_pin_comes_back_out_of_its_block(pin: str) -> None:
    cipher = PinCipher(KEY)
    assert cipher.decipher(cipher.encipher(pin, CARD), CARD) == pin


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_an_independent_library_agrees() -> None:
    from psec import des, pinblock  # noqa: PLC0415  # warns when it is imported

    clear = pinblock.encode_pinblock_iso_0("1234", str(CARD))
    assert PinCipher(KEY).encipher("1234", CARD) == des.encrypt_tdes_ecb(KEY, clear)


@pytest.mark.parametrize("block", [bytes(8), b"", bytes(7), b"\xff" * 8])
def test_what_holds_no_pin_is_refused(block: bytes) -> None:
    with pytest.raises(PinBlockError):
        PinCipher(KEY).decipher(block, CARD)


def test_another_key_gives_no_pin() -> None:
    block = PinCipher(KEY).encipher("1234", CARD)
    with pytest.raises(PinBlockError):
        PinCipher(KEY[::-1]).decipher(block, CARD)


def test_the_key_is_not_shown() -> None:
    assert repr(PinCipher(KEY)) == "<PinCipher>"
