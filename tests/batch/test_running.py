"""Running jobs: all of it or what fits, nothing twice, and on from where it stopped."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tanada.base.clock import LiveClock
from tanada.base.database import Connection, DatabaseUnreachable, connect
from tanada.base.postgres import PostgresServer
from tanada.base.seams import simulated_seams
from tanada.base.simulation import SimulatedLoop, run_simulated
from tanada.batch.jobs import JobBusy, JobNotFound, JobNotRunnable, find_job, list_jobs
from tanada.batch.posting_file import parse
from tanada.batch.running import ROLE, JobRun, Progress, run_job, run_paced
from tanada.batch.submitting import JobOrder, submit
from tanada.controls.policies import Policy
from tanada.executions import EXECUTIONS
from tanada.products.time_deposits import keeping
from tests.batch.banks import (
    DAY,
    MATURING,
    NOW,
    SWITCHING,
    as_batch,
    findings,
    ledger_hash,
    load_bank,
    policy_of,
    run_of,
    to_its_end,
)
from tests.batch.dying_run import PLACES
from tests.conftest import clone

ROOT = Path(__file__).resolve().parents[2]
RENEWALS, SWITCH = "month-end-renewals", "e-account-switch"


@pytest.fixture
def twin(postgres_server: PostgresServer, core_template: str) -> Iterator[str]:
    """URL of a second database, to be loaded like the first."""
    with clone(postgres_server, core_template) as url:
        yield url


def _submit(url: str, kind: str) -> int:
    """Submit a job whatever the pre-flight says."""
    with as_batch(url)() as connection:
        return submit(connection, policy_of(preflight=False), JobOrder(kind, "me"), NOW).job.job_id


def _run(url: str, job_id: int, policy: Policy | None = None) -> Progress:
    return to_its_end(run_of(url, job_id, policy or policy_of()))


def _facts(connection: Connection) -> list[tuple[str, str]]:
    return connection.execute("select component, kind from operations.fact order by 2").fetchall()


def _undisturbed_hash(url: str, kind: str) -> str:
    with connect(url, application="twin") as connection:
        load_bank(connection)
        assert _run(url, _submit(url, kind)).state == "finished"
        return ledger_hash(connection)


@pytest.mark.parametrize(("kind", "items"), [(RENEWALS, MATURING), (SWITCH, SWITCHING)])
def test_a_job_does_all_its_items(
    database_url: str, connection: Connection, kind: str, items: int
) -> None:
    load_bank(connection)
    progress = _run(database_url, _submit(database_url, kind))

    assert (progress.state, progress.done, progress.counts) == ("finished", items, {"ok": items})
    assert find_job(connection, progress.job_id).done == items
    assert _facts(connection) == []
    assert findings(connection) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [RENEWALS, SWITCH])
def test_a_job_that_was_killed_goes_on_as_if_nothing_had_been(
    database_url: str, connection: Connection, twin: str, kind: str, place: str
) -> None:
    load_bank(connection)
    job_id = _submit(database_url, kind)
    dying = [sys.executable, "-m", "tests.batch.dying_run", database_url, str(job_id), place]
    died = subprocess.run(dying, check=False, cwd=ROOT, timeout=60)
    assert died.returncode == -signal.SIGKILL
    job = find_job(connection, job_id)
    assert (job.state, job.done) == ("running", 48 if place == "after its commit" else 32)

    progress = _run(database_url, job_id)

    assert progress.counts == {"ok": job.planned}
    assert ledger_hash(connection) == _undisturbed_hash(twin, kind)
    assert findings(connection) == []


def test_a_job_that_is_let_go_half_way_keeps_its_chunks(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection)
    job_id = _submit(database_url, SWITCH)
    run = run_of(database_url, job_id, policy_of())
    for progress in run_job(run, LiveClock()):
        if progress.done == 32:
            break
    run.close()

    assert _run(database_url, job_id).counts == {"ok": SWITCHING}
    assert findings(connection) == []


def test_without_room_a_job_pauses_and_goes_on_when_there_is_some(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection, capacity=50)
    job_id = _submit(database_url, SWITCH)

    progress = _run(database_url, job_id)

    assert (progress.state, progress.counts) == ("paused", {"ok": 50})
    assert "no row left" in progress.reason
    assert _facts(connection) == [
        (f"job-{job_id}", "job_paused"),
        ("reversal_log/time_deposits", "reversal_log_full"),
        ("reversal_log/time_deposits", "reversal_log_warning"),
    ]
    assert _run(database_url, job_id).done == 50
    connection.execute("update ledger.business_day set business_date = business_date + 1")
    with connect(database_url, application="next day") as other:
        other.execute("delete from ledger.reversal_meter where business_date > '2021-02-28'")
    progress = _run(database_url, job_id)
    assert (progress.state, progress.counts) == ("finished", {"ok": SWITCHING})
    assert findings(connection) == []


def test_as_it_was_a_job_fails_its_items_and_stops_after_that_chunk(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection, capacity=50)
    job_id = _submit(database_url, SWITCH)

    progress = _run(database_url, job_id, policy_of(reserve=False))

    assert (progress.state, progress.counts) == ("failed", {"double_error": 14, "ok": 50})
    assert (f"job-{job_id}", "job_failed") in _facts(connection)
    assert findings(connection) == []
    with pytest.raises(JobNotRunnable):
        _run(database_url, job_id)


def test_a_defect_of_the_product_stops_the_job_and_a_new_one_does_the_rest(
    database_url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_bank(connection)
    job_id = _submit(database_url, RENEWALS)
    with monkeypatch.context() as broken:
        broken.setattr(keeping, "withholding_tax", None)
        progress = _run(database_url, job_id)
    assert progress.state == "failed"
    assert progress.counts == {"breaker_open": 13, "internal_error": 3}
    assert findings(connection) == []

    assert _run(database_url, _submit(database_url, RENEWALS)).counts == {"ok": MATURING}
    assert findings(connection) == []


def test_an_item_that_stays_locked_is_done_by_the_next_run_and_not_passed_over(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection)
    job_id = _submit(database_url, RENEWALS)
    query = "select account_id from time_deposits.contract where matures_on <= %s order by 1"
    held = connection.execute(query, (DAY,)).fetchall()[20]

    def impatient() -> Connection:
        return connect(database_url, application="test job", role=ROLE, lock_timeout_ms=20)

    with connect(database_url, application="holder") as holder, holder.transaction():
        holder.execute("select from ledger.account where account_id = %s for update", held)
        with pytest.raises(DatabaseUnreachable):
            to_its_end(JobRun(job_id, impatient, EXECUTIONS, policy_of()))

    assert _run(database_url, job_id).counts == {"ok": MATURING}
    assert findings(connection) == []


def test_a_suspended_product_pauses_its_jobs(database_url: str, connection: Connection) -> None:
    load_bank(connection)
    job_id = _submit(database_url, SWITCH)
    connection.execute(
        "insert into controls.switch values ('time_deposits', 'batch', 'by hand', 'me', now())"
    )
    progress = _run(database_url, job_id)
    assert (progress.state, progress.done) == ("paused", 0)
    assert "by hand" in progress.reason
    connection.execute("delete from controls.switch")
    assert _run(database_url, job_id).state == "finished"


def test_a_job_has_one_runner(database_url: str, connection: Connection) -> None:
    load_bank(connection)
    job_id = _submit(database_url, SWITCH)
    first = run_of(database_url, job_id, policy_of())
    first.begin(NOW)
    with pytest.raises(JobBusy):
        _run(database_url, job_id)
    first.close()
    assert _run(database_url, job_id).state == "finished"


def test_a_job_that_is_over_or_unknown_is_not_run(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection)
    job_id = _submit(database_url, SWITCH)
    _run(database_url, job_id)
    before = ledger_hash(connection)
    with pytest.raises(JobNotRunnable, match="finished"):
        _run(database_url, job_id)
    with pytest.raises(JobNotFound):
        _run(database_url, job_id + 1)
    assert ledger_hash(connection) == before
    assert [job.job_id for job in list_jobs(connection)] == [job_id]


def test_a_posting_file_credits_its_accounts_once(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection)
    query = "select account_id, balance from ledger.account where product = 'deposits' order by 1"
    before: dict[int, int] = dict(connection.execute(query).fetchall())
    some = sorted(before)[:20] * 2
    lines = "".join(f"{account:014d},{1000 + n},給与\n" for n, account in enumerate(some))
    text = f"account,amount,text\n{lines}total,40,{sum(range(1000, 1040))}\n"
    with as_batch(database_url)() as batch:
        order = JobOrder("posting-file", "me", file=parse(text.encode()))
        job = submit(batch, policy_of(), order, NOW).job

    assert _run(database_url, job.job_id).counts == {"ok": 40}

    after: dict[int, int] = dict(connection.execute(query).fetchall())
    assert sum(after.values()) - sum(before.values()) == sum(range(1000, 1040))
    assert after[some[3]] - before[some[3]] == 1003 + 1023
    assert findings(connection) == []


def test_in_a_simulated_world_a_job_takes_the_time_of_its_pace(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection)
    job_id = _submit(database_url, SWITCH)
    policy = policy_of(items_per_second=2)
    loop = SimulatedLoop()
    seams = simulated_seams(loop, 1, NOW)
    heard: list[int] = []

    async def run() -> float:
        await run_paced(run_of(database_url, job_id, policy), seams, lambda p: heard.append(p.done))
        return asyncio.get_running_loop().time()

    # Six chunks of 16, and one more look that finds nothing left.
    assert run_simulated(run(), loop) == pytest.approx(7 * 16 / 2)
    assert heard == [16, 32, 48, 64, 80, 90, 90]


def test_a_run_without_a_beginning_can_be_closed(database_url: str) -> None:
    JobRun(1, as_batch(database_url), {}, policy_of()).close()
