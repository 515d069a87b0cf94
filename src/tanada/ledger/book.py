"""The book of one batch: locked accounts, and the postings decided upon them.

Deciding is plain synchronous Python against this locked state; nothing is written until ``write``
sends the whole batch in one statement. A single posting is the case of a batch of one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from tanada.base.database import (
    Connection,
    date_array,
    int_array,
    load_queries,
    text_array,
    uuid_array,
)
from tanada.base.errors import BankError
from tanada.base.pipeline import Parameters, Pipeline
from tanada.ledger.accounts import is_customer

QUERIES: Final = load_queries("tanada.ledger")


class ReversalLogFull(BankError):
    """The product's reversal log has no row left today; the update was not done."""

    code = "reversal_log_full"


class CancelledMeanwhile(BankError):
    """Another batch cancelled the same operation after this one had read its row of the log."""

    code = "cancelled_meanwhile"
    transient = True


class Posting(NamedTuple):
    """One line of an operation: ``amount`` in yen, a credit positive."""

    account: int
    amount: int


class Account:
    """A customer's account under the lock of the batch."""

    __slots__ = ("account_id", "balance", "customer", "floor", "last_sequence", "open", "product")

    def __init__(
        self,
        account_id: int,
        product: str,
        balance: int = 0,
        floor: int = 0,
        last_sequence: int = 0,
        is_open: bool = True,
        customer: int | None = None,
    ) -> None:
        self.account_id = account_id
        self.product = product
        self.balance = balance
        self.floor = floor
        self.last_sequence = last_sequence
        self.open = is_open
        self.customer = customer

    @property
    def available(self) -> int:
        """What can be debited before the balance reaches the floor."""
        return self.balance - self.floor


class Mark(NamedTuple):
    """A point of the book to which it can be taken back."""

    changes: int
    entries: int
    bank_entries: int
    log: int
    reversed: int
    opened: int


