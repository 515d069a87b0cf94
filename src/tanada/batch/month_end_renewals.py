"""Month-end renewals: every time deposit that falls due and renews itself (自動継続).

They are due on the day, so the pre-flight counts them even before anybody has submitted them.
"""

from datetime import date
from typing import Final

from tanada.base.database import Connection
from tanada.batch.jobs import Job
from tanada.batch.kinds import Item, JobKind, Origin, accounts_after, count_on
from tanada.products.time_deposits.commands import RenewTimeDeposit
from tanada.products.time_deposits.contracts import PRODUCT, QUERIES


def _due(connection: Connection, day: date) -> int:
    return count_on(connection, QUERIES.count_due_renewals, day)


def _read(connection: Connection, job: Job, after: int, count: int) -> list[Item]:
    return accounts_after(connection, QUERIES.due_renewals, job, after, count)


def _renewal(origin: Origin, item: Item) -> RenewTimeDeposit:
    return origin.command(RenewTimeDeposit, item)


MONTH_END_RENEWALS: Final = JobKind(
    name="month-end-renewals",
    product=PRODUCT,
    english="renewals that are due",
    japanese="自動継続(満期到来分)",
    due=_due,
    available=_due,
    read=_read,
    command=_renewal,
)
