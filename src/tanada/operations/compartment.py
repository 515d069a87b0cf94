"""A compartment (処理区画): a bounded mailbox in front of one executor.

It takes all that waits, up to a named bound, as one batch; while that batch is in the database the
next one gathers. What one compartment suffers, no other compartment knows of.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tanada.base.database import DatabaseError
from tanada.base.link import LinkServer, Reply
from tanada.base.seams import Seams
from tanada.base.workers import Workers
from tanada.controls.policies import Policy
from tanada.operations.codes import Code
from tanada.operations.commands import (
    MICROSECONDS,
    Ask,
    Close,
    Command,
    CompartmentStatus,
    InquireOutcome,
    Outcome,
    Reopen,
    Request,
    Reverse,
    SwitchState,
    outcome_of,
)
from tanada.operations.deciding import Fact
from tanada.operations.double_errors import DoubleErrors, Service
from tanada.operations.errands import Errands
from tanada.operations.execution import Executor
from tanada.operations.mailbox import Mailbox, Waiting
from tanada.operations.work import Executions

RECORD_AGAIN_S: Final = 5.0
"""Between two tries to record what people must hear of, within the ten seconds of an alarm."""

_ENCODER: Final = msgspec.msgpack.Encoder()
_LOG = logging.getLogger(__name__)


class _Counts(msgspec.Struct):
    accepted: int = 0
    declined: int = 0
    failed: int = 0
    unknown: int = 0
    batches: int = 0


def message_decoder(executions: Executions) -> msgspec.msgpack.Decoder[Any]:
    """Decoder of all that may come over a compartment's link."""
    kinds: tuple[type, ...] = (*executions, Reverse, InquireOutcome, Ask, Close, Reopen)
    union: Any = kinds[0]
    for kind in kinds[1:]:
        union |= kind
    return msgspec.msgpack.Decoder(union)


