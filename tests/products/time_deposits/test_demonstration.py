"""Drawn time deposits: exactly as many of each kind as were asked for."""

from datetime import date

import pytest

from tanada.base.randomness import Randomness
from tanada.products.time_deposits.demonstration import (
    ContractCounts,
    Contracts,
    draw_contracts,
    months_later,
)

DAY = date(2021, 2, 28)
OWNERS = [131_000_001_000, 131_000_002_000, 131_000_003_000]


def _draw(counts: ContractCounts, seed: int = 1) -> Contracts:
    return draw_contracts(counts, OWNERS, DAY, Randomness(seed))


def test_as_many_mature_and_as_many_are_to_be_switched_as_the_plan_says() -> None:
    contracts = _draw(ContractCounts(maturing=25, switching=45, quiet=30))
    rows = [row.rstrip("\n").split("\t") for row in contracts.terms]
    due = [row for row in rows if row[4] == str(DAY)]
    old = [row for row in rows if row[2] <= "2020-02-28" and row[5] == "f" and row not in due]
    assert (len(rows), len(due), len(old)) == (100, 25, 45)
    assert all(row[4] > str(DAY) for row in rows if row not in due)


def test_a_contract_runs_from_its_start_for_its_term() -> None:
    for row in _draw(ContractCounts(20, 20, 20)).terms:
        term, _, opened, started, matures, _, renewals = row.split("\t")
        start = date.fromisoformat(started)
        assert months_later(start, int(term)).isoformat() == matures
        assert months_later(start, -int(term) * int(renewals)).isoformat() == opened


def test_deposits_are_dealt_out_evenly_and_numbered_in_each_book() -> None:
    contracts = _draw(ContractCounts(3, 2, 2))
    assert contracts.accounts == [
        *(OWNERS[0] + 1, OWNERS[0] + 2, OWNERS[0] + 3),
        *(OWNERS[1] + 1, OWNERS[1] + 2),
        *(OWNERS[2] + 1, OWNERS[2] + 2),
    ]


def test_same_seed_same_contracts() -> None:
    counts = ContractCounts(5, 5, 5)
    assert _draw(counts) == _draw(counts) != _draw(counts, seed=2)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2021, 1, 31), 1, date(2021, 2, 28)),
        (date(2020, 1, 31), 1, date(2020, 2, 29)),
        (date(2021, 3, 31), -1, date(2021, 2, 28)),
        (date(2020, 12, 15), 12, date(2021, 12, 15)),
    ],
)
def test_a_month_that_is_too_short_ends_the_term_on_its_last_day(
    day: date, months: int, later: date
) -> None:
    assert months_later(day, months) == later
