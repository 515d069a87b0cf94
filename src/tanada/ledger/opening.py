"""Opening a ledger: balances brought in from elsewhere, by COPY, as entries like all others.

Every account's first entry is the balance it brought in. Accounts are taken together, up to
``ACCOUNTS_PER_OPERATION`` of them to one operation, whose contra is one entry of the bank's own
account ``OPENING_BALANCES``: so the books balance from the first moment, and are small.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from tanada.base.copying import Advance, copy_lines
from tanada.base.database import Connection, load_queries, translate_errors
from tanada.base.errors import BankError
from tanada.base.ids import operation_id
from tanada.ledger.accounts import OPENING_BALANCES, is_customer

ACCOUNTS_PER_OPERATION: Final = 1_000

_QUERIES: Final = load_queries(__package__, "opening.sql")


class AlreadyOpened(BankError):
    """The ledger holds accounts already; balances are brought in once, into an empty ledger."""

    code = "ledger_already_opened"


@dataclass(frozen=True)
class BroughtIn:
    """Accounts of one product as columns of equal length; balances are yen and above zero.

    ``opened_on`` holds dates as YYYY-MM-DD. Account ids rise, which keeps the indexes compact.
    """

    product: str
    accounts: Sequence[int]
    balances: Sequence[int]
    opened_on: Sequence[str]
    customers: Sequence[int]

    def chunks(self) -> Iterator[slice]:
        """The accounts of each operation."""
        for start in range(0, len(self.accounts), ACCOUNTS_PER_OPERATION):
            yield slice(start, min(start + ACCOUNTS_PER_OPERATION, len(self.accounts)))

    def key(self, chunk: slice) -> str:
        """The idempotency key of the operation that brings in one chunk."""
        return f"opening:{self.product}:{chunk.start}"


@dataclass(frozen=True)
class BankMovement:
    """An operation between the bank's own accounts: account and signed amount in yen, sum zero."""

    key: str
    amounts: Mapping[int, int]


@dataclass(frozen=True)
class Opening:
    """When balances are brought in: at the end of ``business_date``, booked at ``booked_at``."""

    business_date: date
    booked_at: datetime


def is_opened(connection: Connection) -> bool:
    """Whether the ledger holds anything."""
    with translate_errors():
        row = connection.execute(_QUERIES.is_opened).fetchone()
    return row is None or bool(row[0])


def refuse_if_opened(connection: Connection) -> None:
    """Raise ``AlreadyOpened`` unless the ledger is empty."""
    if is_opened(connection):
        raise AlreadyOpened("the ledger holds accounts already: load into an empty database")


def bring_in(
    connection: Connection, brought: BroughtIn, opening: Opening, advance: Advance | None = None
) -> None:
    """Write the accounts, their first entries and the contra. ``advance`` hears of each account."""
    assert all(map(is_customer, brought.accounts[:1])), "the bank's own accounts have no balance"
    copy_lines(connection, _QUERIES.copy_accounts, _account_lines(brought))
    copy_lines(connection, _QUERIES.copy_entries, _entry_lines(brought, opening), advance)
    contras = [
        BankMovement(brought.key(chunk), {OPENING_BALANCES: -sum(brought.balances[chunk])})
        for chunk in brought.chunks()
    ]
    copy_lines(connection, _QUERIES.copy_bank_entries, _bank_lines(contras, opening))


def move_own_money(
    connection: Connection, movements: Sequence[BankMovement], opening: Opening
) -> None:
    """Write operations between the bank's own accounts, such as cash put into machines."""
    assert all(sum(movement.amounts.values()) == 0 for movement in movements)
    copy_lines(connection, _QUERIES.copy_bank_entries, _bank_lines(movements, opening))


def open_business_day(
    connection: Connection, business_date: date, capacity: Mapping[str, int]
) -> None:
    """Set the first business date and declare each product's reversal log, in rows."""
    meters = [f"{product}\t{business_date}\t{rows}\n" for product, rows in capacity.items()]
    copy_lines(connection, _QUERIES.copy_meters, meters)
    with translate_errors():
        connection.execute(_QUERIES.set_business_date, (business_date,))


def _account_lines(brought: BroughtIn) -> Iterator[str]:
    product = brought.product
    columns = (brought.accounts, brought.balances, brought.opened_on, brought.customers)
    for account, balance, opened, customer in zip(*columns, strict=True):
        yield f"{account}\t{product}\t{balance}\t1\t{opened}\t{customer}\n"


def _entry_lines(brought: BroughtIn, opening: Opening) -> Iterator[str]:
    day = opening.business_date
    ending = f"{day}\t{day}\t{opening.booked_at.isoformat()}\n"
    for chunk in brought.chunks():
        operation = str(operation_id(brought.key(chunk)))
        for account, amount in zip(brought.accounts[chunk], brought.balances[chunk], strict=True):
            yield f"{account}\t1\t{operation}\t{amount}\t{amount}\t{ending}"


def _bank_lines(movements: Sequence[BankMovement], opening: Opening) -> Iterator[str]:
    ending = f"{opening.business_date}\t{opening.booked_at.isoformat()}\n"
    for movement in movements:
        operation = operation_id(movement.key)
        for account, amount in movement.amounts.items():
            yield f"{operation}\t{account}\t{amount}\t{ending}"
