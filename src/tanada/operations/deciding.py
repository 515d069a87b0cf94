"""Deciding one batch: each command in turn, against the locked state, in plain Python."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tanada.base.errors import BankError, InvariantBroken
from tanada.base.ids import operation_id
from tanada.base.money import MAX_AMOUNT
from tanada.base.pipeline import Pipeline
from tanada.ledger.book import ReversalLogFull
from tanada.ledger.reversal_log import ReversalLog
from tanada.operations.breakers import BreakerKey, Breakers
from tanada.operations.codes import MEANINGS, Code
from tanada.operations.commands import (
    MAX_KEY_LENGTH,
    Command,
    InquireOutcome,
    Outcome,
    Request,
    Reverse,
    outcome_of,
)
from tanada.operations.known import BARRED, Decided, Known
from tanada.operations.loading import Loaded
from tanada.operations.reversal import Original, decide_reversal
from tanada.operations.work import Decision, Execution, Executions, Work, decline


class Fact(NamedTuple):
    """Something that people must hear of: ``kind`` is a word, ``detail`` a sentence."""

    component: str
    kind: str
    detail: str


class Guards(NamedTuple):
    """What a compartment asks before it lets a command in."""

    breakers: Breakers
    log: ReversalLog


def fingerprint(command: Command) -> bytes:
    """Digest of what a command says, without the times at which it was said."""
    content = msgspec.structs.replace(command, made_at=0, deadline=0)
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=16).digest()


def refusal_of(command: Command) -> Code | None:
    """What is wrong with a command whatever its product: key and amount; None if nothing."""
    if not command.key:
        return Code.NO_KEY
    if len(command.key) > MAX_KEY_LENGTH:
        return Code.KEY_TOO_LONG
    amount: int | None = getattr(command, "amount", None)
    if amount is not None and amount <= 0:
        return Code.AMOUNT_NOT_POSITIVE
    if amount is not None and amount > MAX_AMOUNT:
        return Code.AMOUNT_ABOVE_LIMIT
    return None


class Deciding:
    """The deciding of one batch; ``decided`` is what is to be stored of it."""

    def __init__(
        self,
        loaded: Loaded,
        executions: Executions,
        guards: Guards,
        now: datetime,
        monotonic: float,
    ) -> None:
        self._book = loaded.book
        self._shelves = loaded.shelves
        self._known = loaded.known
        self._reversible = loaded.reversible
        self._executions = executions
        self._guards = guards
        self._monotonic = monotonic
        self._work = Work(loaded.book, loaded.shelves, now, self._before_posting)
        self.decided: list[Decided] = []
        self.facts: list[Fact] = []
        self.rows_taken: list[str] = []

    def answer(self, request: Request) -> Outcome:
        """The outcome of a request: one that stands already, or a new decision."""
        if isinstance(request, InquireOutcome):
            return self._answer_inquiry(request)
        refused = refusal_of(request)
        if refused is not None:
            return outcome_of(request.key, refused)
        digest = fingerprint(request)
        known = self._known.get(operation_id(request.key))
        if known is None:
            return self._decide(request, digest)
        if known.fingerprint not in (BARRED, digest):
            return outcome_of(request.key, Code.SAME_KEY_OTHER_CONTENT)
        if known.cancelled or self._book.is_reversed(known.outcome.operation_id):
            # Told that it was accepted, a machine would pay out what has been taken back.
            return outcome_of(request.key, Code.ALREADY_REVERSED)
        return known.outcome

    def write(self, pipeline: Pipeline) -> None:
        """Send the money and the products' rows, inside the caller's transaction."""
        for shelf in self._shelves.values():
            shelf.save(pipeline)
        if not self._book.empty:
            self._book.write(pipeline)

    def _answer_inquiry(self, inquiry: InquireOutcome) -> Outcome:
        known = self._known.get(operation_id(inquiry.key))
        if known is None and not inquiry.bars:
            return outcome_of(inquiry.key, Code.NEVER_ARRIVED)
        if known is None:
            known = self._bar(inquiry, inquiry.key, inquiry.product)
        return known.outcome

    def _bar(self, request: Request, key: str, product: str) -> Known:
        known = Known(BARRED, type(request).__name__, outcome_of(key, Code.NEVER_ARRIVED))
        self._store(request, product, key, known)
        return known

    def _store(self, request: Request, product: str, key: str, known: Known) -> None:
        self._known[known.outcome.operation_id] = known
        self.decided.append(Decided(request, product, key, known))

    def _decide(self, command: Command, digest: bytes) -> Outcome:
        if isinstance(command, Reverse):
            product = command.product
            decision = self._guarded(command, product, self._reverse)
        else:
            execution = self._executions.get(type(command))
            if execution is None:
                return outcome_of(command.key, Code.UNKNOWN_COMMAND)
            product = execution.product
            decision = self._guarded(command, product, self._run(execution))
        outcome = outcome_of(command.key, decision.code, decision.result)
        if _stands(command, outcome):
            known = Known(digest, type(command).__name__, outcome)
            self._store(command, product, command.key, known)
        return outcome

    def _run(self, execution: Execution[Any]) -> Callable[[Any], Decision]:
        if not execution.posts:
            return lambda command: execution.decide(command, self._work)
        return lambda command: self._with_reserved_row(execution, command)

    def _with_reserved_row(self, execution: Execution[Any], command: Command) -> Decision:
        log = self._guards.log
        if not log.reserves:
            return execution.decide(command, self._work)
        if not log.take(execution.product, self._book.business_date):
            return decline(Code.REVERSAL_LOG_FULL)
        self.rows_taken.append(execution.product)
        logged_before = self._book.mark().log
        decision = execution.decide(command, self._work)
        if self._book.mark().log == logged_before:
            self._put_back_last()
        return decision

    def _put_back_last(self) -> None:
        self._guards.log.put_back(self.rows_taken.pop(), self._book.business_date)

    def _before_posting(self, product: str) -> None:
        log = self._guards.log
        if log.reserves:
            return
        if not log.take(product, self._book.business_date):
            raise ReversalLogFull(f"the reversal log of {product} has no row left today")
        self.rows_taken.append(product)

    def _guarded(
        self, command: Command, product: str, decide: Callable[[Any], Decision]
    ) -> Decision:
        key = BreakerKey(product, command.channel, type(command).__name__)
        if not self._guards.breakers.allows(key, self._monotonic):
            return decline(Code.BREAKER_OPEN)
        mark = self._book.mark()
        shelf_marks = [(shelf, shelf.mark()) for shelf in self._shelves.values()]
        rows_before = len(self.rows_taken)
        self._work.operation = operation_id(command.key)
        try:
            decision = decide(command)
        except Exception as error:  # the border that keeps a product's error from its neighbours
            self._book.undo(mark)
            for shelf, shelf_mark in shelf_marks:
                shelf.undo(shelf_mark)
            while len(self.rows_taken) > rows_before:
                self._put_back_last()
            return self._after_error(key, product, error)
        if self._guards.breakers.succeeded(key):
            self.facts.append(Fact(str(key), "breaker_closed", "a probe went through"))
        return decision

    def _after_error(self, key: BreakerKey, product: str, error: Exception) -> Decision:
        cause = cause_of(error)
        broken = isinstance(error, AssertionError | InvariantBroken)
        if self._guards.breakers.failed(key, cause, self._monotonic, invariant=broken):
            self.facts.append(Fact(str(key), "breaker_opened", f"{cause}: {error}"))
        if not isinstance(error, BankError):
            self.facts.append(Fact(str(key), "internal_error", f"{cause}: {error}"))
        log = self._guards.log
        if log.reserves:
            # The undoing above was the cancellation: it needs nothing that could have run out.
            return Decision(Code.INTERNAL_ERROR)
        if log.take(product, self._book.business_date):
            self.rows_taken.append(product)
            return Decision(Code.CANCELLED_AFTER_ERROR)
        return Decision(Code.DOUBLE_ERROR)

    def _reverse(self, command: Reverse) -> Decision:
        if command.original_key in ("", command.key):
            return decline(Code.NOT_REVERSIBLE)
        original = operation_id(command.original_key)
        known = self._known.get(original)
        if known is None:
            known = self._bar(command, command.original_key, command.product)
        return decide_reversal(
            command,
            self._work,
            Original(known.outcome, self._by_name(known.command), self._reversible.get(original)),
            self._before_posting,
        )

    def _by_name(self, command: str) -> Execution[Any] | None:
        return next((e for e in self._executions.values() if e.operation == command), None)


def _stands(command: Command, outcome: Outcome) -> bool:
    """Whether the outcome is the last word on its key, to be stored.

    A double error leaves nothing behind by which the command could be answered later; who wants to
    know must inquire, which settles it. A cancellation that failed for a reason of the bank's, or
    that named another account than its original, must be possible later: its channel knows no
    other key for it.
    """
    if outcome.kind == "unknown":
        return False
    if not isinstance(command, Reverse):
        return True
    return not (MEANINGS[outcome.code].bank_reason or outcome.code is Code.UNKNOWN_ACCOUNT)


def cause_of(error: Exception) -> str:
    """The kind of an error, in one word."""
    return error.code if isinstance(error, BankError) else type(error).__name__


def products_posting(
    requests: Sequence[Request], executions: Executions, reserves: bool
) -> dict[str, int]:
    """How many rows of each product's reversal log the requests may need.

    A cancellation needs one only where the policy does not reserve.
    """
    needed: dict[str, int] = {}
    for request in requests:
        if isinstance(request, Reverse):
            product, rows = request.product, 0 if reserves else 1
        else:
            execution = executions.get(type(request))  # type: ignore[arg-type]  # see Request
            if execution is None:
                continue
            product, rows = execution.product, int(execution.posts)
        if rows:
            needed[product] = needed.get(product, 0) + rows
    return needed
