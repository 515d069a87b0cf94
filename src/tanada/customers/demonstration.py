"""The customers of a demonstration bank: who they are follows from a number and a seed.

Nothing needs to be read back from the database to act as one of these customers: ``Population``
computes the account, the card and the PIN of the n-th of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tanada.base.copying import copy_lines
from tanada.base.database import Connection, load_queries, translate_errors
from tanada.base.randomness import Randomness
from tanada.customers.card_numbers import card_number
from tanada.customers.names import DRAW_BITS, name_of
from tanada.customers.pin import pin_proof
from tanada.ledger.accounts import ORDINARY, TIME, account_id

FIRST_NUMBER: Final = 1_000_001
"""The first account number of each branch."""

_QUERIES: Final = load_queries(__package__, "demonstration.sql")


def pin_of(customer: int) -> str:
    """Four digits: the PIN of a customer of a demonstration bank, and of no other bank."""
    return f"{(customer * 7_919 + 1_234) % 10_000:04d}"


@dataclass(frozen=True, slots=True)
class Resident:
    """One customer: home branch, ordinary account, its card and the PIN."""

    customer: int
    branch: int
    number: int
    account: int
    card: int
    pin: str


@dataclass(frozen=True)
class Population:
    """``customers`` people over the branches with these numbers, in order and evenly.

    Customer ids are 1 to ``customers``; every branch but the last ones has the same number of them.
    """

    customers: int
    branches: tuple[int, ...]

    def __post_init__(self) -> None:
        """A branch must have numbers enough for its customers."""
        assert self.customers > 0
        assert self.branches
        assert FIRST_NUMBER + self.per_branch <= 10_000_000, "more customers than account numbers"

    @cached_property
    def per_branch(self) -> int:
        """Customers of one branch, rounded up."""
        return -(-self.customers // len(self.branches))

    def resident(self, customer: int) -> Resident:
        """The customer with this id."""
        branch, number = self._home(customer)
        card = card_number(branch, number)
        account = account_id(branch, ORDINARY, number)
        return Resident(customer, branch, number, account, card, pin_of(customer))

    def residents(self) -> Iterator[Resident]:
        """All customers, by id; their account ids and card numbers rise too."""
        return map(self.resident, range(1, self.customers + 1))

    def ordinary_accounts(self) -> list[int]:
        """Each customer's ordinary account, by customer id."""
        return [account_id(branch, ORDINARY, number) for branch, number in self._homes()]

    def time_accounts(self) -> list[int]:
        """For each customer the id to which an item number is added to name a time deposit."""
        return [account_id(branch, TIME, number) for branch, number in self._homes()]

    def _home(self, customer: int) -> tuple[int, int]:
        assert 1 <= customer <= self.customers
        place, within = divmod(customer - 1, self.per_branch)
        return self.branches[place], FIRST_NUMBER + within

    def _homes(self) -> Iterator[tuple[int, int]]:
        return map(self._home, range(1, self.customers + 1))


def load_customers(
    connection: Connection, residents: Sequence[Resident], randomness: Randomness, pvk: bytes
) -> None:
    """Write the customers with names drawn from their own stream, and their cards.

    ``pvk`` is the key under which the gateways prove PINs.
    """
    copy_lines(connection, _QUERIES.copy_parties, _party_lines(residents, randomness))
    copy_lines(connection, _QUERIES.copy_cards, _card_lines(residents, pvk))


def count_customers(connection: Connection) -> int:
    """How many customers the bank has."""
    with translate_errors():
        row = connection.execute(_QUERIES.count_customers).fetchone()
    return 0 if row is None else int(row[0])


def _party_lines(residents: Sequence[Resident], randomness: Randomness) -> Iterator[str]:
    draw = randomness.stream("demonstration", "names").getrandbits
    for each in residents:
        kanji, kana = name_of(draw(DRAW_BITS))
        yield f"{each.customer}\t{kanji}\t{kana}\t{each.branch}\n"


def _card_lines(residents: Sequence[Resident], pvk: bytes) -> Iterator[str]:
    for each in residents:
        proof = pin_proof(pvk, each.card, each.pin).hex()
        yield f"{each.card}\t{each.account}\t{each.customer}\t\\\\x{proof}\n"
