"""``tanada job``: bulk posting, and the pre-flight before it."""

import asyncio
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from cyclopts import App, Parameter, validators

from tanada.base.settings import Settings, read_settings
from tanada.cli.options import DatabaseUrl, DataDir, PolicyFile
from tanada.cli.screen import Narration, show, show_table

if TYPE_CHECKING:
    from tanada.base.database import Connection
    from tanada.batch.jobs import Job
    from tanada.batch.posting_file import PostingFile
    from tanada.batch.running import Progress
    from tanada.controls.policies import Policy

GROUP = App(name="job", help="Bulk posting in restartable chunks, after a pre-flight.")

Kind = Annotated[
    Literal["month-end-renewals", "e-account-switch", "posting-file"],
    Parameter(help="the kind of job"),
]
Count = Annotated[
    int | None,
    Parameter(help="items at the most; all if not given", validator=validators.Number(gte=1)),
]
File = Annotated[Path | None, Parameter(help="posting file: account,amount,text")]
Lang = Annotated[Literal["en", "ja"], Parameter(help="language of the verdict")]
JobNumber = Annotated[int, Parameter(help="number of the job")]


class Desk(NamedTuple):
    """What the commands of this group work with."""

    url: str
    policy: "Policy"
    connection: "Connection"


@GROUP.command
def preflight(
    kind: Kind | None = None,
    /,
    *,
    count: Count = None,
    lang: Lang = "en",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    policy: PolicyFile = None,
) -> int:
    """Say what the day's jobs will take of each limit, with a further one if it is named.

    Nothing is submitted. Exit status 1 if the forecast passes a warning level.
    """
    from tanada.batch.preflight import describe  # noqa: PLC0415 -- see cli/README.md
    from tanada.batch.submitting import JobOrder, look_ahead  # noqa: PLC0415

    order = None if kind is None else JobOrder(kind, getpass.getuser(), at_most=count)
    with _desk(_settings(data_dir, database_url, policy)) as desk:
        verdicts = look_ahead(desk.connection, desk.policy, order)
    for verdict in verdicts:
        show(describe(verdict, lang))
    return 0 if all(verdict.accepted for verdict in verdicts) else 1


@GROUP.command
def submit(
    kind: Kind,
    /,
    *,
    count: Count = None,
    file: File = None,
    lang: Lang = "en",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    policy: PolicyFile = None,
) -> int:
    """Submit a job; the pre-flight refuses it if the day's forecast passes a warning level."""
    from tanada.base.clock import LiveClock  # noqa: PLC0415 -- see cli/README.md
    from tanada.batch import submitting  # noqa: PLC0415
    from tanada.batch.preflight import describe  # noqa: PLC0415

    order = submitting.JobOrder(kind, getpass.getuser(), count, _read(file))
    with _desk(_settings(data_dir, database_url, policy)) as desk:
        job, verdict = submitting.submit(desk.connection, desk.policy, order, LiveClock().now())
    show(describe(verdict, lang))
    if job.state == "refused":
        return 1
    show(f"job {job.job_id}: {job.planned:,} items; start it with: tanada job run {job.job_id}")
    return 0


@GROUP.command
def run(
    number: JobNumber,
    /,
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    policy: PolicyFile = None,
) -> int:
    """Run a job, or take up one that was paused or killed: nothing is posted twice."""
    with _desk(_settings(data_dir, database_url, policy)) as desk:
        end = asyncio.run(_run(desk, number))
    counts = ", ".join(f"{items:,} {code}" for code, items in end.counts.items())
    reason = f": {end.reason}" if end.reason else ""
    show(f"job {number} is {end.state}{reason}; {end.done:,} of {end.planned:,} items ({counts})")
    return 0 if end.state == "finished" else 1


async def _run(desk: Desk, number: int) -> "Progress":
    from tanada.base.database import connect  # noqa: PLC0415 -- see cli/README.md
    from tanada.base.garbage import collect_rarely  # noqa: PLC0415
    from tanada.base.seams import live_seams  # noqa: PLC0415
    from tanada.batch.running import ROLE, JobRun, run_paced  # noqa: PLC0415
    from tanada.executions import EXECUTIONS  # noqa: PLC0415

    collect_rarely()
    job = JobRun(
        number,
        lambda: connect(desk.url, application=f"tanada job {number}", role=ROLE),
        EXECUTIONS,
        desk.policy,
    )
    narration = Narration()
    narration.say(f"job {number}")
    seams = live_seams(worker_threads=1)
    try:
        return await run_paced(job, seams, lambda p: narration.progress(p.done, p.planned))
    finally:
        narration.end()
        seams.workers.close()


@GROUP.command(name="list")
def list_(*, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the newest jobs, what became of them and why."""
    from tanada.batch.jobs import list_jobs  # noqa: PLC0415 -- see cli/README.md

    with _desk(_settings(data_dir, database_url, None)) as desk:
        jobs = list_jobs(desk.connection)
    heading = ("job", "kind", "date", "state", "done", "of", "by", "why")
    show_table([heading, *(_row(job) for job in jobs)])


def _row(job: "Job") -> tuple[object, ...]:
    why = job.verdict if job.state == "refused" else job.reason
    counts = (job.done, job.planned)
    return (job.job_id, job.kind, job.business_date, job.state, *counts, job.submitted_by, why)


def _settings(data_dir: str | None, database_url: str | None, policy: str | None) -> Settings:
    return read_settings({"data_dir": data_dir, "database_url": database_url, "policy": policy})


@contextmanager
def _desk(settings: Settings) -> Iterator[Desk]:
    from tanada.app.preparation import core_url, read_policy  # noqa: PLC0415 -- see cli/README.md
    from tanada.base.database import connect  # noqa: PLC0415
    from tanada.batch.running import ROLE  # noqa: PLC0415

    policy = read_policy(settings.policy)
    with (
        core_url(settings) as url,
        connect(url, application="tanada job", role=ROLE) as connection,
    ):
        yield Desk(url, policy, connection)


def _read(file: Path | None) -> "PostingFile | None":
    from tanada.base.volumes import DirectoryVolume, FileMissing  # noqa: PLC0415 -- cli/README.md
    from tanada.batch.posting_file import parse  # noqa: PLC0415

    if file is None:
        return None
    if not file.is_file():
        raise FileMissing(f"there is no file {file}")
    return parse(DirectoryVolume(file.parent).read(file.name))
