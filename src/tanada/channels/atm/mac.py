"""Message authentication: ANSI X9.19 retail MAC (ISO/IEC 9797-1 algorithm 3, padding method 1).

The MAC covers every byte of the message before the MAC itself: message type, bitmaps (with the
MAC's own bit set) and fields. It is the last field: 64, or 128 if any field above 64 is present.
Chosen because it is what other makers' terminals speak; its key lives for one terminal only.
"""

import hmac
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from tanada.channels.atm import fields as f
from tanada.channels.atm.messages import IsoMessage, encode

BLOCK_BYTES: Final = 8
MAC_BYTES: Final = 8
KEY_BYTES: Final = 16
_NO_MAC: Final = "00" * MAC_BYTES


class RetailMac:
    """Computes MACs under one double-length key."""

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES
        left, right = key[:8], key[8:]
        # Single DES is triple DES with one key three times; libraries offer only the latter.
        self._chain = Cipher(TripleDES(left * 3), modes.CBC(bytes(BLOCK_BYTES)))
        # Encrypt, decrypt with the right half, encrypt: the last block's three steps in one.
        triple = TripleDES(left + right + left)
        self._last = Cipher(triple, modes.ECB()).encryptor()  # noqa: S305  # one block only

    def __repr__(self) -> str:
        return "<RetailMac>"

    def of(self, data: bytes) -> bytes:
        """The eight-byte MAC of ``data``, filled up with zero bytes to whole blocks."""
        padded = data + bytes(-len(data) % BLOCK_BYTES if data else BLOCK_BYTES)
        before = self._chain.encryptor().update(padded[:-BLOCK_BYTES])[-BLOCK_BYTES:]
        carried = int.from_bytes(before) ^ int.from_bytes(padded[-BLOCK_BYTES:])
        return self._last.update(carried.to_bytes(BLOCK_BYTES))

    def seal(self, message: IsoMessage) -> bytes:
        """The bytes of ``message`` with its MAC, in field 64 or 128 as its fields demand."""
        fields = dict(message.fields)
        fields.pop(f.MAC, None)
        fields.pop(f.MAC_EXTENDED, None)
        fields[f.MAC_EXTENDED if max(fields, default=0) > f.MAC else f.MAC] = _NO_MAC
        body = encode(IsoMessage(message.mti, fields))[:-MAC_BYTES]
        return body + self.of(body)

    def verifies(self, raw: bytes, message: IsoMessage) -> bool:
        """Whether ``raw``, decoded as ``message``, ends in the right MAC."""
        if max(message.fields, default=0) not in (f.MAC, f.MAC_EXTENDED):
            return False
        return hmac.compare_digest(self.of(raw[:-MAC_BYTES]), raw[-MAC_BYTES:])
