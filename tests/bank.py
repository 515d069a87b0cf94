"""A small loaded bank for tests: whom to act as, and commands that need no channel."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any

from tanada.base.clock import JST
from tanada.base.database import Connection, connect
from tanada.batch.demonstration import BankPlan, LoadedBank, load, population_of
from tanada.checks import ALL_CHECKS
from tanada.controls.policies import Policy, parse_policy
from tanada.customers.demonstration import Resident
from tanada.customers.pin import pin_proof
from tanada.executions import EXECUTIONS
from tanada.ledger.books import Finding, check_books
from tanada.operations.commands import Command, Outcome, Request
from tanada.operations.execution import Executor
from tanada.operations.work import Executions

BUSINESS_DATE = date(2026, 4, 1)
NOW = datetime(2026, 4, 1, 10, 0, tzinfo=JST)
PVK = b"pin verification key of the tests"
PLAN = BankPlan(
    BUSINESS_DATE, customers=12, branches=3, maturing=6, switching=5, quiet=4, terminals=(1, 2)
)
DEADLINE = int(NOW.timestamp() + 30) * 1_000_000

POLICY_TEXT = """
name = "test"
custody = "2021-05"
[[compartments]]
name = "all"
[reversal_log]
capacity = { deposits = 1000, time_deposits = 100 }
lease = 4
"""


def policy(text: str = POLICY_TEXT) -> Policy:
    """The policy of most tests: one compartment for everything, small logs."""
    return parse_policy(text, "test policy")


def load_small_bank(connection: Connection) -> LoadedBank:
    """Load the bank of ``PLAN``."""
    return load(connection, PLAN, pvk=PVK)


def residents() -> list[Resident]:
    """The customers of the small bank."""
    return list(population_of(PLAN).residents())


def findings(url: str) -> list[Finding]:
    """What ``tanada books check`` says."""
    with connect(url, application="check") as connection:
        return check_books(connection, ALL_CHECKS)


@dataclass
class Teller:
    """Makes commands of a small bank, each with a new key unless one is given."""

    channel: str = "desk"
    keys: Any = field(default_factory=lambda: count(1))

    def make(self, kind: type[Command], account: int, **content: Any) -> Any:
        content.setdefault("key", f"test-{next(self.keys)}")
        content.setdefault("channel", self.channel)
        content.setdefault("deadline", DEADLINE)
        return kind(origin="test", made_at=0, account=account, **content)


def proof_of(resident: Resident) -> bytes:
    """What a gateway makes of the resident's right PIN."""
    return pin_proof(PVK, resident.card, resident.pin)


def executor(
    url: str,
    rules: Policy | None = None,
    name: str = "all-0",
    executions: Executions = EXECUTIONS,
) -> Executor:
    """An executor on a connection of its own, with the rights of a compartment."""
    opened = Executor(name, connector(url, "tanada_compartment"), executions, rules or policy())
    opened.start()
    return opened


def connector(url: str, role: str | None) -> Callable[[], Connection]:
    """What opens the executor's connection."""
    return lambda: connect(url, application="test", role=role)


def run(opened: Executor, *requests: Request, monotonic: float = 0.0) -> list[Outcome]:
    """Execute the requests as one batch at ``NOW``."""
    return opened.execute(requests, NOW, monotonic)


def balance_of(url: str, account: int) -> int:
    """The balance in yen according to the ledger."""
    with connect(url, application="test") as connection:
        row = connection.execute(
            "select balance from ledger.account where account_id = %s", (account,)
        ).fetchone()
    assert row is not None, "no such account"
    balance: int = row[0]
    return balance


def change(url: str, statement: str, *values: Any) -> None:
    """Change the database behind the bank's back: to bring about what would take years."""
    with connect(url, application="test") as connection:
        connection.execute(statement.encode(), values)


def turn_to(url: str, day: date) -> None:
    """Make it the business date of the bank, without anything that belongs to a date change."""
    change(url, "update ledger.business_day set business_date = %s", day)


def limit_log(url: str, product: str, capacity: int) -> None:
    """Let the product's reversal log hold no more rows than that, on every business date."""
    with connect(url, application="test") as connection:
        connection.execute(
            "update ledger.reversal_meter set capacity = %s where product = %s", (capacity, product)
        )


def facts(url: str) -> list[tuple[str, str]]:
    """Component and kind of each fact that was recorded, in order."""
    with connect(url, application="test") as connection:
        rows = connection.execute(
            "select component, kind from operations.fact order by fact_id"
        ).fetchall()
    return [(row[0], row[1]) for row in rows]
