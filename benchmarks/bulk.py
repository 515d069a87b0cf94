"""Bulk posting: a job of month-end renewals against COPY of the very rows that it wrote."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, NamedTuple

import msgspec

from benchmarks.bank import Bench
from benchmarks.children import read_order, run_child, write_result
from benchmarks.commands import Holder, measure_commands
from benchmarks.figures import Bulk, Neighbours
from tanada.app.places import LiveBank, Places
from tanada.app.preparation import read_policy
from tanada.app.wiring import core_connector
from tanada.base.clock import LiveClock
from tanada.base.database import Connection, connect
from tanada.base.databases import ensure_database
from tanada.base.migrations import migrate
from tanada.batch.running import ROLE, JobRun
from tanada.batch.submitting import JobOrder, submit
from tanada.executions import EXECUTIONS
from tanada.schemas import CORE_PACKAGES

KIND: Final = "month-end-renewals"
COPY_DATABASE: Final = "copied"
BLOCK_BYTES: Final = 1024 * 1024
STEADY_CLIENTS: Final = 8
STEADY_PAUSE_S: Final = 0.02
START_S: Final = 1.0
"""What a job needs to be at work."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A job to be run in a process of its own."""

    root: str
    items: int


class JobRan(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was run to its end: the origin of its commands, and how long it took."""

    origin: str
    seconds: float


class Written(NamedTuple):
    """A table that the job writes, and which rows of it are the job's."""

    table: str
    which: str


_OPERATIONS = "select operation_id from operations.operation where origin = '{origin}'"
_ACCOUNTS = "select account_id from operations.operation where origin = '{origin}'"
INSERTED: Final = (
    Written("operations.operation", "origin = '{origin}'"),
    Written("ledger.entry", f"operation_id in ({_OPERATIONS})"),
    Written("ledger.bank_entry", f"operation_id in ({_OPERATIONS})"),
    Written("ledger.reversal_log", f"operation_id in ({_OPERATIONS})"),
)
CHANGED: Final = (
    Written("ledger.account", f"account_id in ({_ACCOUNTS})"),
    Written("time_deposits.contract", f"account_id in ({_ACCOUNTS})"),
)


class Copied(NamedTuple):
    """Rows of one table that were copied, and the seconds that it took."""

    rows: int
    seconds: float


def measure_bulk(bench: Bench, items: int) -> Bulk:
    """Run a job of so many items alone, then copy what it wrote into empty tables."""
    ran = run_job(bench.bank, items)
    url = bench.server.url_of(COPY_DATABASE)
    ensure_database(url)
    migrate(url, CORE_PACKAGES)
    with (
        TemporaryDirectory(prefix="tanada-bench-copy-") as folder,
        connect(bench.bank.core_url, application="benchmarks", statement_timeout_ms=0) as source,
        connect(url, application="benchmarks", statement_timeout_ms=0) as target,
    ):
        target.execute("checkpoint")
        inserted = [_copy(source, target, each, ran.origin, Path(folder)) for each in INSERTED]
        changed = [_copy(source, target, each, ran.origin, Path(folder)) for each in CHANGED]
    with connect(bench.server.url, application="benchmarks") as connection:
        connection.execute(f"drop database {COPY_DATABASE} with (force)")
    return Bulk(
        items=items,
        job_s=ran.seconds,
        copy_inserted_s=sum(each.seconds for each in inserted),
        copy_all_s=sum(each.seconds for each in inserted + changed),
        rows_inserted=sum(each.rows for each in inserted),
        rows_all=sum(each.rows for each in inserted + changed),
    )


async def measure_neighbours(
    bench: Bench, holders: list[Holder], items: int, seconds: float
) -> Neighbours:
    """Customers' commands at a steady pace: alone, and while a job of so many items posts."""
    quiet = await measure_commands(
        bench, holders, STEADY_CLIENTS, seconds, tag="quiet", pause_s=STEADY_PAUSE_S
    )
    order = Order(root=str(bench.places.root), items=items)
    job = asyncio.create_task(run_child("benchmarks.bulk", order, JobRan))
    await asyncio.sleep(START_S)
    beside = await measure_commands(
        bench, holders, STEADY_CLIENTS, seconds, tag="beside", pause_s=STEADY_PAUSE_S
    )
    was_over = job.done()
    await job
    assert not was_over, "the job was over before its neighbours: give it more items"
    return Neighbours(quiet=quiet, beside_job=beside)


def run_job(bank: LiveBank, items: int) -> JobRan:
    """Run a job of so many renewals to its end."""
    clock, policy = LiveClock(), read_policy(bank.settings.policy)
    connector = core_connector(bank, "benchmarks", ROLE)
    with connector() as connection:
        order = JobOrder(KIND, "benchmarks", at_most=items)
        job = submit(connection, policy, order, clock.now()).job
    run = JobRun(job.job_id, connector, EXECUTIONS, policy)
    begins = perf_counter()
    progress = run.begin(clock.now())
    while not progress.ended:
        progress = run.step(clock.now(), clock.monotonic())
    took = perf_counter() - begins
    run.close()
    assert progress.state == "finished" and progress.done == items, progress
    return JobRan(origin=f"job-{job.job_id}", seconds=took)


def _copy(
    source: Connection, target: Connection, written: Written, origin: str, folder: Path
) -> Copied:
    """Dump the job's rows of one table to a file; then time how long COPY takes to store them."""
    file = folder / written.table
    rows = f"select * from {written.table} where {written.which.format(origin=origin)}"
    with file.open("wb") as sink, source.cursor().copy(f"copy ({rows}) to stdout") as reading:
        for block in reading:
            sink.write(block)
    begins = perf_counter()
    with target.cursor() as cursor:
        with cursor.copy(f"copy {written.table} from stdin") as writing:
            for block in _blocks(file):
                writing.write(block)
        return Copied(cursor.rowcount, perf_counter() - begins)


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while block := source.read(BLOCK_BYTES):
            yield block


if __name__ == "__main__":
    given = read_order(Order)
    write_result(run_job(Places(Path(given.root)).load(), given.items))
