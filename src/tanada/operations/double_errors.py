"""Double errors (二重エラー): a failed update whose cancellation failed too, and what follows.

As it was on 28 February 2021, they closed a compartment when there were enough of them (順次閉塞),
and before that a guard suspended the service they came from (取引サービス禁止機能).
"""

from collections import Counter
from typing import NamedTuple

from tanada.controls.policies import ClosingRule, ProhibitionRule


class Service(NamedTuple):
    """A product on a channel."""

    product: str
    channel: str


class DoubleErrors:
    """The double errors of one compartment since it was opened."""

    def __init__(self, closing: ClosingRule, prohibition: ProhibitionRule) -> None:
        self._close_at = closing.double_errors
        self._prohibit_at = prohibition.double_errors
        self._of_service: Counter[Service] = Counter()
        self.count = 0

    def note(self, service: Service) -> bool:
        """Count one; True if it is the one at which the service must be suspended."""
        self.count += 1
        self._of_service[service] += 1
        return self._prohibit_at > 0 and self._of_service[service] == self._prohibit_at

    def of(self, service: Service) -> int:
        """How many there were of the service."""
        return self._of_service[service]

    @property
    def too_many(self) -> bool:
        """Whether the compartment must close."""
        return 0 < self._close_at <= self.count

    def relax(self, prohibit_at: int) -> None:
        """Suspend services at so many from now on; 0: never (as people did that day)."""
        self._prohibit_at = prohibit_at
        self._of_service.clear()

    def forget(self) -> None:
        """Begin to count anew."""
        self.count = 0
        self._of_service.clear()
