"""Submitting a job: the pre-flight over the whole day, then the job's place in the table.

What is due on the day counts whether or not anybody has submitted it: two jobs that fit alone may
not fit together, and the one that can wait is the one that must.
"""

from datetime import date, datetime
from typing import NamedTuple

from tanada.base.database import Connection, translate_errors
from tanada.base.errors import BankError, LimitExceeded
from tanada.batch import posting_file
from tanada.batch.jobs import MAX_OPEN_JOBS, QUERIES, Job, NewJob, State, insert_job, record_fact
from tanada.batch.kind_table import KINDS, kind_named
from tanada.batch.kinds import JobKind
from tanada.batch.preflight import Demand, Level, Verdict, describe, judge
from tanada.controls.policies import Policy
from tanada.ledger.book import business_date
from tanada.ledger.reversal_log import UNBOUNDED, read_meters
from tanada.operations.deciding import Fact

REFUSED_BY_PREFLIGHT = "preflight"


class NothingToDo(BankError):
    """The job would have no item."""

    code = "job_empty"


class FileSubmittedBefore(BankError):
    """The same file was submitted before; its lines are posted once only."""

    code = "file_submitted_before"


class JobOrder(NamedTuple):
    """What somebody asks for: a kind, at most so many items (None: all), or the lines of a file."""

    kind: str
    submitted_by: str
    at_most: int | None = None
    file: posting_file.PostingFile | None = None


class Submitted(NamedTuple):
    """The job, and what the pre-flight said of it; under some policies it says so in vain."""

    job: Job
    verdict: Verdict


def submit(connection: Connection, policy: Policy, order: JobOrder, now: datetime) -> Submitted:
    """Record the job as submitted or, if the pre-flight says so, as refused, with the verdict.

    ``connection`` acts as ``tanada_batch``, in autocommit mode. Raises ``UnknownJobKind``,
    ``NothingToDo``, ``PostingFileRefused``, ``FileSubmittedBefore`` and ``LimitExceeded``.
    """
    kind = kind_named(order.kind)
    with translate_errors(), connection.transaction():
        connection.execute(QUERIES.lock_submissions)
        _refuse_too_many(connection)
        _check_file(connection, kind, order)
        day = business_date(connection)
        planned = _planned(connection, kind, order, day)
        verdict = forecast(connection, policy, kind.product, day, (kind, planned))
        state: State = "submitted"
        if policy.preflight.enabled and not verdict.accepted:
            state = "refused"
        return Submitted(_record(connection, order, verdict, planned, state, now), verdict)


def look_ahead(
    connection: Connection, policy: Policy, order: JobOrder | None = None
) -> list[Verdict]:
    """What ``submit`` would say now, without submitting; without an order, of every product.

    Raises ``UnknownJobKind`` and ``NothingToDo``.
    """
    day = business_date(connection)
    if order is None:
        products = sorted({kind.product for kind in KINDS.values()})
        return [forecast(connection, policy, product, day) for product in products]
    kind = kind_named(order.kind)
    planned = _planned(connection, kind, order, day)
    return [forecast(connection, policy, kind.product, day, (kind, planned))]


def forecast(
    connection: Connection,
    policy: Policy,
    product: str,
    day: date,
    further: tuple[JobKind, int] | None = None,
) -> Verdict:
    """The verdict on all jobs of a product on a business date, and ``further`` items of a kind."""
    demands = _demands(connection, product, day)
    if further is not None:
        kind, items = further
        waiting = demands.get(kind.name, 0)
        # What is due was counted already, before anybody asked for it.
        demands[kind.name] = max(waiting, items) if kind.due else waiting + items
    listed = [Demand(name, items, KINDS[name].due is not None) for name, items in demands.items()]
    level = level_on(connection, policy, product, day)
    return judge(level, listed, lambda later: _room_on(connection, policy, product, later))


def level_on(connection: Connection, policy: Policy, product: str, day: date) -> Level:
    """A product's reversal log on a business date; untouched if nothing was booked on it yet."""
    capacity = policy.reversal_log.capacity.get(product, UNBOUNDED)
    taken = 0
    for meter in read_meters(connection, day):
        if meter.product == product:
            capacity, taken = meter.capacity, meter.taken
    return Level(product, day, capacity, taken, policy.preflight.warn_permille)


def _demands(connection: Connection, product: str, day: date) -> dict[str, int]:
    """Items still to do by kind: of jobs that were let in, and what is due on the day anyhow."""
    demands: dict[str, int] = {}
    with translate_errors():
        for name, left in connection.execute(QUERIES.open_jobs, (product, day)):
            demands[name] = demands.get(name, 0) + left
    for kind in KINDS.values():
        if kind.product == product and kind.due is not None:
            due = kind.due(connection, day)
            demands[kind.name] = max(demands.get(kind.name, 0), due)
    return {name: items for name, items in demands.items() if items}


def _room_on(connection: Connection, policy: Policy, product: str, later: date) -> int:
    """Rows free for jobs on a later day, without what falls due on it by itself."""
    level = level_on(connection, policy, product, later)
    today = business_date(connection)
    due = sum(
        kind.due(connection, later) - kind.due(connection, today)
        for kind in KINDS.values()
        if kind.product == product and kind.due is not None
    )
    return level.room - due


def _planned(connection: Connection, kind: JobKind, order: JobOrder, day: date) -> int:
    if order.file is not None:
        return len(order.file.lines)
    # A file says how many lines it has; before there is one, somebody may ask about a number.
    available = kind.available(connection, day) if kind.available else order.at_most or 0
    planned = available if order.at_most is None else min(order.at_most, available)
    if planned <= 0:
        raise NothingToDo(f"{kind.name} has nothing to do on {day}")
    return planned


def _check_file(connection: Connection, kind: JobKind, order: JobOrder) -> None:
    if kind is not posting_file.POSTING_FILE:
        return
    if order.file is None:
        raise NothingToDo("a posting-file job needs a file: give it with --file")
    row = connection.execute(QUERIES.find_job_of_file, (order.file.digest,)).fetchone()
    if row is not None:
        message = f"this file is job {row[0]}; tanada job list tells what became of it"
        raise FileSubmittedBefore(message)
    posting_file.check(connection, order.file)


def _refuse_too_many(connection: Connection) -> None:
    row = connection.execute(QUERIES.count_open_jobs).fetchone()
    if row is not None and row[0] >= MAX_OPEN_JOBS:
        raise LimitExceeded(f"{row[0]} jobs are open, the limit; run some of them first")


def _record(
    connection: Connection,
    order: JobOrder,
    verdict: Verdict,
    planned: int,
    state: State,
    now: datetime,
) -> Job:
    refused = state == "refused"
    new = NewJob(
        kind=order.kind,
        product=verdict.level.product,
        business_date=verdict.level.business_date,
        state=state,
        planned=planned,
        file_digest=None if order.file is None else order.file.digest,
        verdict=describe(verdict),
        reason=REFUSED_BY_PREFLIGHT if refused else "",
        submitted_by=order.submitted_by,
        submitted_at=now,
    )
    job = insert_job(connection, new)
    if order.file is not None and not refused:
        posting_file.keep_lines(connection, job.job_id, order.file.lines)
    if refused:
        record_fact(connection, Fact(job.holder, "job_refused", describe(verdict)), now)
    return job
