"""Running a job: chunk by chunk, through the same executor as every other command.

A chunk and its checkpoint are one transaction, so a run that was killed goes on where it stopped;
an item whose answer was lost is found by its key, so nothing is posted twice.

A job stops at the border of a chunk. It is *paused* when it lacks room or leave to go on, and goes
on later as if nothing had been; it has *failed* when items of it failed for a reason of the bank's,
because whatever broke them would break the next ones too. A new job then takes what is left.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tanada.base.clock import Clock
from tanada.base.database import Connection, DatabaseUnreachable
from tanada.base.pipeline import Pipeline
from tanada.base.seams import Seams
from tanada.batch import jobs
from tanada.batch.jobs import Job, State
from tanada.batch.kind_table import kind_named
from tanada.batch.kinds import CHANNEL, Item, origin_of
from tanada.controls.policies import Policy
from tanada.controls.switches import Suspended, SwitchBoard
from tanada.operations.codes import MEANINGS
from tanada.operations.commands import MICROSECONDS, Outcome, Request
from tanada.operations.deciding import Fact
from tanada.operations.execution import UNDECIDED, Executor
from tanada.operations.work import Executions

READ_AHEAD_CHUNKS: Final = 50
"""Chunks of items that are read at once: one scan of a large table serves them all."""
ROLE: Final = "tanada_batch"


class Progress(NamedTuple):
    """How far a job is after a chunk: items done of those planned, and outcomes by code."""

    job_id: int
    state: State
    planned: int
    done: int
    counts: Mapping[str, int]
    reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether the job does not go on by itself."""
        return self.state != "running"