class Book:
    """Accounts locked by one transaction, and what is to be written to the ledger with it."""

    def __init__(self, business_date: date, booked_at: datetime, holder: str) -> None:
        self.business_date = business_date
        self.booked_at = booked_at
        self._holder = holder
        self._accounts: dict[int, Account] = {}
        self._changes: list[tuple[Account, int, int]] = []
        self._entries: list[tuple[int, int, UUID, int, int]] = []
        self._bank_entries: list[tuple[UUID, int, int]] = []
        self._log: list[tuple[UUID, str, tuple[Posting, ...]]] = []
        self._reversed: list[tuple[UUID, UUID]] = []
        self._opened: list[Account] = []

    def load(self, rows: Iterable[Sequence[object]]) -> None:
        """Take over the rows of ``lock_accounts``."""
        for row in rows:
            account = Account(*row)  # type: ignore[arg-type]  # the query's columns in order
            self._accounts[account.account_id] = account

    def account(self, account_id: int) -> Account | None:
        """The account, if it exists and was locked for this batch."""
        return self._accounts.get(account_id)

    def open_account(self, account_id: int, product: str, customer: int | None) -> Account:
        """Open a customer's account with a zero balance; it must not exist."""
        assert account_id not in self._accounts and is_customer(account_id)
        account = self._accounts[account_id] = Account(account_id, product, customer=customer)
        self._opened.append(account)
        return account

    def post(self, operation: UUID, product: str, postings: Sequence[Posting]) -> None:
        """Post a balanced operation; whether it may be posted was decided before.

        The accounts must be locked and stay at or above their floors. The caller has taken a row
        of the reversal log for it.
        """
        self._post_all(operation, postings)
        self._log.append((operation, product, tuple(postings)))

    def reverse(self, original: UUID, reversal: UUID, postings: Sequence[Posting]) -> None:
        """Post the contra entry of ``original``, whose postings are given; marks its log row."""
        contra = [Posting(account, -amount) for account, amount in postings]
        self._post_all(reversal, contra)
        self._reversed.append((original, reversal))

    def is_reversed(self, operation: UUID) -> bool:
        """Whether this very batch cancels the operation."""
        return any(original == operation for original, _ in self._reversed)

    def pending(self, operation: UUID) -> tuple[Posting, ...] | None:
        """The postings of an operation that this very batch posts, if it does."""
        return next((row[2] for row in self._log if row[0] == operation), None)

    def _post_all(self, operation: UUID, postings: Sequence[Posting]) -> None:
        assert sum(posting.amount for posting in postings) == 0, "an operation balances"
        for account_id, amount in postings:
            if is_customer(account_id):
                self._post_entry(self._accounts[account_id], operation, amount)
            else:
                self._bank_entries.append((operation, account_id, amount))

    def _post_entry(self, account: Account, operation: UUID, amount: int) -> None:
        balance = account.balance + amount
        assert balance >= account.floor or amount > 0, "a debit must not pass the floor"
        self._changes.append((account, account.balance, account.last_sequence))
        account.balance = balance
        account.last_sequence += 1
        self._entries.append(
            (account.account_id, account.last_sequence, operation, amount, balance)
        )

    def mark(self) -> Mark:
        """Remember this point, to ``undo`` a command that fails half-way."""
        return Mark(
            len(self._changes),
            len(self._entries),
            len(self._bank_entries),
            len(self._log),
            len(self._reversed),
            len(self._opened),
        )

    def undo(self, mark: Mark) -> None:
        """Forget everything decided since ``mark``."""
        while len(self._changes) > mark.changes:
            account, balance, sequence = self._changes.pop()
            account.balance, account.last_sequence = balance, sequence
        del self._entries[mark.entries :]
        del self._bank_entries[mark.bank_entries :]
        del self._log[mark.log :]
        del self._reversed[mark.reversed :]
        for account in self._opened[mark.opened :]:
            del self._accounts[account.account_id]
        del self._opened[mark.opened :]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self._log or self._opened or self._reversed)

    def write(self, pipeline: Pipeline) -> None:
        """Send all of the batch to the database, inside the caller's transaction."""
        if self._opened:
            _write_opened(pipeline, self._opened, self.business_date)
        if self._log or self._reversed:
            pipeline.execute(QUERIES.write_postings, self._parameters())
        if self._reversed:
            _mark_reversed(pipeline, self._reversed)

    def _parameters(self) -> Parameters:
        entries, bank, log = self._entries, self._bank_entries, self._log
        changed = {account.account_id: account for account, _, _ in self._changes}
        used = Counter(row[1] for row in log)
        return {
            "business_date": self.business_date,
            "booked_at": self.booked_at,
            "holder": self._holder,
            "entry_accounts": int_array(row[0] for row in entries),
            "entry_sequences": int_array(row[1] for row in entries),
            "entry_operations": uuid_array(row[2] for row in entries),
            "entry_amounts": int_array(row[3] for row in entries),
            "entry_balances": int_array(row[4] for row in entries),
            "bank_operations": uuid_array(row[0] for row in bank),
            "bank_accounts": int_array(row[1] for row in bank),
            "bank_amounts": int_array(row[2] for row in bank),
            "log_operations": uuid_array(row[0] for row in log),
            "log_products": text_array(row[1] for row in log),
            "log_accounts": text_array([int_array([p[0] for p in row[2]]) for row in log]),
            "log_amounts": text_array([int_array([p[1] for p in row[2]]) for row in log]),
            "used_products": text_array(used),
            "used_rows": int_array(used.values()),
            "balance_accounts": int_array(changed),
            "balance_amounts": int_array(account.balance for account in changed.values()),
            "balance_sequences": int_array(account.last_sequence for account in changed.values()),
            "balance_count": len(changed),
        }


def _write_opened(pipeline: Pipeline, opened: Sequence[Account], business_date: date) -> None:
    pipeline.execute(
        QUERIES.open_accounts,
        (
            int_array(account.account_id for account in opened),
            text_array(account.product for account in opened),
            int_array(account.customer for account in opened),
            date_array([business_date] * len(opened)),
        ),
    )


def _mark_reversed(pipeline: Pipeline, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    originals = uuid_array(original for original, _ in pairs)
    reversals = uuid_array(reversal for _, reversal in pairs)
    marked = pipeline.execute(QUERIES.mark_reversed, (originals, reversals)).fetchall()
    if len(marked) != len(pairs):
        raise CancelledMeanwhile("another batch has cancelled the same operation; look again")


def business_date(connection: Connection) -> date:
    """The business date on which the bank books now."""
    row = connection.execute(QUERIES.business_date).fetchone()
    assert row is not None, "the bank has no business date: load a bank first"
    found = row[0]
    assert isinstance(found, date)
    return found


def advance_business_date(connection: Connection, day: date) -> bool:
    """Book on ``day`` from now on; False if the bank is there already, or beyond.

    The online bank goes on meanwhile: a batch that meets the change begins anew.
    """
    return connection.execute(QUERIES.advance_business_date, {"day": day}).rowcount > 0
