"""PIN blocks: ISO 9564-1 format 0 under a double-length triple-DES key.

A PIN exists in the clear only inside these functions. Nothing here logs, and no error shows one.
"""

from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from tanada.base.errors import BankError

KEY_BYTES: Final = 16
BLOCK_BYTES: Final = 8
SHORTEST_PIN: Final = 4
LONGEST_PIN: Final = 12
_PAN_DIGITS: Final = 12


class PinBlockError(BankError):
    """A PIN block does not hold a PIN: another key, another card, or no format 0."""

    code = "pin_block"


class PinCipher:
    """Reads and makes PIN blocks under one terminal's PIN key."""

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES
        triple = TripleDES(key + key[:8])
        cipher = Cipher(triple, modes.ECB())  # noqa: S305  # ISO 9564: a PIN block is one block
        self._encrypt = cipher.encryptor()
        self._decrypt = cipher.decryptor()

    def __repr__(self) -> str:
        return "<PinCipher>"

    def encipher(self, pin: str, card: int) -> bytes:
        """The eight-byte PIN block of ``pin`` for ``card``."""
        assert pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN
        filled = f"0{len(pin):X}{pin}".ljust(2 * BLOCK_BYTES, "F")
        return self._encrypt.update(_with_card(bytes.fromhex(filled), card))

    def decipher(self, block: bytes, card: int) -> str:
        """The PIN in ``block``; raises ``PinBlockError``."""
        if len(block) != BLOCK_BYTES:
            raise PinBlockError("a PIN block has eight bytes")
        digits = _with_card(self._decrypt.update(block), card).hex().upper()
        length = int(digits[1], 16)
        pin, fill = digits[2 : 2 + length], digits[2 + length :]
        sound = digits[0] == "0" and SHORTEST_PIN <= length <= LONGEST_PIN
        if not (sound and pin.isdigit() and fill == "F" * len(fill)):
            raise PinBlockError("the PIN block holds no PIN; check the terminal's PIN key")
        return pin


def _with_card(block: bytes, card: int) -> bytes:
    """Exclusive or with the card's field: its twelve digits before the check digit."""
    digits = str(card)[:-1][-_PAN_DIGITS:].zfill(2 * BLOCK_BYTES)
    mixed = int.from_bytes(block) ^ int.from_bytes(bytes.fromhex(digits))
    return mixed.to_bytes(BLOCK_BYTES)
