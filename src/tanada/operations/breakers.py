"""Breakers: per product, channel and operation, open on few internal errors, not on percentages.

With nine victims, as on 7 March 2021, a breaker that waits for half of a hundred calls never opens.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tanada.controls.policies import BreakerRule


class BreakerKey(NamedTuple):
    """What one breaker protects."""

    product: str
    channel: str
    operation: str

    def __str__(self) -> str:
        return f"{self.product}/{self.channel}/{self.operation}"


class _State(NamedTuple):
    cause: str
    errors: int
    first_at: float
    opened_at: float | None


Memory = Mapping[BreakerKey, _State]
"""What ``remember`` remembers."""


class Breakers:
    """All breakers of one compartment. Times are seconds of a monotonic clock."""

    def __init__(self, rule: BreakerRule) -> None:
        self._rule = rule
        self._states: dict[BreakerKey, _State] = {}

    def allows(self, key: BreakerKey, now: float) -> bool:
        """Whether a command may go through: closed, or open long enough for one probe."""
        state = self._states.get(key)
        if state is None or state.opened_at is None:
            return True
        if now - state.opened_at < self._rule.probe_seconds:
            return False
        # The next probe waits its turn, whether or not this one comes back with an answer.
        self._states[key] = state._replace(opened_at=now)
        return True

    def succeeded(self, key: BreakerKey) -> bool:
        """Note a command that did not fail; True if that closed the breaker."""
        state = self._states.get(key)
        if state is None or state.opened_at is None:
            # Successes between the errors say nothing: a defect may hurt one customer of thousands.
            return False
        del self._states[key]
        return True

    def failed(self, key: BreakerKey, cause: str, now: float, *, invariant: bool = False) -> bool:
        """Note an internal error; True if that opened the breaker.

        ``cause`` is the kind of error. Another kind starts the count anew, and so does one that
        comes after the rule's window. A broken invariant opens at once.
        """
        if self._rule.errors == 0:
            return False
        before = self._states.get(key, _State(cause, 0, now, None))
        counts = before.cause == cause and now - before.first_at <= self._rule.window_seconds
        errors, first_at = (before.errors + 1, before.first_at) if counts else (1, now)
        was_open = before.opened_at is not None
        opens = was_open or invariant or errors >= self._rule.errors
        self._states[key] = _State(cause, errors, first_at, now if opens else None)
        return opens and not was_open

    def remember(self) -> Memory:
        """How the breakers are now, for a batch that may be undone."""
        return dict(self._states)

    def go_back(self, memory: Memory) -> None:
        """Forget what a batch did to the breakers: it is decided again, and would count twice."""
        self._states = dict(memory)

    def open(self) -> tuple[str, ...]:
        """The breakers that are open, for people."""
        opened = (key for key, state in self._states.items() if state.opened_at is not None)
        return tuple(sorted(str(key) for key in opened))
