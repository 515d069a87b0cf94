"""A small bank for the tests of jobs: some deposits due, some to switch, and its books."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime

from tanada.base.clock import JST
from tanada.base.database import Connection, connect
from tanada.batch.demonstration import BankPlan, load
from tanada.batch.running import ROLE, JobRun, Progress
from tanada.checks import ALL_CHECKS
from tanada.controls.policies import Policy, parse_policy
from tanada.executions import EXECUTIONS
from tanada.ledger.books import Finding, check_books

DAY = date(2021, 2, 28)
NOW = datetime(2021, 2, 28, 8, 24, tzinfo=JST)
MATURING, SWITCHING = 70, 90
CAPACITY = 10_000


def load_bank(connection: Connection, *, capacity: int = CAPACITY) -> None:
    """Load the bank; ``capacity`` is the reversal log of time deposits, in rows."""
    plan = BankPlan(
        business_date=DAY,
        customers=40,
        branches=3,
        maturing=MATURING,
        switching=SWITCHING,
        reversal_capacity={"time_deposits": capacity},
    )
    load(connection, plan, pvk=b"verification key")


def policy_of(*, preflight: bool = True, reserve: bool = True, items_per_second: int = 0) -> Policy:
    """A policy for such a bank; without ``reserve`` it is as it was, without breakers too."""
    text = 'name = "test"\ncustody = "2021-05"\n[[compartments]]\nname = "all"\n'
    text += f"[reversal_log]\ncapacity = {{ time_deposits = {CAPACITY} }}\nlease = 8\n"
    text += f"reserve = {str(reserve).lower()}\n[preflight]\nenabled = {str(preflight).lower()}\n"
    text += f"[breaker]\nerrors = {3 if reserve else 0}\n"
    text += f"[batch]\nchunk = 16\nitems_per_second = {items_per_second}\n"
    return parse_policy(text, "tests")


def as_batch(url: str) -> Callable[[], Connection]:
    """Connections with no more rights than the batch has in a live bank."""
    return lambda: connect(url, application="test job", role=ROLE)


def run_of(url: str, job_id: int, policy: Policy) -> JobRun:
    """A run of the job."""
    return JobRun(job_id, as_batch(url), EXECUTIONS, policy)


def to_its_end(run: JobRun) -> Progress:
    """Run the job until it ends by itself."""
    try:
        progress = run.begin(NOW)
        while not progress.ended:
            progress = run.step(NOW, 0.0)
        return progress
    finally:
        run.close()


def findings(connection: Connection) -> list[Finding]:
    """What is wrong with the books: nothing."""
    return check_books(connection, ALL_CHECKS)


_LEDGER = (
    "select account_id, sequence, operation_id, amount, balance_after from ledger.entry",
    "select account_id, operation_id, amount, business_date from ledger.bank_entry",
    "select account_id, balance, last_sequence from ledger.account",
    "select operation_id, key, command, kind, code, result from operations.operation",
    "select operation_id, account_ids, amounts from ledger.reversal_log",
    "select * from time_deposits.contract",
)


def ledger_hash(connection: Connection) -> str:
    """One hash over all that money and contracts are."""
    whole = hashlib.sha256()
    for query in _LEDGER:
        for row in connection.execute(f"{query} order by 1, 2"):
            whole.update(repr(row).encode())
    return whole.hexdigest()
