"""Loading a batch: stored outcomes, locked accounts and the products' rows, in one trip."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from tanada.base.database import int_array, load_queries, uuid_array
from tanada.base.ids import operation_id
from tanada.base.pipeline import Answer, Pipeline
from tanada.ledger.book import QUERIES as LEDGER
from tanada.ledger.book import Book
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Outcome, Request, Reverse
from tanada.operations.known import Known
from tanada.operations.reversal import Reversible, reversible_of
from tanada.operations.shelf import Shelf, Table
from tanada.operations.work import Executions

QUERIES: Final = load_queries("tanada.operations")


class Loaded(NamedTuple):
    """All that a batch is decided upon."""

    book: Book
    shelves: dict[Table[Any], Shelf[Any]]
    known: dict[UUID, Known]
    reversible: dict[UUID, Reversible]


def load_batch(
    pipeline: Pipeline,
    requests: Sequence[Request],
    executions: Executions,
    now: datetime,
    holder: str,
) -> Loaded:
    """Lock and read what the requests need, inside the caller's transaction."""
    commands = [request for request in requests if isinstance(request, Command)]
    ids = {operation_id(request.key) for request in requests}
    originals = [operation_id(c.original_key) for c in commands if isinstance(c, Reverse)]
    ids.update(originals)
    # Outcomes first: an original that is found accepted has its row of the log by then, and one
    # that commits after this look is met when its key is stored. All is sent before the first
    # answer is awaited, in one trip to the database; only cancellations need two.
    stored = pipeline.execute(QUERIES.find_operations, (uuid_array(ids),))
    reversible = _load_reversible(pipeline, originals)
    day = pipeline.execute(LEDGER.business_date)
    accounts = _accounts_of(commands, executions, reversible)
    locked = pipeline.execute(LEDGER.lock_accounts, (int_array(accounts),))
    tables = [
        (table, pipeline.execute(table.load, (int_array(sorted(keys)),)))
        for table, keys in _keys_of(commands, executions, reversible).items()
    ]
    return Loaded(
        book=_book(day, locked, now, holder),
        shelves={table: _filled(table, answer) for table, answer in tables},
        known={row[0]: _known(row) for row in stored.fetchall()},
        reversible=reversible,
    )


def _load_reversible(pipeline: Pipeline, originals: Sequence[UUID]) -> dict[UUID, Reversible]:
    # A trip of its own, and only for batches that cancel: what to lock stands in these rows.
    if not originals:
        return {}
    rows = pipeline.execute(LEDGER.find_reversible, (uuid_array(originals),)).fetchall()
    return {row[0]: reversible_of(row) for row in rows}


def _book(day: Answer, locked: Answer, now: datetime, holder: str) -> Book:
    row = day.fetchone()
    assert row is not None, "the bank has no business date: load a bank first"
    book = Book(row[0], now, holder)
    book.load(locked.fetchall())
    return book


def _accounts_of(
    commands: Sequence[Command], executions: Executions, reversible: dict[UUID, Reversible]
) -> list[int]:
    accounts = {posting.account for found in reversible.values() for posting in found.postings}
    for command in commands:
        execution = executions.get(type(command))
        accounts.update((command.account,) if execution is None else execution.accounts(command))
    return sorted(accounts)


def _keys_of(
    commands: Sequence[Command], executions: Executions, reversible: dict[UUID, Reversible]
) -> dict[Table[Any], set[int]]:
    wanted: dict[Table[Any], set[int]] = {}
    for command in commands:
        if isinstance(command, Reverse):
            _add_undo_keys(wanted, command, executions, reversible)
            continue
        execution = executions.get(type(command))
        for table in () if execution is None else execution.tables:
            wanted.setdefault(table, set()).update(table.keys(command))
    return wanted


def _add_undo_keys(
    wanted: dict[Table[Any], set[int]],
    command: Reverse,
    executions: Executions,
    reversible: dict[UUID, Reversible],
) -> None:
    """Rows that cancelling may put back: by the command, and by the accounts that were posted."""
    found = reversible.get(operation_id(command.original_key))
    accounts = () if found is None else tuple(posting.account for posting in found.postings)
    for execution in executions.values():
        if execution.product == command.product:
            for table in execution.undo_tables:
                wanted.setdefault(table, set()).update(table.keys(command), accounts)


def _filled(table: Table[Any], answer: Answer) -> Shelf[Any]:
    shelf = Shelf(table)
    shelf.fill(answer.fetchall())
    return shelf


def _known(row: Sequence[Any]) -> Known:
    operation, digest, kind, code, result, command, cancelled = row
    outcome = Outcome(kind=kind, code=Code(code), operation_id=operation, result=bytes(result))
    return Known(bytes(digest), command, outcome, cancelled)
