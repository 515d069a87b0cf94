"""The book of one batch, and the database's half of what it promises."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import psycopg
import pytest

from tanada.base.database import Connection, IntegrityViolated, connect, translate_errors
from tanada.base.pipeline import Pipeline
from tanada.ledger.accounts import SUSPENSE, account_id
from tanada.ledger.book import Book, CancelledMeanwhile, Posting, business_date
from tests.bank import BUSINESS_DATE, NOW, balance_of, residents

OPERATION = UUID(int=0xABC)
OTHER = UUID(int=0xDEF)
NEW = account_id(999, 1, 7)


@pytest.fixture
def pipeline(compartment: Connection) -> Pipeline:
    return Pipeline(compartment)


@pytest.fixture
def compartment(bank_url: str) -> Iterator[Connection]:
    """A connection with the rights of a compartment."""
    with connect(bank_url, application="test", role="tanada_compartment") as opened:
        yield opened


def _book(connection: Connection, *accounts: int) -> Book:
    book = Book(BUSINESS_DATE, NOW, "test")
    rows = connection.execute(
        "select account_id, product, balance, floor, last_sequence, open"
        " from ledger.account where account_id = any(%s)",
        (list(accounts),),
    )
    book.load(rows.fetchall())
    return book


def _write(pipeline: Pipeline, book: Book) -> None:
    with translate_errors(), pipeline.transaction():
        book.write(pipeline)


def _credit(book: Book, account: int, amount: int, operation: UUID = OPERATION) -> None:
    book.post(operation, "deposits", (Posting(account, amount), Posting(SUSPENSE, -amount)))


def test_what_it_posts_is_what_the_database_holds(
    compartment: Connection, pipeline: Pipeline, bank_url: str
) -> None:
    account = residents()[0].account
    before = balance_of(bank_url, account)
    book = _book(compartment, account)
    _credit(book, account, 700)
    _credit(book, account, -300, OTHER)
    _write(pipeline, book)
    assert balance_of(bank_url, account) == before + 400
    entries = compartment.execute(
        "select sequence, operation_id, amount, balance_after, value_date, business_date, booked_at"
        " from ledger.entry where account_id = %s and sequence > 1 order by sequence",
        (account,),
    ).fetchall()
    assert entries == [
        (2, OPERATION, 700, before + 700, BUSINESS_DATE, BUSINESS_DATE, NOW),
        (3, OTHER, -300, before + 400, BUSINESS_DATE, BUSINESS_DATE, NOW),
    ]


def test_it_refuses_what_does_not_balance_or_passes_the_floor(compartment: Connection) -> None:
    account = residents()[0].account
    book = _book(compartment, account)
    with pytest.raises(AssertionError, match="balances"):
        book.post(OPERATION, "deposits", (Posting(account, 1),))
    opened = book.account(account)
    assert opened is not None
    with pytest.raises(AssertionError, match="floor"):
        _credit(book, account, -opened.available - 1)


def test_an_unbalanced_batch_is_refused_by_the_database_itself(
    compartment: Connection, pipeline: Pipeline, bank_url: str
) -> None:
    account = residents()[0].account
    before = balance_of(bank_url, account)
    book = _book(compartment, account)
    _credit(book, account, 500)
    book._bank_entries[0] = (OPERATION, SUSPENSE, -499)
    with pytest.raises(IntegrityViolated) as refused:
        _write(pipeline, book)
    assert refused.value.sqlstate == "23TB1"
    assert balance_of(bank_url, account) == before


def test_a_balance_that_finds_no_account_is_refused_by_the_database_itself(
    compartment: Connection,
    pipeline: Pipeline,
) -> None:
    account = residents()[0].account
    book = _book(compartment, account)
    _credit(book, account, 500)
    opened = book.account(account)
    assert opened is not None
    opened.account_id = NEW
    with pytest.raises(IntegrityViolated) as refused:
        _write(pipeline, book)
    assert refused.value.sqlstate == "23TB2"


def test_the_database_keeps_the_floor_by_itself(
    compartment: Connection, pipeline: Pipeline, bank_url: str
) -> None:
    account = residents()[0].account
    before = balance_of(bank_url, account)
    book = _book(compartment, account)
    opened = book.account(account)
    assert opened is not None
    opened.floor = -(10**12)
    _credit(book, account, -before - 1)
    with pytest.raises(IntegrityViolated) as refused:
        _write(pipeline, book)
    assert refused.value.constraint == "balance_not_below_floor"
    assert balance_of(bank_url, account) == before


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger.entry set amount = 1",
        "delete from ledger.entry",
        "truncate ledger.entry",
        "update ledger.bank_entry set amount = 1",
        "delete from ledger.bank_entry",
        "delete from ledger.account",
        "delete from ledger.reversal_log",
        "delete from ledger.reversal_meter",
        "update ledger.business_day set business_date = business_date + 1",
        "update operations.operation set kind = 'accepted'",
        "delete from operations.operation",
        "drop table ledger.entry",
        "alter table ledger.account drop constraint balance_not_below_floor",
    ],
)
@pytest.mark.parametrize("role", ["tanada_compartment", "tanada_gateway"])
def test_what_is_booked_cannot_be_unwritten(bank_url: str, statement: str, role: str) -> None:
    with (
        connect(bank_url, application="test", role=role) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_what_is_undone_leaves_nothing_to_write(compartment: Connection) -> None:
    account = residents()[0].account
    book = _book(compartment, account)
    _credit(book, account, 100)
    state = book.account(account)
    assert state is not None
    kept = (state.balance, state.last_sequence)
    mark = book.mark()
    _credit(book, account, 50, OTHER)
    book.reverse(OPERATION, UUID(int=1), (Posting(account, 100), Posting(SUSPENSE, -100)))
    book.open_account(NEW, "deposits", 1)
    assert book.is_reversed(OPERATION)
    assert book.pending(OTHER) is not None
    book.undo(mark)
    assert (state.balance, state.last_sequence) == kept
    assert book.account(NEW) is None
    assert book.pending(OTHER) is None
    assert not book.is_reversed(OPERATION)
    assert book.pending(OPERATION) is not None
    assert not book.empty


def test_an_operation_that_another_batch_has_cancelled_is_not_cancelled_again(
    compartment: Connection, pipeline: Pipeline, bank_url: str
) -> None:
    account = residents()[0].account
    before = balance_of(bank_url, account)
    book = _book(compartment, account)
    _credit(book, account, 100)
    _write(pipeline, book)
    postings = (Posting(account, 100), Posting(SUSPENSE, -100))
    for number, passes in ((1, True), (2, False)):
        contra = _book(compartment, account)
        contra.reverse(OPERATION, UUID(int=number), postings)
        if passes:
            _write(pipeline, contra)
            continue
        with pytest.raises(CancelledMeanwhile):
            _write(pipeline, contra)
    assert balance_of(bank_url, account) == before


def test_an_account_is_opened_once(compartment: Connection, pipeline: Pipeline) -> None:
    book = _book(compartment)
    book.open_account(NEW, "deposits", 1)
    with pytest.raises(AssertionError):
        book.open_account(NEW, "deposits", 1)
    _write(pipeline, book)
    again = _book(compartment)
    again.open_account(NEW, "deposits", 1)
    with pytest.raises(IntegrityViolated):
        _write(pipeline, again)


def test_everything_is_booked_on_the_banks_business_date(compartment: Connection) -> None:
    assert business_date(compartment) == BUSINESS_DATE == date(2026, 4, 1)