class Compartment:
    """One compartment at one address; ``start`` it, ``stop`` it."""

    def __init__(
        self,
        executor: Executor,
        executions: Executions,
        policy: Policy,
        seams: Seams,
    ) -> None:
        self.name = executor.name
        self.is_open = True
        self._closed_reason = ""
        self._times_changed = 0
        self._executor = executor
        self._executions = executions
        self._policy = policy
        self._seams = seams
        self._decoder = message_decoder(executions)
        self._mailbox = Mailbox(policy.mailbox)
        self._counts = _Counts()
        self._double_errors = DoubleErrors(policy.closing, policy.prohibition)
        self._server: LinkServer | None = None
        self._errands = Errands(seams.workers)

    async def start(self, address: str) -> None:
        """Open: connect to the database, then serve. Raises the database's and network's errors."""
        await self._seams.workers.run(self._executor.start)
        self._server = await LinkServer.start(self._seams.network, address, self._receive)
        self._errands.begin(self._work(), name=f"compartment {self.name}")
        self._tell("compartment_started", "it takes work")

    async def stop(self) -> None:
        """Take no more work, finish the batch at hand and give back what is reserved."""
        if self._server is not None:
            await self._server.close()
        await self._errands.cancel()
        await self._seams.workers.run(self._executor.close)

    def relax_prohibition(self, double_errors: int) -> None:
        """Loosen the guard that suspends a product (a step people took on 28 February 2021)."""
        self._double_errors.relax(double_errors)

    def status(self) -> CompartmentStatus:
        """How the compartment is now."""
        return CompartmentStatus(
            name=self.name,
            open=self.is_open,
            closed_reason=self._closed_reason,
            waiting=len(self._mailbox),
            mailbox_limit=self._policy.mailbox.capacity,
            double_errors=self._double_errors.count,
            open_breakers=self._executor.breakers.open(),
            **msgspec.structs.asdict(self._counts),
        )

    # -- the edge ----------------------------------------------------------------------------

    def _receive(self, body: bytes, reply: Reply) -> None:
        try:
            message = self._decoder.decode(body)
        except msgspec.MsgspecError:
            reply(_ENCODER.encode(outcome_of("", Code.UNKNOWN_COMMAND)))
            return
        if not isinstance(message, Command | InquireOutcome):
            self._control(message, reply)
        elif not self.is_open:
            self._answer(Waiting(message, reply), Code.COMPARTMENT_CLOSED)
        elif self._mailbox.is_full:
            self._answer(Waiting(message, reply), Code.MAILBOX_FULL)
        else:
            self._mailbox.put(Waiting(message, reply))

    def _control(self, message: Ask | Close | Reopen, reply: Reply) -> None:
        if isinstance(message, Ask) and message.about == "switches":
            self._errands.begin(_answer_switches(self._executor, self._seams.workers, reply))
            return
        if isinstance(message, Close):
            # What a person closed, a person opens again: a probe knows nothing of the reason.
            self.close(message.reason, probe=False)
        elif isinstance(message, Reopen):
            self.reopen(message.reason)
        reply(_ENCODER.encode(self.status()))

    # -- the work ----------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            await self._mailbox.wait()
            taken = self._mailbox.take(int(self._seams.clock.now().timestamp() * MICROSECONDS))
            for waiting in taken.too_late:
                # Whoever asks later is told that it never happened.
                self._answer(waiting, Code.DEADLINE_PASSED)
            if taken.batch:
                await self._execute(taken.batch)

    async def _execute(self, batch: Sequence[Waiting]) -> None:
        model = self._policy.database_model
        requests = [waiting.request for waiting in batch]
        try:
            outcomes = await self._seams.workers.run(
                self._executor.execute,
                requests,
                self._seams.clock.now(),
                self._seams.clock.monotonic(),
                cost=(model.batch_us + model.command_us * len(batch)) / MICROSECONDS,
            )
        except Exception:  # A fault of ours costs one batch: else work is taken and never done.
            _LOG.exception("a batch of %s could not be executed", self.name)
            outcomes = [outcome_of(request.key, Code.NO_ANSWER) for request in requests]
        self._counts.batches += 1
        for waiting, outcome in zip(batch, outcomes, strict=True):
            self._answer(waiting, outcome)
            if outcome.code is Code.DOUBLE_ERROR:
                self._note_double_error(waiting.request)

    def _answer(self, waiting: Waiting, answer: Outcome | Code) -> None:
        if isinstance(answer, Code):
            answer = outcome_of(waiting.request.key, answer)
        setattr(self._counts, answer.kind, getattr(self._counts, answer.kind) + 1)
        waiting.reply(_ENCODER.encode(answer))

    # -- closing and opening -----------------------------------------------------------------

    def _note_double_error(self, request: Request) -> None:
        service = Service(_product_of(request, self._executions), request.channel)
        if self._double_errors.note(service):
            count = self._double_errors.of(service)
            reason = f"prohibited after {count} double errors in {self.name}"
            now = self._seams.clock.now()
            self._errands.later(self._executor.suspend, *service, reason, now)
            self._tell("service_prohibited", f"{service.product} on {service.channel}: {reason}")
        if self._double_errors.too_many:
            self.close(f"{self._double_errors.count} double errors")

    def close(self, reason: str, *, probe: bool = True) -> None:
        """Close (閉塞): everything that waits and everything that comes is refused.

        With ``probe`` it opens by itself when its database answers, where the policy says so.
        """
        if not self.is_open and probe:
            return
        self.is_open, self._closed_reason = False, reason
        self._times_changed += 1
        for waiting in self._mailbox.clear():
            self._answer(waiting, Code.COMPARTMENT_CLOSED)
        self._tell("compartment_closed", reason)
        if probe and self._policy.closing.reopen == "probe":
            self._errands.begin(self._reopen_by_probe(self._times_changed))

    def reopen(self, reason: str) -> None:
        """Open again and forget the errors counted so far."""
        if self.is_open:
            return
        self.is_open, self._closed_reason = True, ""
        self._times_changed += 1
        self._double_errors.forget()
        self._tell("compartment_reopened", reason)

    async def _reopen_by_probe(self, change: int) -> None:
        """Reopen after the closing that was the ``change``-th change, and after no later one."""
        answers = False
        while not answers and self._times_changed == change:
            await asyncio.sleep(self._policy.closing.probe_seconds)
            answers = await self._seams.workers.run(self._executor.probe)
        if self._times_changed == change:
            self.reopen("a probe of the database went through")

    def _tell(self, kind: str, detail: str) -> None:
        self._errands.begin(_record(self._executor, self._seams, Fact(self.name, kind, detail)))


def _product_of(request: Request, executions: Executions) -> str:
    execution = executions.get(type(request))  # type: ignore[arg-type]  # see Request
    return getattr(request, "product", "") if execution is None else execution.product


async def _record(executor: Executor, seams: Seams, fact: Fact) -> None:
    """Record a fact, if not now then as soon as the database is back."""
    facts, now = [fact], seams.clock.now()
    # By the executor's own thread, after the batch that it is at; it keeps what it cannot record.
    while not await seams.workers.run(executor.record, facts, now):
        facts = []
        await asyncio.sleep(RECORD_AGAIN_S)


async def _answer_switches(executor: Executor, workers: Workers, reply: Reply) -> None:
    try:
        rows = await workers.run(executor.switches)
    except DatabaseError:
        # The gateway keeps what it knows, and asks another compartment.
        reply(_ENCODER.encode(None))
        return
    reply(_ENCODER.encode([SwitchState(product=p, channel=c, reason=r) for p, c, r in rows]))
