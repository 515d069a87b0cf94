"""Switches: stop a product on a channel, everywhere, within seconds.

A gateway keeps the last state it heard of, so that a service that was stopped stays stopped while
the database is away.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

ANY: Final = "*"
"""In place of a channel: on all channels."""


class Suspended(NamedTuple):
    """One suspended service."""

    product: str
    channel: str
    reason: str


class SwitchBoard:
    """The switches as a gateway last heard of them."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], str] = {}

    def refresh(self, suspended: Iterable[Suspended]) -> None:
        """Take over the whole state at once."""
        self._reasons = {(s.product, s.channel): s.reason for s in suspended}

    def reason_against(self, product: str, channel: str) -> str | None:
        """Why the product is suspended on the channel, or None if it is not."""
        if not self._reasons:
            return None
        everywhere = self._reasons.get((product, ANY))
        return self._reasons.get((product, channel), everywhere)

    def suspended(self) -> list[Suspended]:
        """All that is suspended, sorted."""
        return sorted(Suspended(*key, reason) for key, reason in self._reasons.items())
