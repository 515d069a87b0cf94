"""Time deposits of a demonstration bank: so many that mature, so many still with a passbook.

Three kinds, told apart by their dates and by ``e_account`` alone:

- *maturing*: fall due on the business date, renew by themselves, and are e-accounts already;
- *switching*: opened more than a year ago, not due, and not yet switched to e-account: what the
  switch of unposted accounts (未記帳切替) takes;
- *quiet*: neither due nor to be switched.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from tanada.base.copying import Advance, copy_lines
from tanada.base.database import Connection, load_queries
from tanada.base.randomness import Randomness

if TYPE_CHECKING:
    from random import Random

PRODUCT: Final = "time_deposits"
RATE: Final = 2
"""0.001 % a year: the posted rate of every term since March 2016."""
TERMS_MONTHS: Final = (1, 3, 6, 12, 24, 36, 60)
MAX_ITEMS: Final = 999
"""Time deposits in one book: the item number has three digits."""

_PRINCIPAL_UNIT: Final = 10_000
_DATES: Final = 256
"""Different sets of dates for each kind; contracts draw one of them."""
_QUERIES: Final = load_queries(__package__, "demonstration.sql")


@dataclass(frozen=True)
class ContractCounts:
    """How many contracts of each kind."""

    maturing: int
    switching: int
    quiet: int

    @property
    def total(self) -> int:
        """Contracts of all kinds."""
        return self.maturing + self.switching + self.quiet


@dataclass(frozen=True)
class Contracts:
    """Drawn contracts as columns of equal length, their account ids rising.

    ``terms`` holds what follows the account ids in a contract's row; principals are yen.
    """

    accounts: Sequence[int]
    owners: Sequence[int]
    """Place of the owner in the list of ordinary accounts, from 0."""
    principals: Sequence[int]
    opened_on: Sequence[str]
    terms: Sequence[str]


def draw_contracts(
    counts: ContractCounts, time_accounts: Sequence[int], business_date: date, chance: Randomness
) -> Contracts:
    """Deal the contracts out over the owners evenly and draw principal and dates of each.

    ``time_accounts`` is one id an owner; adding the item number 1, 2, .. names a deposit.
    """
    owners = sorted(place % len(time_accounts) for place in range(counts.total))
    accounts, item, before = [], 0, -1
    for owner in owners:
        item = item + 1 if owner == before else 1
        before = owner
        accounts.append(time_accounts[owner] + item)
    assert item <= MAX_ITEMS, "more time deposits than a book has item numbers"
    stream = chance.stream("demonstration", "time deposits")
    dates = _deal_dates(counts, business_date, stream)
    principals = [_principal(stream.getrandbits(64)) for _ in owners]
    return Contracts(
        accounts, owners, principals, [day.opened_on for day in dates], [day.row for day in dates]
    )


def load_contracts(
    connection: Connection,
    contracts: Contracts,
    ordinary_accounts: Sequence[int],
    advance: Advance | None = None,
) -> None:
    """Write contracts and books; the ledger's accounts are the caller's part."""
    copy_lines(
        connection, _QUERIES.copy_contracts, _contract_lines(contracts, ordinary_accounts), advance
    )
    copy_lines(connection, _QUERIES.copy_books, _book_lines(contracts, ordinary_accounts))


def _principal(chance: int) -> int:
    """A multiple of 10,000 yen; half are above some 650,000, one in a hundred above 11 million."""
    doublings = (chance & 0xFFF).bit_count()
    return _PRINCIPAL_UNIT * ((1 << doublings) // 2 + 1 + (chance >> 12) % (1 << doublings))


@dataclass(frozen=True, slots=True)
class _Dates:
    opened_on: str
    row: str


def _deal_dates(counts: ContractCounts, business_date: date, stream: "Random") -> list[_Dates]:
    """One set of dates for each contract, the kinds mixed so that they spread over the branches."""
    kinds = (
        (counts.maturing, _maturing_dates(business_date)),
        (counts.switching, _switching_dates(business_date)),
        (counts.quiet, _quiet_dates(business_date)),
    )
    dealt = [day for count, days in kinds for day in stream.choices(days, k=count)]
    stream.shuffle(dealt)
    return dealt


def _maturing_dates(business_date: date) -> list[_Dates]:
    return [
        _dates(months_later(business_date, -term), term, renewals, e_account=True)
        for term in TERMS_MONTHS
        for renewals in range(_DATES // len(TERMS_MONTHS))
        if business_date.year - renewals * term // 12 > 1990
    ]


def _switching_dates(business_date: date) -> list[_Dates]:
    """Terms of a year and more, renewed at least once: opened before the last year began."""
    return [
        _dates(business_date - timedelta(days=1 + place % 300), term, renewals, e_account=False)
        for place in range(_DATES)
        for term, renewals in ((12, 1 + place % 9), (24, 1 + place % 5), (36, 1 + place % 3))
    ]


def _quiet_dates(business_date: date) -> list[_Dates]:
    """Opened within the last ten months, most with a passbook, all due a year or more later."""
    return [
        _dates(business_date - timedelta(days=1 + place), term, 0, e_account=place % 4 == 0)
        for place in range(_DATES)
        for term in (12, 24, 36, 60)
    ]


def _dates(started_on: date, term: int, renewals: int, *, e_account: bool) -> _Dates:
    opened_on = months_later(started_on, -term * renewals).isoformat()
    matures_on = months_later(started_on, term)
    flag = "t" if e_account else "f"
    row = f"{term}\t{RATE}\t{opened_on}\t{started_on}\t{matures_on}\t{flag}\t{renewals}\n"
    return _Dates(opened_on, row)


def months_later(day: date, months: int) -> date:
    """The same day some months later or earlier, or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _contract_lines(contracts: Contracts, ordinary_accounts: Sequence[int]) -> Iterator[str]:
    columns = (contracts.accounts, contracts.owners, contracts.terms)
    for account, owner, terms in zip(*columns, strict=True):
        yield f"{account}\t{ordinary_accounts[owner]}\t{terms}"


def _book_lines(contracts: Contracts, ordinary_accounts: Sequence[int]) -> Iterator[str]:
    last_items = {
        owner: account % 1000
        for owner, account in zip(contracts.owners, contracts.accounts, strict=True)
    }
    for owner, item in last_items.items():
        yield f"{ordinary_accounts[owner]}\t{item}\n"
