"""Submitting: what fits is let in; what does not is refused by so much, and posts nothing."""

import pytest

from tanada.base.database import Connection
from tanada.base.errors import LimitExceeded
from tanada.batch import submitting
from tanada.batch.jobs import JobNotRunnable
from tanada.batch.posting_file import PostingFileRefused, parse
from tanada.batch.submitting import (
    FileSubmittedBefore,
    JobOrder,
    NothingToDo,
    Submitted,
    look_ahead,
    submit,
)
from tests.batch.banks import (
    MATURING,
    NOW,
    SWITCHING,
    ledger_hash,
    load_bank,
    policy_of,
    run_of,
    to_its_end,
)

SWITCH = JobOrder("e-account-switch", "me")
RENEWALS = JobOrder("month-end-renewals", "me")
CAPACITY = 150
"""Either job fits below 80 % of it, both do not."""


def _file_for(*accounts: int) -> JobOrder:
    lines = "".join(f"{account:014d},100,x\n" for account in accounts)
    text = f"account,amount,text\n{lines}total,{len(accounts)},{100 * len(accounts)}\n"
    return JobOrder("posting-file", "me", file=parse(text.encode()))


@pytest.mark.parametrize("first", [RENEWALS, SWITCH], ids=lambda order: order.kind)
def test_the_job_that_can_wait_is_refused_whoever_comes_first(
    connection: Connection, first: JobOrder
) -> None:
    load_bank(connection, capacity=CAPACITY)
    second = SWITCH if first is RENEWALS else RENEWALS

    states = {order.kind: _submit(connection, order).job.state for order in (first, second)}

    assert states == {"month-end-renewals": "submitted", "e-account-switch": "refused"}
    facts = connection.execute("select kind from operations.fact").fetchall()
    assert facts == [("job_refused",)]


def _submit(connection: Connection, order: JobOrder) -> Submitted:
    return submit(connection, policy_of(), order, NOW)


def test_the_refused_job_posts_nothing_and_its_split_is_let_in(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection, capacity=CAPACITY)
    before = ledger_hash(connection)
    job, verdict = _submit(connection, SWITCH)
    assert verdict.forecast == MATURING + SWITCHING + 1
    assert verdict.over == verdict.forecast - 120
    with pytest.raises(JobNotRunnable, match="refused"):
        to_its_end(run_of(database_url, job.job_id, policy_of()))
    assert ledger_hash(connection) == before

    today = [part for part in verdict.proposal if part.day == verdict.level.business_date]
    for part in today:
        order = JobOrder(part.kind, "me", at_most=part.items)
        accepted = _submit(connection, order).job
        progress = to_its_end(run_of(database_url, accepted.job_id, policy_of()))
        assert progress.counts == {"ok": part.items}
    assert sum(part.items for part in verdict.proposal) == MATURING + SWITCHING


def test_without_the_preflight_the_verdict_is_written_down_in_vain(connection: Connection) -> None:
    load_bank(connection, capacity=CAPACITY)
    job, verdict = submit(connection, policy_of(preflight=False), SWITCH, NOW)
    assert (job.state, verdict.accepted) == ("submitted", False)
    assert job.verdict.startswith("refused: ")


def test_looking_ahead_says_the_same_and_submits_nothing(connection: Connection) -> None:
    load_bank(connection, capacity=CAPACITY)
    (seen,) = look_ahead(connection, policy_of(), SWITCH)
    assert [verdict.accepted for verdict in look_ahead(connection, policy_of())] == [True, True]
    assert connection.execute("select count(*) from batch.job").fetchone() == (0,)
    assert _submit(connection, SWITCH).verdict == seen


def test_what_a_running_job_has_done_is_not_counted_twice(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection)
    job = _submit(connection, RENEWALS).job
    run = run_of(database_url, job.job_id, policy_of())
    run.begin(NOW)
    run.step(NOW, 0.0)
    run.close()
    (verdict,) = look_ahead(connection, policy_of(), SWITCH)
    assert {d.kind: d.items for d in verdict.demands} == {
        "month-end-renewals": MATURING - 16,
        "e-account-switch": SWITCHING,
    }
    assert verdict.level.taken == 16


def test_a_file_is_posted_once_only(connection: Connection) -> None:
    load_bank(connection)
    row = connection.execute("select min(account_id) from ledger.account").fetchone()
    assert row is not None
    order = _file_for(row[0])
    job = _submit(connection, order).job
    with pytest.raises(FileSubmittedBefore, match=f"job {job.job_id}"):
        _submit(connection, order)


def test_lines_whose_account_cannot_be_credited_are_all_named(connection: Connection) -> None:
    load_bank(connection)
    query = "select min(account_id), max(account_id) from ledger.account where product = %s"
    (ordinary, _), (time, _) = (
        connection.execute(query, (product,)).fetchone() or (0, 0)
        for product in ("deposits", "time_deposits")
    )
    with pytest.raises(PostingFileRefused) as refused:
        _submit(connection, _file_for(ordinary, time, 99_919_999_999_000, ordinary))
    assert [fault.line for fault in refused.value.faults] == [3, 4]
    assert connection.execute("select count(*) from batch.job").fetchone() == (0,)


def test_faults_of_form_and_of_accounts_are_named_together(connection: Connection) -> None:
    load_bank(connection)
    text = "account,amount,text\n99919999999000,1,unknown\n99919999999000,-1,negative\ntotal,2,0\n"
    order = JobOrder("posting-file", "tester", file=parse(text.encode()))
    with pytest.raises(PostingFileRefused) as refused:
        _submit(connection, order)
    assert [fault.line for fault in refused.value.faults] == [2, 3]
    for fault in refused.value.faults:
        assert str(fault) in str(refused.value)
    assert connection.execute("select count(*) from batch.job").fetchone() == (0,)


def test_a_job_with_nothing_to_do_is_not_made(connection: Connection) -> None:
    load_bank(connection)
    connection.execute("update time_deposits.contract set e_account = true")
    with pytest.raises(NothingToDo):
        _submit(connection, SWITCH)
    with pytest.raises(NothingToDo, match="--file"):
        _submit(connection, JobOrder("posting-file", "me"))


def test_open_jobs_are_bounded(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    load_bank(connection)
    monkeypatch.setattr(submitting, "MAX_OPEN_JOBS", 1)
    _submit(connection, RENEWALS)
    with pytest.raises(LimitExceeded):
        _submit(connection, SWITCH)
