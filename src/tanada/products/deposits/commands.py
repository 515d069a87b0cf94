"""Commands of ordinary deposits (普通預金) and their results. Amounts are yen."""

import msgspec

from tanada.operations.commands import Command


class OpenDeposit(Command, frozen=True, kw_only=True):
    """Open an ordinary deposit account with a zero balance."""

    customer: int
    passbook: bool = True


class DepositCash(Command, frozen=True, kw_only=True):
    """Take ``amount`` in cash at a machine and credit it. ``card`` 0: with the passbook alone."""

    amount: int
    terminal: int
    card: int = 0


class WithdrawCash(Command, frozen=True, kw_only=True):
    """Debit ``amount`` and pay it out in cash at a machine; needs the card and its PIN.

    ``pin_proof`` is the keyed digest that the gateway made of the PIN; the PIN itself never
    leaves the gateway.
    """

    amount: int
    terminal: int
    card: int
    pin_proof: bytes


class ShowBalance(Command, frozen=True, kw_only=True):
    """Show the balance; with ``card`` 0 by passbook, without a PIN (customs of the counter)."""

    card: int = 0
    pin_proof: bytes = b""


class UpdatePassbook(Command, frozen=True, kw_only=True):
    """Print the unposted (未記帳) entries, at most ``lines`` of them, and remember how far.

    ``card`` 0: with the passbook alone.
    """

    lines: int = 24
    card: int = 0


class StopCard(Command, frozen=True, kw_only=True):
    """Stop a card; ``stolen`` marks it so that a machine keeps it."""

    card: int
    stolen: bool = False


class CreditByFile(Command, frozen=True, kw_only=True):
    """Credit ``amount`` that a line of a posting file brings in."""

    amount: int


class DepositOpened(msgspec.Struct, frozen=True, kw_only=True):
    account: int


class CashPosted(msgspec.Struct, frozen=True, kw_only=True):
    """After a deposit or a withdrawal: the balance in yen."""

    balance: int


class FileCredited(msgspec.Struct, frozen=True, kw_only=True):
    """After a credit by file: the balance in yen."""

    balance: int


class BalanceShown(msgspec.Struct, frozen=True, kw_only=True):
    """Ledger balance and what can be drawn (down to the account's floor), yen."""

    balance: int
    available: int


class PassbookLine(msgspec.Struct, frozen=True, kw_only=True):
    """One printed line. ``booked_on`` is YYYY-MM-DD; ``amount`` is signed, credit positive."""

    sequence: int
    booked_on: str
    amount: int
    balance: int


class PassbookUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """The lines to print and how many remain for the next update."""

    lines: tuple[PassbookLine, ...]
    remaining: int
    balance: int


class CardStopped(msgspec.Struct, frozen=True, kw_only=True):
    card: int
