"""What goes through the one door: a command in, an outcome out.

A command is immutable, has an imperative name and an idempotency key. Times are whole microseconds
since the Unix epoch, so that a command is the same bytes wherever it is read.
"""

from typing import Final, TypeVar
from uuid import UUID

import msgspec

from tanada.base.ids import operation_id
from tanada.operations.codes import MEANINGS, Code, ErrorClass, Kind

MAX_KEY_LENGTH: Final = 80
"""Characters in an idempotency key."""

MICROSECONDS: Final = 1_000_000

Result = TypeVar("Result", bound=msgspec.Struct)


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all commands; its subclasses live in the products.

    ``key`` idempotency key: the same key never has two effects. ``channel`` is ``atm``, ``direct``,
    ``desk`` or ``batch``; ``origin`` the terminal, session or job that made the command.
    ``made_at`` and ``deadline`` are microseconds since the epoch; past the deadline nobody waits
    for the answer and nothing is begun. ``account`` is the account that the command is about.
    """

    key: str
    channel: str
    origin: str
    made_at: int
    deadline: int
    account: int


class Reverse(Command, frozen=True, kw_only=True):
    """Cancel (取消) an operation of the same business day: a contra entry, once only.

    If ``original_key`` never arrived, it is barred for ever and the reversal is accepted: the
    caller wanted the operation not to be, and it will not be.
    """

    original_key: str
    product: str
    """Product of the original, so that the same compartment executes both."""

    card: int = 0
    """Card of the original, whose limit of the day is given back; 0 if there was none."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command. ``result`` is msgpack of the product's own result struct."""

    kind: Kind
    code: Code
    operation_id: UUID
    result: bytes = b""

    @property
    def error_class(self) -> ErrorClass:
        """Class A to D of the report's ATM table; empty when accepted."""
        return MEANINGS[self.code].error_class

    def read(self, result: type[Result]) -> Result:
        """The product's result, decoded; ``msgspec.ValidationError`` if it is of another kind."""
        return msgspec.msgpack.decode(self.result, type=result)


def outcome_of(key: str, code: Code, result: msgspec.Struct | None = None) -> Outcome:
    """The outcome of the command with ``key`` that ended with ``code``."""
    encoded = b"" if result is None else msgspec.msgpack.encode(result)
    return Outcome(
        kind=MEANINGS[code].kind, code=code, operation_id=operation_id(key), result=encoded
    )


class InquireOutcome(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Ask what came of the command with ``key``; the answer is final.

    A key that was never seen is barred by the asking: should the command still arrive, it is
    answered ``never_arrived`` and does nothing. So an inquiry never races its command. Of a
    cancellation, which its sender must be able to repeat, ask without ``bars``.
    """

    key: str
    account: int
    product: str
    channel: str
    origin: str
    bars: bool = True


Request = Command | InquireOutcome
"""What an executor answers."""


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A question to a compartment itself, not to the ledger: ``status`` or ``switches``."""

    about: str


class Close(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Close the compartment (閉塞) by hand: it refuses all work until reopened."""

    reason: str


class Reopen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open a closed compartment by hand and forget the errors counted so far."""

    reason: str


class CompartmentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``Ask("status")`` and to ``Close`` and ``Reopen``; counts since the start."""

    name: str
    open: bool
    closed_reason: str
    waiting: int
    mailbox_limit: int
    accepted: int
    declined: int
    failed: int
    unknown: int
    batches: int
    double_errors: int
    open_breakers: tuple[str, ...]


class SwitchState(msgspec.Struct, frozen=True, kw_only=True):
    """One suspended service: a product on a channel (``*`` for all channels)."""

    product: str
    channel: str
    reason: str
