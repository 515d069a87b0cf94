"""Contracts of time deposits, their books and the posted rates, as rows of a batch."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec

from tanada.base.database import bool_array, date_array, int_array, load_queries
from tanada.base.pipeline import Pipeline
from tanada.operations.commands import Command
from tanada.operations.shelf import Table
from tanada.operations.work import Work

QUERIES: Final = load_queries("tanada.products.time_deposits")
PRODUCT: Final = "time_deposits"


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """One time deposit. ``rate`` is in 0.001 % a year; it runs from ``started_on``."""

    account_id: int
    ordinary_account: int
    term_months: int
    rate: int
    opened_on: date
    started_on: date
    matures_on: date
    auto_renew: bool
    e_account: bool
    renewals: int
    cancelled: bool


class TimeDepositBook(msgspec.Struct, frozen=True, kw_only=True):
    """The last item number given in the book of an ordinary account."""

    ordinary_account: int
    last_item: int


class PostedRate(msgspec.Struct, frozen=True, kw_only=True):
    """The rate for a term from a day on, in 0.001 % a year."""

    term_months: int
    valid_from: date
    rate: int


def _about(command: Command) -> tuple[int, ...]:
    return (command.account,)


def _none(command: Command) -> tuple[int, ...]:  # noqa: ARG001 -- all rates, whatever the command
    return ()


def _make_contract(row: Sequence[Any]) -> tuple[int, Contract]:
    return row[0], Contract(**dict(zip(Contract.__struct_fields__, row, strict=True)))


def _save_contracts(pipeline: Pipeline, contracts: list[Contract]) -> None:
    pipeline.execute(
        QUERIES.save_contracts,
        (
            int_array(c.account_id for c in contracts),
            int_array(c.ordinary_account for c in contracts),
            int_array(c.term_months for c in contracts),
            int_array(c.rate for c in contracts),
            date_array(c.opened_on for c in contracts),
            date_array(c.started_on for c in contracts),
            date_array(c.matures_on for c in contracts),
            bool_array(c.auto_renew for c in contracts),
            bool_array(c.e_account for c in contracts),
            int_array(c.renewals for c in contracts),
            bool_array(c.cancelled for c in contracts),
        ),
    )


def _make_book(row: Sequence[Any]) -> tuple[int, TimeDepositBook]:
    return row[0], TimeDepositBook(ordinary_account=row[0], last_item=row[1])


def _save_books(pipeline: Pipeline, books: list[TimeDepositBook]) -> None:
    pipeline.execute(
        QUERIES.save_books,
        (
            int_array(book.ordinary_account for book in books),
            int_array(book.last_item for book in books),
        ),
    )


def _make_rate(row: Sequence[Any]) -> tuple[int, PostedRate]:
    term, valid_from, rate = row
    return rate_key(term, valid_from), PostedRate(
        term_months=term, valid_from=valid_from, rate=rate
    )


def rate_key(term_months: int, valid_from: date) -> int:
    """One number for a term and the day from which its rate is valid."""
    return term_months * 10_000_000 + valid_from.toordinal()


CONTRACTS: Final = Table(
    keys=_about, load=QUERIES.contracts, make=_make_contract, save=_save_contracts
)
BOOKS: Final = Table(keys=_about, load=QUERIES.books, make=_make_book, save=_save_books)
RATES: Final = Table(keys=_none, load=QUERIES.posted_rates, make=_make_rate)


def posted_rate(work: Work, term_months: int) -> int | None:
    """The rate posted for the term on this business date, in 0.001 %; None if there is none."""
    rates = [
        rate
        for rate in work.rows(RATES)
        if rate.term_months == term_months and rate.valid_from <= work.business_date
    ]
    return max(rates, key=lambda rate: rate.valid_from).rate if rates else None


def maturity(start: date, term_months: int) -> date:
    """The same day ``term_months`` later, or the month's last day if it has no such day."""
    months = start.year * 12 + start.month - 1 + term_months
    year, month = divmod(months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
