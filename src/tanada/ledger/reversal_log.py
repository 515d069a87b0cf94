"""The reversal log's rows: a bounded resource, reserved before it is needed.

A product's log holds what is needed to cancel its operations of one business date. On 28 February
2021 such a table overflowed: updates failed, and their cancellations needed the same table. Here a
row is reserved before the update, and the row of the update serves its cancellation too. Under the
as-was policy (``reserve = false``) the update takes a row when it writes, and a cancellation needs
another.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from tanada.base.database import Connection, translate_errors
from tanada.controls.policies import ReversalLogRule
from tanada.ledger.book import QUERIES

UNBOUNDED: Final = 2**62
"""Capacity of a log for which the policy names none."""

UNBOUNDED_LEASE: Final = 1_000_000
"""Rows taken at once of a log that cannot fill."""


class Meter(NamedTuple):
    """How full a product's log is: rows taken of the declared capacity."""

    product: str
    capacity: int
    taken: int


class ReversalLog:
    """The rows that one holder (a compartment, a job) has reserved and not used yet.

    Not safe for several threads: it belongs to the holder's one connection.
    """

    def __init__(self, connection: Connection, rule: ReversalLogRule, holder: str) -> None:
        self._connection = connection
        self._rule = rule
        self._holder = holder
        self._left: dict[tuple[str, date], int] = {}
        self._declared: set[tuple[str, date]] = set()
        self.last_meter: dict[str, Meter] = {}

    @property
    def reserves(self) -> bool:
        """Whether a row is reserved before the update (default policy)."""
        return self._rule.reserve

    def ensure(self, needed: Mapping[str, int], business_date: date) -> None:
        """Reserve rows so that each product has ``needed`` of them, as far as the log has room.

        Commits by itself, so that the meter's row is never locked for the length of a batch.
        """
        for product, count in needed.items():
            missing = count - self._left.get((product, business_date), 0)
            if missing > 0:
                bounded = product in self._rule.capacity
                lease = self._rule.lease if bounded else UNBOUNDED_LEASE
                self._lease(product, business_date, max(missing, lease))

    def _lease(self, product: str, business_date: date, wanted: int) -> None:
        key = (product, business_date)
        if key not in self._declared:
            declare(self._connection, self._rule, product, business_date)
            self._declared.add(key)
        with translate_errors():
            row = self._connection.execute(
                QUERIES.take_rows,
                {
                    "product": product,
                    "business_date": business_date,
                    "wanted": wanted,
                    "holder": self._holder,
                },
            ).fetchone()
        assert row is not None, "the meter was declared"
        given, taken, capacity, _ = row
        self._left[key] = self._left.get(key, 0) + given
        self.last_meter[product] = Meter(product, capacity, taken)

    def take(self, product: str, business_date: date) -> bool:
        """Use one reserved row; False if there is none."""
        left = self._left.get((product, business_date), 0)
        if left <= 0:
            return False
        self._left[product, business_date] = left - 1
        return True

    def left(self, product: str, business_date: date) -> int:
        """Rows reserved and not used yet."""
        return self._left.get((product, business_date), 0)

    def put_back(self, product: str, business_date: date) -> None:
        """Return a row that was taken and then not written."""
        self._left[product, business_date] = self._left.get((product, business_date), 0) + 1

    def give_back(self, business_date: date) -> None:
        """Return to the meter all that this holder leased and did not use.

        Called by a holder when it starts, for the lease that died with its predecessor, and when it
        stops.
        """
        self._left.clear()
        with translate_errors():
            self._connection.execute(
                QUERIES.give_back_rows, {"holder": self._holder, "business_date": business_date}
            )


def declare(
    connection: Connection, rule: ReversalLogRule, product: str, business_date: date
) -> None:
    """Make sure that the product's meter of the business date exists."""
    capacity = rule.capacity.get(product, UNBOUNDED)
    with translate_errors():
        connection.execute(QUERIES.declare_meter, (product, business_date, capacity))


def read_meters(connection: Connection, business_date: date) -> list[Meter]:
    """How full each product's log is."""
    with translate_errors():
        rows = connection.execute(QUERIES.read_meters, (business_date,)).fetchall()
    return [Meter(*row) for row in rows]
