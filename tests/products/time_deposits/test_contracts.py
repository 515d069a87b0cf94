"""Maturities and posted rates: month ends, leap years, and the day from which a rate holds."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tanada.products.time_deposits.contracts import maturity, rate_key

days = some.dates(date(1990, 1, 1), date(2090, 12, 31))
terms = some.integers(1, 120)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2021-01-31", 1, "2021-02-28"),
        ("2020-01-31", 1, "2020-02-29"),
        ("2020-02-29", 12, "2021-02-28"),
        ("2020-02-29", 48, "2024-02-29"),
        ("2021-03-31", 1, "2021-04-30"),
        ("2021-02-28", 1, "2021-03-28"),
        ("2021-12-15", 1, "2022-01-15"),
        ("2021-11-30", 3, "2022-02-28"),
        ("2021-06-30", 6, "2021-12-30"),
        ("1999-12-31", 120, "2009-12-31"),
    ],
)
def test_a_term_ends_on_the_same_day_or_on_the_months_last(
    start: str, months: int, end: str
) -> None:
    assert maturity(date.fromisoformat(start), months).isoformat() == end


@given(days, terms)
def test_a_maturity_lies_in_the_right_month_and_never_after_its_day(
    start: date, months: int
) -> None:
    end = maturity(start, months)
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day == start.day or (
        end.day < start.day and (end + timedelta(days=1)).month != end.month
    )


@given(terms, terms, days, days)
def test_rates_of_different_terms_or_days_never_share_a_key(
    one: int, other: int, first: date, second: date
) -> None:
    assert (rate_key(one, first) == rate_key(other, second)) == ((one, first) == (other, second))
