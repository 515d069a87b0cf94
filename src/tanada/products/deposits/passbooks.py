"""The passbook: a view of the ledger's entries, and how far it is printed."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tanada.base.database import bool_array, int_array, load_queries
from tanada.base.pipeline import Pipeline
from tanada.operations.commands import Command
from tanada.operations.shelf import Table
from tanada.products.deposits.commands import PassbookLine

QUERIES: Final = load_queries("tanada.products.deposits")

MAX_LINES: Final = 96
"""Lines that one update can print; the query ``unposted`` has the same limit."""


class Passbook(msgspec.Struct, frozen=True, kw_only=True):
    """``printed_sequence`` is the last entry printed; an e-account has no paper."""

    account_id: int
    printed_sequence: int
    e_account: bool


def _keys(command: Command) -> tuple[int, ...]:
    return (command.account,)


def _make(row: Sequence[Any]) -> tuple[int, Passbook]:
    account, printed, e_account = row
    return account, Passbook(account_id=account, printed_sequence=printed, e_account=e_account)


def _save(pipeline: Pipeline, passbooks: list[Passbook]) -> None:
    pipeline.execute(
        QUERIES.save_passbooks,
        (
            int_array(passbook.account_id for passbook in passbooks),
            int_array(passbook.printed_sequence for passbook in passbooks),
            bool_array(passbook.e_account for passbook in passbooks),
        ),
    )


def _make_line(row: Sequence[Any]) -> tuple[int, PassbookLine]:
    account, sequence, booked_on, amount, balance = row
    line = PassbookLine(
        sequence=sequence, booked_on=booked_on.isoformat(), amount=amount, balance=balance
    )
    return line_key(account, sequence), line


def line_key(account: int, sequence: int) -> int:
    """One number for a line of a passbook; sequences stay far below the shift."""
    return account << 64 | sequence


PASSBOOKS: Final = Table(keys=_keys, load=QUERIES.passbooks, make=_make, save=_save)
UNPOSTED: Final = Table(keys=_keys, load=QUERIES.unposted, make=_make_line)
