"""Identifiers: by name for operations, by time for everything that is merely numbered."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from uuid import UUID

from tanada.base.clock import Clock

ID_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""41 bits of milliseconds from here last until September 2069."""
TIME_BITS = 41
NODE_BITS = 10
SEQUENCE_BITS = 12
MAX_NODE = (1 << NODE_BITS) - 1

MAX_REMEMBERED: Final = 8192
"""Keys whose ids are remembered: a batch asks for the id of each of its keys several times."""

_MILLISECOND = timedelta(milliseconds=1)
_VERSION_MASK = 0xF << 76
_VARIANT_MASK = 0b11 << 62


@lru_cache(maxsize=MAX_REMEMBERED)
def operation_id(key: str) -> UUID:
    """The id of the operation that the idempotency key names: same key, same id, on any machine.

    A custom, name-based UUID of version 8 (RFC 9562, section 5.8): the first 128 bits of
    BLAKE2b over the key's UTF-8, of which version and variant take six.
    """
    digest = blake2b(key.encode(), digest_size=16, person=b"tanada-operation").digest()
    bits = int.from_bytes(digest, "big") & ~_VERSION_MASK & ~_VARIANT_MASK
    return UUID(int=bits | 0x8 << 76 | 0b10 << 62)


class IdSource:
    """Numbers of 63 bits that rise strictly: milliseconds, then the node, then a sequence.

    Sources with different nodes never give the same number. When a millisecond's sequence is used
    up, or the clock was set back, the source runs ahead of the clock rather than wait or repeat.
    """

    def __init__(self, clock: Clock, node: int) -> None:
        """``node`` is the number of this process among those that number the same things."""
        assert 0 <= node <= MAX_NODE, f"node {node} does not fit {NODE_BITS} bits"
        self._clock = clock
        self._node = node << SEQUENCE_BITS
        self._millisecond = 0
        self._sequence = 0

    def next_id(self) -> int:
        """The next number; greater than all that this source gave before."""
        now = (self._clock.now() - ID_EPOCH) // _MILLISECOND
        if now > self._millisecond:
            self._millisecond, self._sequence = now, 0
        else:
            self._sequence += 1
            if self._sequence >> SEQUENCE_BITS:
                self._millisecond, self._sequence = self._millisecond + 1, 0
        assert self._millisecond < 1 << TIME_BITS, "the clock is beyond 2069"
        return self._millisecond << (NODE_BITS + SEQUENCE_BITS) | self._node | self._sequence
