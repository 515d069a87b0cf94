"""Attempts: what every customer tried and what came of it, recorded by the gateways.

The attempts live in a database of their own, because they are needed most while the core is down.
"""

from typing import Protocol

import msgspec


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. Times are microseconds since the epoch, ``amount`` is yen.

    ``operation`` is the command's name; ``media`` what the machine held (``card``,
    ``card+passbook``, empty); ``custody`` what the machine was told to do with it.
    """

    attempt_id: int
    at: int
    answered_at: int
    channel: str
    origin: str
    operation: str
    product: str
    account: int
    amount: int
    key: str
    kind: str
    code: str
    error_class: str
    media: str = ""
    custody: str = ""


class AttemptRecorder(Protocol):
    """Where a gateway leaves its attempts; neither call waits or raises."""

    def record(self, attempt: Attempt) -> None:
        """Keep one attempt."""

    def settle(self, key: str, kind: str, code: str) -> None:
        """The final outcome of an attempt that was recorded as ``unknown``."""