class JobRun:
    """One run of one job, on two connections; used by one thread at a time."""

    def __init__(
        self,
        job_id: int,
        connect: Callable[[], Connection],
        executions: Executions,
        policy: Policy,
    ) -> None:
        """``connect`` opens connections that act as ``tanada_batch``, in autocommit mode."""
        self.job_id = job_id
        self.policy = policy
        self._connect = connect
        self._executor = Executor(f"job-{job_id}", connect, executions, policy)
        self._waiting: deque[Item] = deque()
        self._positions: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        self._connection: Connection | None = None
        self._job: Job | None = None
        self._read_through = 0

    def begin(self, now: datetime) -> Progress:
        """Take the job, or take it up again.

        Raises ``JobNotFound``, ``JobNotRunnable``, ``JobBusy`` and ``DatabaseError``.
        """
        connection = self._connection = self._connect()
        job = jobs.find_job(connection, self.job_id)
        jobs.claim(connection, self.job_id)
        self._job = jobs.move(connection, job, "running", now)
        self._counts = jobs.outcome_counts(connection, self.job_id)
        self._read_through = self._job.position
        self._executor.start()
        return self._progress()

    def step(self, now: datetime, monotonic: float) -> Progress:
        """Do one chunk, or come to an end; the state says which."""
        job = self._begun()
        suspended = self._suspended(job)
        if suspended is not None:
            return self._stop("paused", f"{job.product} is suspended: {suspended}", now)
        chunk = self._next_chunk(job)
        if not chunk:
            return self._stop("finished", "", now)
        room = self._executor.reserve(job.product, len(chunk))
        if room == 0:
            self._waiting.extendleft(reversed(chunk))
            return self._stop("paused", f"the reversal log of {job.product} has no row left", now)
        self._waiting.extendleft(reversed(chunk[room:]))
        return self._execute(chunk[:room], now, monotonic)

    def close(self) -> None:
        """Give back reserved rows and let go of the job; it keeps its state."""
        self._executor.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def modelled_seconds(self) -> float:
        """How long a chunk takes in a simulated world, and at this pace in the live one."""
        pace = self.policy.batch.items_per_second
        chunk = self.policy.batch.chunk
        if pace:
            return chunk / pace  # seconds
        model = self.policy.database_model
        return (model.batch_us + chunk * model.command_us) / MICROSECONDS

    def _execute(self, chunk: Sequence[Item], now: datetime, monotonic: float) -> Progress:
        job = self._begun()
        origin, make = origin_of(job, now), kind_named(job.kind).command
        commands = [make(origin, item) for item in chunk]
        self._positions = {
            command.key: item.position for command, item in zip(commands, chunk, strict=True)
        }
        outcomes = self._executor.execute(commands, now, monotonic, self._write_checkpoint)
        if any(outcome.code in UNDECIDED for outcome in outcomes):
            raise DatabaseUnreachable(
                f"some items got no answer; tanada job run {self.job_id} goes on with them"
            )
        self._counts.update(outcome.code.value for outcome in outcomes)
        broken = Counter(o.code.value for o in outcomes if MEANINGS[o.code].bank_reason)
        if broken:
            listed = ", ".join(f"{items:,} {code}" for code, items in sorted(broken.items()))
            return self._stop("failed", f"items failed: {listed}", now)
        return self._progress()

    def _write_checkpoint(
        self, pipeline: Pipeline, requests: Sequence[Request], outcomes: Sequence[Outcome]
    ) -> None:
        position = self._positions[requests[-1].key]
        counts = Counter(outcome.code.value for outcome in outcomes)
        jobs.write_checkpoint(pipeline, self.job_id, position, counts)

    def _next_chunk(self, job: Job) -> list[Item]:
        chunk = self.policy.batch.chunk
        left = job.planned - self._counts.total()
        if not self._waiting and left > 0:
            self._read_ahead(job, min(left, chunk * READ_AHEAD_CHUNKS))
        size = min(chunk, left, len(self._waiting))
        return [self._waiting.popleft() for _ in range(size)]

    def _read_ahead(self, job: Job, count: int) -> None:
        items = kind_named(job.kind).read(self._connected(), job, self._read_through, count)
        self._waiting.extend(items)
        if items:
            self._read_through = items[-1].position

    def _suspended(self, job: Job) -> str | None:
        board = SwitchBoard()
        board.refresh(Suspended(*row) for row in self._executor.switches())
        return board.reason_against(job.product, CHANNEL)

    def _stop(self, state: State, reason: str, now: datetime) -> Progress:
        connection, job = self._connected(), self._begun()
        self._job = jobs.move(connection, job, state, now, reason)
        if state != "finished":
            detail = f"{job.kind}: {reason}; {self._counts.total():,} of {job.planned:,} items done"
            jobs.record_fact(connection, Fact(job.holder, f"job_{state}", detail), now)
        return self._progress()

    def _progress(self) -> Progress:
        job = self._begun()
        done = self._counts.total()
        return Progress(
            job.job_id, job.state, job.planned, done, dict(sorted(self._counts.items())), job.reason
        )

    def _begun(self) -> Job:
        assert self._job is not None, "begin() comes first"
        return self._job

    def _connected(self) -> Connection:
        assert self._connection is not None, "begin() comes first"
        return self._connection


def run_job(run: JobRun, clock: Clock) -> Iterator[Progress]:
    """Run a job as fast as it goes, telling how far it is after each chunk; then let it go."""
    try:
        progress = run.begin(clock.now())
        yield progress
        while not progress.ended:
            progress = run.step(clock.now(), clock.monotonic())
            yield progress
    finally:
        run.close()


async def run_paced(
    run: JobRun, seams: Seams, heard: Callable[[Progress], None] | None = None
) -> Progress:
    """Run a job at the policy's pace in items a second (0: as fast as it goes), then let it go.

    In a simulated world a chunk takes its modelled time. ``heard`` is told how far the job is.
    """
    clock, workers = seams.clock, seams.workers
    pace = run.policy.batch.items_per_second
    cost = run.modelled_seconds()
    try:
        progress = await workers.run(run.begin, clock.now())
        due = clock.monotonic()
        while not progress.ended:
            progress = await workers.run(run.step, clock.now(), clock.monotonic(), cost=cost)
            if heard is not None:
                heard(progress)
            if pace and not progress.ended:
                due += cost
                await asyncio.sleep(max(0.0, due - clock.monotonic()))
        return progress
    finally:
        await workers.run(run.close)
