"""Jobs: states move to the right only, and one that is gone is missed by name."""

from itertools import pairwise

import pytest

from tanada.base.database import Connection
from tanada.base.errors import BankError
from tanada.batch.jobs import (
    Job,
    JobNotFound,
    JobNotRunnable,
    NewJob,
    State,
    claim,
    find_job,
    insert_job,
    list_jobs,
    move,
)
from tests.batch.banks import DAY, NOW


def _job(connection: Connection, *, state: State = "submitted", digest: bytes | None = None) -> Job:
    new = NewJob(
        kind="e-account-switch",
        product="time_deposits",
        business_date=DAY,
        state=state,
        planned=100,
        file_digest=digest,
        verdict="accepted: all is well",
        reason="",
        submitted_by="me",
        submitted_at=NOW,
    )
    return insert_job(connection, new)


@pytest.mark.parametrize(
    "path",
    [
        ("submitted", "running", "finished"),
        ("submitted", "running", "failed"),
        ("submitted", "running", "running", "paused", "running", "finished"),
    ],
    ids=" to ".join,
)
def test_a_job_goes_from_state_to_state(connection: Connection, path: tuple[State, ...]) -> None:
    job = _job(connection)
    for before, after in pairwise(path):
        assert job.state == before
        job = move(connection, job, after, NOW, "why")
    assert (job.state, job.reason, job.started_at) == (path[-1], "why", NOW)
    assert job.ended_at == NOW


@pytest.mark.parametrize("ended", ["refused", "failed", "finished"])
def test_a_job_that_has_ended_stays_so(connection: Connection, ended: State) -> None:
    job = _job(connection, state=ended)
    for state in ("running", "paused", "failed", "finished"):
        with pytest.raises(JobNotRunnable, match=ended):
            move(connection, job, state, NOW)


def test_a_job_that_was_never_begun_cannot_pause_or_finish(connection: Connection) -> None:
    job = _job(connection)
    for state in ("paused", "failed", "finished"):
        with pytest.raises(JobNotRunnable):
            move(connection, job, state, NOW)


def test_a_job_that_does_not_exist_is_said_not_to(connection: Connection) -> None:
    with pytest.raises(JobNotFound, match="7"):
        find_job(connection, 7)


def test_newest_jobs_come_first(connection: Connection) -> None:
    first, second = _job(connection), _job(connection)
    assert list_jobs(connection) == [second, first]
    assert (first.left, first.holder) == (100, f"job-{first.job_id}")


def test_the_database_keeps_a_file_from_being_two_jobs(connection: Connection) -> None:
    _job(connection, digest=b"x" * 32, state="refused")
    _job(connection, digest=b"x" * 32)
    with pytest.raises(BankError):
        _job(connection, digest=b"x" * 32)


def test_a_session_may_claim_what_it_holds_already(connection: Connection) -> None:
    job = _job(connection)
    claim(connection, job.job_id)
    claim(connection, job.job_id)
