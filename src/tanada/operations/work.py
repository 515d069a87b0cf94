"""What a product sees when it decides, and how it says what it decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from tanada.ledger.book import Account, Book, Posting
from tanada.operations.codes import Code
from tanada.operations.commands import Command
from tanada.operations.shelf import Row, Shelf, Table

C = TypeVar("C", bound=Command)


class Decision(NamedTuple):
    """A product's answer: a code and, when accepted, its result."""

    code: Code
    result: msgspec.Struct | None = None


def accept(result: msgspec.Struct) -> Decision:
    """The command is done; what it decided is written with its batch."""
    return Decision(Code.OK, result)


def decline(code: Code) -> Decision:
    """A business refusal; no money moved."""
    return Decision(code)


class Work:
    """The locked state of a batch, as the product deciding one command sees it."""

    __slots__ = ("_before_posting", "_shelves", "book", "now", "operation")

    def __init__(
        self,
        book: Book,
        shelves: Mapping[Table[Any], Shelf[Any]],
        now: datetime,
        before_posting: Callable[[str], None],
    ) -> None:
        self.book = book
        self.now = now
        self.operation = UUID(int=0)
        self._shelves = shelves
        self._before_posting = before_posting

    @property
    def business_date(self) -> date:
        """The date on which this batch is booked."""
        return self.book.business_date

    def account(self, account_id: int) -> Account | None:
        """A customer's account, locked, or None if there is none."""
        return self.book.account(account_id)

    def rows(self, table: Table[Row]) -> Shelf[Row]:
        """The product's own rows that its commands named."""
        shelf: Shelf[Row] = self._shelves[table]
        return shelf

    def post(self, product: str, postings: Sequence[Posting]) -> None:
        """Post the operation that is being decided, as one balanced set of postings.

        Raises ``ReversalLogFull`` where rows of the log are taken late (as-was policy).
        """
        self._before_posting(product)
        self.book.post(self.operation, product, postings)


def about_account(command: Command) -> tuple[int, ...]:
    """The account that the command names; what most commands lock."""
    return (command.account,)


@dataclass(frozen=True, kw_only=True)
class Execution(Generic[C]):
    """Which function executes which command: one line of the table in ``executions``.

    ``accounts`` names all customers' accounts to lock; ``tables`` the product's rows to load.
    ``posts`` is False for commands that never move money. ``undo`` puts back the product's own rows
    when the operation is cancelled, given its postings; None where there are none to put back.
    """

    command: type[C]
    product: str
    decide: Callable[[C, Work], Decision]
    accounts: Callable[[C], tuple[int, ...]] = about_account
    tables: tuple[Table[Any], ...] = ()
    posts: bool = True
    reversible: bool = False
    undo: Callable[[Command, Sequence[Posting], Work], None] | None = None
    undo_tables: tuple[Table[Any], ...] = ()

    @property
    def operation(self) -> str:
        """The command's name, as breakers, attempts and people know it."""
        return self.command.__name__


Executions = Mapping[type[Command], Execution[Any]]
"""The whole table, by command."""


def execution_table(executions: Sequence[Execution[Any]]) -> Executions:
    """Index the table; a command that stands in it twice is a mistake of ours."""
    table = {execution.command: execution for execution in executions}
    assert len(table) == len(executions), "a command has two executions"
    return table
