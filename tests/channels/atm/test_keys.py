"""Machines' keys are derived as documented, and the secrets stay in a file of their own."""

import hmac
from pathlib import Path

import pytest

from tanada.base.randomness import Randomness
from tanada.channels.atm.keys import (
    AtmKeys,
    KeysUnusable,
    terminal_id,
    terminal_number,
)


def test_the_derivation_is_the_documented_one() -> None:
    master = bytes(range(32))
    keys = AtmKeys(master, bytes(32)).of_terminal(42)
    raw = hmac.digest(master, b"tanada atm pin 00000042", "sha256")[:16]
    assert [byte & 0xFE for byte in keys.pin_key] == [byte & 0xFE for byte in raw]
    assert all(byte.bit_count() % 2 == 1 for byte in keys.pin_key + keys.mac_key)
    assert keys.pin_key != keys.mac_key


def test_every_machine_has_its_own_keys() -> None:
    keys = AtmKeys.generate(Randomness(1))
    assert len({keys.of_terminal(t).mac_key for t in range(100)}) == 100


def test_the_same_seed_gives_the_same_keys_and_no_seed_others() -> None:
    def mac_key(seed: int | None) -> bytes:
        return AtmKeys.generate(Randomness(seed)).of_terminal(1).mac_key

    assert mac_key(7) == mac_key(7) != mac_key(8)
    assert mac_key(None) != mac_key(None)


def test_keys_are_saved_for_the_owner_alone_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "atm.keys"
    keys = AtmKeys.generate(Randomness(1))
    keys.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert AtmKeys.load(path).of_terminal(5).pin_key == keys.of_terminal(5).pin_key
    assert AtmKeys.load(path).pvk == keys.pvk


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    AtmKeys.generate(Randomness(1)).save(tmp_path / "atm.keys")
    with pytest.raises(KeysUnusable, match="not overwritten"):
        AtmKeys.generate(Randomness(2)).save(tmp_path / "atm.keys")


@pytest.mark.parametrize("text", ["", "master = 1\npvk = 2", 'master = "zz"\npvk = ""', "?"])
def test_a_damaged_file_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "atm.keys"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(KeysUnusable) as caught:
        AtmKeys.load(path)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "atm.keys"
    AtmKeys.generate(Randomness(1)).save(path)
    path.chmod(0o640)
    with pytest.raises(KeysUnusable, match="open to others"):
        AtmKeys.load(path)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeysUnusable, match="make run"):
        AtmKeys.load(tmp_path / "atm.keys")


def test_no_secret_is_shown() -> None:
    keys = AtmKeys.generate(Randomness(1))
    assert (repr(keys), repr(keys.of_terminal(1))) == ("<AtmKeys>", "<TerminalKeys>")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("00000042", 42),
        ("09999999", 9_999_999),
        ("10000000", None),
        ("42", None),
        ("A0000001", None),
    ],
)
def test_terminals_are_eight_digits(text: str, number: int | None) -> None:
    assert terminal_number(text) == number
    if number is not None:
        assert terminal_id(number) == text
