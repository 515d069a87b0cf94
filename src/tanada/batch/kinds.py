"""What a kind of job must say: how many items it has, and which come next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, TypeVar

from tanada.base.database import Connection, translate_errors
from tanada.batch.jobs import Job
from tanada.operations.commands import MICROSECONDS, Command

C = TypeVar("C", bound=Command)

CHANNEL: Final = "batch"
DEADLINE_S: Final = 3_600
"""An item is begun at once by whoever made it, so that this is never reached."""


class Item(NamedTuple):
    """One item of a job: its place in the job's order, and the account that it is about.

    ``amount`` is in yen, 0 where the item has none. Its command is made when its turn comes, since
    50,000 commands that wait would cost every sweep of the garbage collector.
    """

    position: int
    account: int
    amount: int = 0


class Origin(NamedTuple):
    """What is the same in all commands of a run."""

    job_id: int
    made_at: int

    @property
    def name(self) -> str:
        """What the commands name as their origin."""
        return f"job-{self.job_id}"

    @property
    def deadline(self) -> int:
        """Microseconds since the epoch."""
        return self.made_at + DEADLINE_S * MICROSECONDS

    def key(self, position: int) -> str:
        """The idempotency key of an item: a job never has two effects at one position."""
        return f"job:{self.job_id}:{position}"

    def command(self, kind: Callable[..., C], item: Item, **content: int) -> C:
        """The command of an item: what all items share, and the ``content`` of its kind."""
        return kind(
            key=self.key(item.position),
            channel=CHANNEL,
            origin=self.name,
            made_at=self.made_at,
            deadline=self.deadline,
            account=item.account,
            **content,
        )


def origin_of(job: Job, now: datetime) -> Origin:
    """The origin of the commands that the job makes now."""
    return Origin(job.job_id, int(now.timestamp()) * MICROSECONDS)


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """One kind of job.

    ``due`` counts the items that must be done on a business date whether or not anybody has
    submitted the job; None where a job may wait for another day. ``available`` counts the items
    that a job of the date could have; None where a file brings them. ``read`` returns up to
    ``count`` items after a position, in order; ``command`` makes the command of one.
    """

    name: str
    product: str
    english: str
    japanese: str
    due: Callable[[Connection, date], int] | None = None
    available: Callable[[Connection, date], int] | None = None
    read: Callable[[Connection, Job, int, int], list[Item]]
    command: Callable[[Origin, Item], Command]


def count_on(connection: Connection, query: str, day: date) -> int:
    """The one number that a counting query with a date returns."""
    with translate_errors():
        row = connection.execute(query, (day,)).fetchone()
    assert row is not None
    return int(row[0])


def accounts_after(
    connection: Connection, query: str, job: Job, after: int, count: int
) -> list[Item]:
    """The next items of a query for accounts over the job's business date."""
    parameters = {"business_date": job.business_date, "after": after, "count": count}
    with translate_errors():
        rows = connection.execute(query, parameters).fetchall()
    return [Item(account, account) for (account,) in rows]
