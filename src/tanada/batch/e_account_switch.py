"""The switch of unposted time deposits to e-accounts (みずほe-口座の未記帳切替); it can wait."""

from datetime import date
from typing import Final

from tanada.base.database import Connection
from tanada.batch.jobs import Job
from tanada.batch.kinds import Item, JobKind, Origin, accounts_after, count_on
from tanada.products.time_deposits.commands import SwitchToEAccount
from tanada.products.time_deposits.contracts import PRODUCT, QUERIES


def _available(connection: Connection, day: date) -> int:
    return count_on(connection, QUERIES.count_switchable, day)


def _read(connection: Connection, job: Job, after: int, count: int) -> list[Item]:
    return accounts_after(connection, QUERIES.switchable, job, after, count)


def _switch(origin: Origin, item: Item) -> SwitchToEAccount:
    return origin.command(SwitchToEAccount, item)


E_ACCOUNT_SWITCH: Final = JobKind(
    name="e-account-switch",
    product=PRODUCT,
    english="switches to e-account",
    japanese="e-口座への未記帳切替",
    available=_available,
    read=_read,
    command=_switch,
)
