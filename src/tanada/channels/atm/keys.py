"""The ATM channel's keys: two secrets of the bank, and two keys for every machine made from one.

A machine's keys are derived, so there is no list of keys to keep, and a maker's terminal can be
given its two. For the terminal as eight digits ``t``, from the master key::

    PIN key = parity(HMAC-SHA256(master, "tanada atm pin " + t)[:16])
    MAC key = parity(HMAC-SHA256(master, "tanada atm mac " + t)[:16])

where ``parity`` sets each byte's lowest bit so that the byte has an odd number of ones, as key
loaders for DES demand. Whoever holds one machine's keys can compute no other's.
"""

import hmac
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from tanada.base.errors import BankError
from tanada.base.randomness import Randomness
from tanada.base.volumes import DirectoryVolume
from tanada.channels.atm.mac import RetailMac
from tanada.channels.atm.pin import PinCipher

SECRET_BYTES: Final = 32
TERMINAL_DIGITS: Final = 8
LARGEST_TERMINAL: Final = 9_999_999
TERMINALS_REMEMBERED: Final = 16_384
"""Derived keys kept at hand; above the number of machines of any bank in the country but one."""
_OWNER_ONLY: Final = 0o600


class KeysUnusable(BankError):
    """The file of keys is missing, open to others, or does not hold keys."""

    code = "atm_keys"


@dataclass(frozen=True, slots=True, repr=False)
class TerminalKeys:
    """The two double-length keys of one machine, and what computes with them."""

    pin_key: bytes
    mac_key: bytes
    pin: PinCipher
    mac: RetailMac

    def __repr__(self) -> str:
        return "<TerminalKeys>"


class AtmKeys:
    """``pvk`` is the PIN verification key, under which ``customers.pin`` makes its proofs."""

    def __init__(self, master: bytes, pvk: bytes) -> None:
        assert len(master) == len(pvk) == SECRET_BYTES
        self._master = master
        self.pvk: Final = pvk
        # Anybody may claim to be any of ten million terminals, so what is remembered is bounded.
        self.of_terminal = lru_cache(maxsize=TERMINALS_REMEMBERED)(self._derive)

    def __repr__(self) -> str:
        return "<AtmKeys>"

    @classmethod
    def generate(cls, randomness: Randomness) -> "AtmKeys":
        """New keys; a seeded ``randomness`` gives a drill the same keys each time."""
        return cls(_secret(randomness, "master"), _secret(randomness, "pin verification"))

    @classmethod
    def load(cls, path: Path) -> "AtmKeys":
        """The keys in the file at ``path``; raises ``KeysUnusable``."""
        if not path.is_file():
            raise KeysUnusable(f"there are no keys at {path}; make run makes them")
        if path.stat().st_mode & ~_OWNER_ONLY & 0o777:
            raise KeysUnusable(f"{path} is open to others; chmod 600 it and change the keys")
        text = DirectoryVolume(path.parent).read(path.name).decode("ascii", "replace")
        try:
            secrets = tomllib.loads(text)
            master, pvk = bytes.fromhex(secrets["master"]), bytes.fromhex(secrets["pvk"])
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError):
            # What is wrong may stand next to a key, so the cause is not shown.
            raise KeysUnusable(f"{path} does not hold the keys master and pvk in hex") from None
        if len(master) != SECRET_BYTES or len(pvk) != SECRET_BYTES:
            raise KeysUnusable(f"{path}: each key must have {SECRET_BYTES} bytes")
        return cls(master, pvk)

    def save(self, path: Path) -> None:
        """Write a new file that only its owner can read; raises ``KeysUnusable`` if one exists."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Made empty and closed to others first: the keys are never in an open file.
            path.touch(mode=_OWNER_ONLY, exist_ok=False)
        except FileExistsError:
            raise KeysUnusable(f"{path} exists; keys are not overwritten") from None
        text = f'master = "{self._master.hex()}"\npvk = "{self.pvk.hex()}"\n'
        DirectoryVolume(path.parent).append(path.name, text.encode())

    def _derive(self, terminal: int) -> TerminalKeys:
        assert 0 <= terminal <= LARGEST_TERMINAL
        pin_key, mac_key = self._key("pin", terminal), self._key("mac", terminal)
        return TerminalKeys(pin_key, mac_key, PinCipher(pin_key), RetailMac(mac_key))

    def _key(self, purpose: str, terminal: int) -> bytes:
        label = f"tanada atm {purpose} {terminal_id(terminal)}"
        return _odd_parity(hmac.digest(self._master, label.encode(), "sha256")[:16])


def terminal_id(terminal: int) -> str:
    """Field 41 of the machine."""
    return f"{terminal:0{TERMINAL_DIGITS}d}"


def terminal_number(text: str) -> int | None:
    """The machine that field 41 names, or None if it can be none of ours."""
    if len(text) != TERMINAL_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if number <= LARGEST_TERMINAL else None


def _secret(randomness: Randomness, name: str) -> bytes:
    # A stream betrays its state to whoever sees enough of it. Nobody sees this one: hashed, it is
    # as hard to guess as the 256 bits of entropy from which the stream was begun.
    return sha256(randomness.stream("atm keys", name).randbytes(SECRET_BYTES * 8)).digest()


def _odd_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE | (byte >> 1).bit_count() % 2 ^ 1 for byte in key)
