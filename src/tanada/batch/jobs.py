"""Jobs: what was submitted, what became of it, and how far it is.

States move to the right only, but for a paused job that goes on::

    submitted ──> running ──> finished
                  │    ▲ └──> failed
                  ▼    │
                  paused        (refused: the pre-flight did not let it in)
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal, NamedTuple

from tanada.base.database import Connection, int_array, load_queries, text_array, translate_errors
from tanada.base.errors import BankError
from tanada.base.pipeline import Pipeline
from tanada.operations.deciding import Fact
from tanada.operations.storing import QUERIES as OPERATIONS

QUERIES: Final = load_queries("tanada.batch")

MAX_OPEN_JOBS: Final = 100
"""Jobs that may be submitted and not at their end."""
MAX_LISTED: Final = 200
"""Jobs that a list shows, the newest first."""

State = Literal["submitted", "refused", "running", "paused", "failed", "finished"]

ALLOWED_BEFORE: Final[Mapping[State, tuple[State, ...]]] = {
    # A running job may be begun again: its process was killed, and nobody wrote down a state.
    "running": ("submitted", "paused", "running"),
    "paused": ("running",),
    "failed": ("running",),
    "finished": ("running",),
}


class JobNotFound(BankError):
    """There is no job of this number."""

    code = "job_not_found"


class JobNotRunnable(BankError):
    """The job was refused, has failed or is finished; submit a new one for what is left.

    The same posting file is never taken twice: bring the lines that were not accepted as a new
    file.
    """

    code = "job_not_runnable"


class JobBusy(BankError):
    """Another process runs the job."""

    code = "job_busy"
    transient = True


class Job(NamedTuple):
    """One job; ``position`` is the last account or line that it has done, 0 for none yet."""

    job_id: int
    kind: str
    product: str
    business_date: date
    state: State
    planned: int
    verdict: str
    reason: str
    submitted_by: str
    submitted_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    done: int
    position: int

    @property
    def left(self) -> int:
        """Items still to do."""
        return self.planned - self.done

    @property
    def holder(self) -> str:
        """Its name in the reversal log, in operations and in facts."""
        return f"job-{self.job_id}"


class NewJob(NamedTuple):
    """A job as it is submitted or refused; ``file_digest`` is None where no file brings items."""

    kind: str
    product: str
    business_date: date
    state: State
    planned: int
    file_digest: bytes | None
    verdict: str
    reason: str
    submitted_by: str
    submitted_at: datetime


def find_job(connection: Connection, job_id: int) -> Job:
    """One job; raises ``JobNotFound``."""
    with translate_errors():
        row = connection.execute(QUERIES.find_job, (job_id,)).fetchone()
    if row is None:
        raise JobNotFound(f"there is no job {job_id}; tanada job list shows all")
    return Job(*row)


def list_jobs(connection: Connection) -> list[Job]:
    """The newest jobs, at most ``MAX_LISTED``."""
    with translate_errors():
        return [Job(*row) for row in connection.execute(QUERIES.list_jobs, (MAX_LISTED,))]


def claim(connection: Connection, job_id: int) -> None:
    """Keep the job for this session, until it closes. Raises ``JobBusy``."""
    with translate_errors():
        row = connection.execute(QUERIES.claim_job, (job_id,)).fetchone()
    if row is None or not row[0]:
        raise JobBusy(f"another process runs job {job_id}; wait for it, or stop it")


def move(connection: Connection, job: Job, state: State, at: datetime, reason: str = "") -> Job:
    """Move the job to a state that may follow; raises ``JobNotRunnable`` if it may not."""
    parameters = {
        "job_id": job.job_id,
        "state": state,
        "at": at,
        "reason": reason,
        "allowed": list(ALLOWED_BEFORE[state]),
    }
    with translate_errors():
        moved = connection.execute(QUERIES.move_job, parameters).rowcount
    if not moved:
        found = find_job(connection, job.job_id)
        raise JobNotRunnable(f"job {job.job_id} is {found.state}; it cannot become {state}")
    return find_job(connection, job.job_id)


def write_checkpoint(
    pipeline: Pipeline, job_id: int, position: int, counts: Mapping[str, int]
) -> None:
    """Write down how far the job is, in the transaction of its chunk."""
    parameters = (job_id, position, text_array(counts), int_array(counts.values()))
    pipeline.execute(QUERIES.write_checkpoint, parameters)


def outcome_counts(connection: Connection, job_id: int) -> Counter[str]:
    """Items of the job by outcome code."""
    with translate_errors():
        rows = connection.execute(QUERIES.outcome_counts, (job_id,)).fetchall()
    return Counter({str(code): int(items) for code, items in rows})


def record_fact(connection: Connection, fact: Fact, at: datetime) -> None:
    """Record what people must hear of."""
    with translate_errors():
        connection.execute(OPERATIONS.write_fact, (at, *fact))


def insert_job(connection: Connection, new: NewJob) -> Job:
    """Record a new job."""
    with translate_errors():
        row = connection.execute(QUERIES.insert_job, new._asdict()).fetchone()
    assert row is not None
    return find_job(connection, row[0])
