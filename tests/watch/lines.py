"""Attempts to record, and lines to databases that a test can cut."""

from dataclasses import dataclass, field
from datetime import datetime

from tanada.base.clock import JST
from tanada.base.database import Connection, DatabaseUnreachable, connect
from tanada.watch.attempts import Attempt

MORNING = datetime(2021, 2, 28, 9, 50, 30, tzinfo=JST)
MICROSECONDS = 1_000_000


@dataclass
class StoppedClock:
    """Stands still until it is set."""

    moment: datetime = MORNING

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()


@dataclass
class Line:
    """A way to a database that a test can cut."""

    url: str
    role: str
    is_cut: bool = False
    opened: list[Connection] = field(default_factory=list)

    def __call__(self) -> Connection:
        if self.is_cut:
            raise DatabaseUnreachable("the line is cut")
        connection = connect(self.url, application="test", role=self.role)
        self.opened.append(connection)
        return connection

    def cut(self) -> None:
        """Break what is open and refuse what is new."""
        self.is_cut = True
        for connection in self.opened:
            connection.close()


def attempt(number: int, kind: str = "accepted", code: str = "ok", **changes: object) -> Attempt:
    """The attempt ``number``: a withdrawal, one a second from 09:50:30."""
    at = int(MORNING.timestamp() + number % 60) * MICROSECONDS
    made = Attempt(
        attempt_id=number,
        at=at,
        answered_at=at + 40_000,
        channel="atm",
        origin=f"T{number % 7}",
        operation="WithdrawCash",
        product="deposits",
        account=123_1_0000001_000 + number % 5,
        amount=10_000,
        key=f"atm:{number}",
        kind=kind,
        code=code,
        error_class="",
        media="card",
        custody="return",
    )
    return Attempt(**{name: getattr(made, name) for name in Attempt.__struct_fields__} | changes)
