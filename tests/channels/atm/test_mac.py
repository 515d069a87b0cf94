"""The retail MAC is the one that others compute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanada.channels.atm import fields as f
from tanada.channels.atm.mac import RetailMac
from tanada.channels.atm.messages import IsoMessage, decode
from tests.channels.atm.scripted import network, request

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


def test_the_standards_own_example() -> None:
    # ISO/IEC 9797-1:2011, annex B: algorithm 3, padding method 1, "Now is the time for all ".
    assert RetailMac(KEY).of(b"Now is the time for all ").hex().upper() == "A1C72E74EA3FA9B6"


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@given(st.binary(max_size=64), st.binary(min_size=16, max_size=16))
def test_an_independent_library_agrees(data: bytes, key: bytes) -> None:
    from psec.mac import generate_retail_mac  # noqa: PLC0415  # warns when it is imported

    assert RetailMac(key).of(data) == generate_retail_mac(key[:8], key[8:], data, 1)


@pytest.mark.parametrize(("message", "field"), [(request(), f.MAC), (network(), f.MAC_EXTENDED)])
def test_a_sealed_message_verifies_and_a_changed_one_does_not(
    message: IsoMessage, field: int
) -> None:
    mac = RetailMac(KEY)
    raw = mac.seal(message)
    assert decode(raw)[field] != ""
    assert mac.verifies(raw, decode(raw))
    for place in (0, 5, 30, len(raw) - 1):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert not mac.verifies(changed, message)
    assert not RetailMac(KEY[::-1]).verifies(raw, decode(raw))


def test_a_message_without_its_mac_does_not_verify() -> None:
    mac = RetailMac(KEY)
    assert not mac.verifies(b"0200" + bytes(20), request())


def test_a_mac_that_was_there_is_replaced() -> None:
    mac = RetailMac(KEY)
    once = decode(mac.seal(request()))
    assert mac.seal(once) == mac.seal(request())


def test_the_key_is_not_shown() -> None:
    assert repr(RetailMac(KEY)) == "<RetailMac>"
