"""A small demonstration bank for tests that need one with people in it, and who hears of it."""

from datetime import date

from tanada.batch.demonstration import BankPlan

PVK = b"verification key"
PLAN = BankPlan(
    business_date=date(2021, 2, 28),
    customers=60,
    branches=7,
    maturing=25,
    switching=45,
    quiet=20,
    terminals=(1, 2, 5_395),
    reversal_capacity={"time_deposits": 644_000},
)


class Listener:
    """A narrator that remembers."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, what: str) -> None:
        self.heard.append(what)

    def progress(self, done: int, of: int) -> None:
        assert done <= of
