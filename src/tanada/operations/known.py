"""Outcomes that stand: found by their keys, or just decided in this batch."""

from typing import Final, NamedTuple

from tanada.operations.commands import Outcome, Request

BARRED: Final = b""
"""Fingerprint of a key that was inquired or reversed before its command arrived."""


class Known(NamedTuple):
    """An outcome that stands, with fingerprint and name of the command that it answers.

    ``cancelled``: it was accepted and then taken back by a reversal.
    """

    fingerprint: bytes
    command: str
    outcome: Outcome
    cancelled: bool = False


class Decided(NamedTuple):
    """One new row of the idempotency table: ``key`` is barred or decided by ``request``."""

    request: Request
    product: str
    key: str
    known: Known
