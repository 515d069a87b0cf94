"""Cancelling an operation (取消): a contra entry, on the same business date, once only."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from tanada.ledger.accounts import is_customer
from tanada.ledger.book import Posting
from tanada.operations.codes import Code
from tanada.operations.commands import Outcome, Reverse
from tanada.operations.work import Decision, Execution, Work, accept, decline


class Reversible(NamedTuple):
    """A row of the reversal log: what is needed to cancel one operation."""

    operation: UUID
    product: str
    business_date: date
    postings: tuple[Posting, ...]
    reversed_by: UUID | None


class Reversed(msgspec.Struct, frozen=True, kw_only=True):
    """``undone`` says whether money moved back; False if the original had never moved any."""

    undone: bool


class Original(NamedTuple):
    """What is to be cancelled: its outcome, its line of the table and its row of the log."""

    outcome: Outcome
    execution: Execution[Any] | None
    logged: Reversible | None


def reversible_of(row: Sequence[Any]) -> Reversible:
    """A result row of ``find_reversible``."""
    operation, product, business_date, accounts, amounts, reversed_by = row
    postings = tuple(Posting(*pair) for pair in zip(accounts, amounts, strict=True))
    return Reversible(operation, product, business_date, postings, reversed_by)


def decide_reversal(
    command: Reverse, work: Work, original: Original, before_posting: Callable[[str], None]
) -> Decision:
    """Cancel an operation from its row of the reversal log.

    An original that never moved money is cancelled by leaving it so. ``before_posting`` takes a row
    of the log where the policy makes cancellations need one.
    """
    outcome, execution, logged = original
    if outcome.kind != "accepted":
        return accept(Reversed(undone=False))
    postings = work.book.pending(outcome.operation_id) if logged is None else logged.postings
    if postings is None or execution is None or not execution.reversible:
        return decline(Code.NOT_REVERSIBLE)
    if execution.product != command.product:
        return decline(Code.WRONG_PRODUCT)
    if all(posting.account != command.account for posting in postings):
        return decline(Code.UNKNOWN_ACCOUNT)
    if work.book.is_reversed(outcome.operation_id) or (logged and logged.reversed_by is not None):
        return decline(Code.ALREADY_REVERSED)
    if logged is not None and logged.business_date != work.business_date:
        return decline(Code.NOT_REVERSIBLE)
    refused = _refusal(work, postings)
    if refused is not None:
        return decline(refused)
    # After this point the cancellation must succeed.
    before_posting(command.product)
    work.book.reverse(outcome.operation_id, work.operation, postings)
    if execution.undo is not None:
        execution.undo(command, postings, work)
    return accept(Reversed(undone=True))


def _refusal(work: Work, postings: Sequence[Posting]) -> Code | None:
    for account_id, amount in postings:
        if not is_customer(account_id):
            continue
        account = work.account(account_id)
        if account is None or not account.open:
            return Code.CLOSED_ACCOUNT
        if amount > account.available:
            return Code.INSUFFICIENT_FUNDS
    return None
