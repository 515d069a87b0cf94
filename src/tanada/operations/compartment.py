"""A compartment (処理区画): a bounded mailbox in front of one executor.

It takes all that waits, up to a named bound, as one batch; while that batch is in the database the
next one gathers. What one compartment suffers, no other compartment knows of.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from tanada.base.database import DatabaseError
from tanada.base.link import LinkServer, Reply
from tanada.base.seams import Seams
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
from tanada.operations.execution import Executor
from tanada.operations.work import Executions

_ENCODER: Final = msgspec.msgpack.Encoder()


class _Waiting(NamedTuple):
    request: Request
    reply: Reply


class _Counts(msgspec.Struct):
    accepted: int = 0
    declined: int = 0
    failed: int = 0
    unknown: int = 0
    batches: int = 0
    double_errors: int = 0


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
        self._executor = executor
        self._executions = executions
        self._policy = policy
        self._seams = seams
        self._decoder = message_decoder(executions)
        self._mailbox: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._counts = _Counts()
        self._closed_reason: str | None = None
        self._prohibit_at = policy.prohibition.double_errors
        self._errors_of: dict[tuple[str, str], int] = {}
        self._server: LinkServer | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, address: str) -> None:
        """Open: connect to the database, then serve. Raises the database's and network's errors."""
        await self._seams.workers.run(self._executor.start)
        self._server = await LinkServer.start(self._seams.network, address, self._receive)
        self._tasks = [asyncio.create_task(self._work(), name=f"compartment {self.name}")]
        self._tell("compartment_started", f"serving at {address}")

    async def stop(self) -> None:
        """Take no more work, finish the batch at hand and give back what is reserved."""
        if self._server is not None:
            await self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._seams.workers.run(self._executor.close)

    def relax_prohibition(self, double_errors: int) -> None:
        """Loosen the guard that suspends a product (a step people took on 28 February 2021)."""
        self._prohibit_at = double_errors
        self._errors_of.clear()

    @property
    def is_open(self) -> bool:
        """Whether the compartment takes work."""
        return self._closed_reason is None

    def status(self) -> CompartmentStatus:
        """How the compartment is now."""
        return CompartmentStatus(
            name=self.name,
            open=self.is_open,
            closed_reason=self._closed_reason or "",
            waiting=len(self._mailbox),
            mailbox_limit=self._policy.mailbox.capacity,
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
        if isinstance(message, Command | InquireOutcome):
            refused = self._refusal(message)
            if refused is None:
                self._mailbox.append(_Waiting(message, reply))
                self._arrived.set()
            else:
                self._count(refused)
                reply(_ENCODER.encode(refused))
        else:
            self._control(message, reply)

    def _refusal(self, request: Request) -> Outcome | None:
        if self._closed_reason is not None:
            return outcome_of(request.key, Code.COMPARTMENT_CLOSED)
        if len(self._mailbox) >= self._policy.mailbox.capacity:
            return outcome_of(request.key, Code.MAILBOX_FULL)
        return None

    def _control(self, message: Ask | Close | Reopen, reply: Reply) -> None:
        if isinstance(message, Ask) and message.about == "switches":
            self._tasks = [task for task in self._tasks if not task.done()]
            self._tasks.append(asyncio.create_task(self._answer_switches(reply)))
            return
        if isinstance(message, Close):
            self.close(message.reason)
        elif isinstance(message, Reopen):
            self.reopen(message.reason)
        reply(_ENCODER.encode(self.status()))

    async def _answer_switches(self, reply: Reply) -> None:
        try:
            rows = await self._seams.workers.run(self._executor.switches)
        except DatabaseError:
            # The gateway keeps what it knows, and asks another compartment.
            reply(_ENCODER.encode(None))
            return
        reply(_ENCODER.encode([SwitchState(product=p, channel=c, reason=r) for p, c, r in rows]))

    # -- the work ----------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            await self._arrived.wait()
            batch = self._take_batch()
            if not self._mailbox:
                self._arrived.clear()
            if batch:
                await self._execute(batch)

    def _take_batch(self) -> list[_Waiting]:
        now = int(self._seams.clock.now().timestamp() * MICROSECONDS)
        batch: list[_Waiting] = []
        while self._mailbox and len(batch) < self._policy.mailbox.batch:
            waiting = self._mailbox.popleft()
            if isinstance(waiting.request, Command) and waiting.request.deadline < now:
                # Nobody waits for it any more; whoever asks later is told that it never happened.
                self._answer(waiting, outcome_of(waiting.request.key, Code.DEADLINE_PASSED))
            else:
                batch.append(waiting)
        return batch

    async def _execute(self, batch: Sequence[_Waiting]) -> None:
        model = self._policy.database_model
        outcomes = await self._seams.workers.run(
            self._executor.execute,
            [waiting.request for waiting in batch],
            self._seams.clock.now(),
            self._seams.clock.monotonic(),
            cost=(model.batch_us + model.command_us * len(batch)) / MICROSECONDS,
        )
        self._counts.batches += 1
        for waiting, outcome in zip(batch, outcomes, strict=True):
            self._answer(waiting, outcome)
            if outcome.code is Code.DOUBLE_ERROR:
                self._note_double_error(waiting.request)

    def _answer(self, waiting: _Waiting, outcome: Outcome) -> None:
        self._count(outcome)
        waiting.reply(_ENCODER.encode(outcome))

    def _count(self, outcome: Outcome) -> None:
        setattr(self._counts, outcome.kind, getattr(self._counts, outcome.kind) + 1)

    # -- closing and opening -----------------------------------------------------------------

    def _note_double_error(self, request: Request) -> None:
        self._counts.double_errors += 1
        execution = self._executions.get(type(request))  # type: ignore[arg-type]  # see Request
        product = execution.product if execution is not None else getattr(request, "product", "")
        service = (product, request.channel)
        self._errors_of[service] = self._errors_of.get(service, 0) + 1
        if self._prohibit_at and self._errors_of[service] == self._prohibit_at:
            self._prohibit(*service)
        limit = self._policy.closing.double_errors
        if limit and self._counts.double_errors >= limit and self.is_open:
            self.close(f"{self._counts.double_errors} double errors")

    def _prohibit(self, product: str, channel: str) -> None:
        reason = f"prohibited after {self._prohibit_at} double errors in {self.name}"
        self._later(self._executor.suspend, product, channel, reason, self._seams.clock.now())
        self._tell("service_prohibited", f"{product} on {channel}: {reason}")

    def close(self, reason: str) -> None:
        """Close (閉塞): everything that waits and everything that comes is refused."""
        if self._closed_reason is not None:
            return
        self._closed_reason = reason
        while self._mailbox:
            waiting = self._mailbox.popleft()
            self._answer(waiting, outcome_of(waiting.request.key, Code.COMPARTMENT_CLOSED))
        self._tell("compartment_closed", reason)
        if self._policy.closing.reopen == "probe":
            self._tasks.append(asyncio.create_task(self._reopen_by_probe()))

    def reopen(self, reason: str) -> None:
        """Open again and forget the errors counted so far."""
        if self._closed_reason is None:
            return
        self._closed_reason = None
        self._counts.double_errors = 0
        self._errors_of.clear()
        self._tell("compartment_reopened", reason)

    async def _reopen_by_probe(self) -> None:
        while not self.is_open:
            await asyncio.sleep(self._policy.closing.probe_seconds)
            if await self._seams.workers.run(self._executor.probe):
                self.reopen("a probe of the database went through")

    def _tell(self, kind: str, detail: str) -> None:
        fact = Fact(self.name, kind, detail)
        self._later(self._executor.record, [fact], self._seams.clock.now())

    def _later(self, work: Callable[..., None], *args: object) -> None:
        """Have the executor's own thread do it, after the batch that it is at."""
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(asyncio.create_task(self._seams.workers.run(work, *args)))
