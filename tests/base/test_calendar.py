"""Business days, against days that are known."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanada.base.calendar import (
    is_bank_holiday,
    is_business_day,
    is_five_or_ten,
    month_end,
    next_business_day,
    on_or_after,
    on_or_before,
    previous_business_day,
)

DAYS = st.dates(date(1990, 1, 10), date(2090, 12, 20))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2021-02-28", "a Sunday: the day on which the jobs met"),
        ("2021-02-27", "a Saturday"),
        ("2020-12-31", "a bank holiday that is no public one"),
        ("2026-01-02", "a bank holiday that is no public one"),
        ("2029-01-03", "a bank holiday that is no public one"),
        ("2021-07-23", "Sports Day, moved for the Olympic Games"),
        ("2026-09-22", "a day between two holidays is one"),
        ("2019-05-01", "the accession of the Emperor"),
    ],
)
def test_banks_are_closed(day: str, why: str) -> None:
    assert not is_business_day(date.fromisoformat(day)), why


@pytest.mark.parametrize("day", ["2021-03-01", "2021-03-03", "2021-03-12", "2021-10-11"])
def test_banks_are_open(day: str) -> None:
    assert is_business_day(date.fromisoformat(day))
    assert not is_bank_holiday(date.fromisoformat(day))


def test_the_turn_of_the_year_is_skipped() -> None:
    assert next_business_day(date(2026, 12, 30)) == date(2027, 1, 4)
    assert previous_business_day(date(2027, 1, 4)) == date(2026, 12, 30)


def test_a_month_end_on_a_sunday_stays_where_it_is() -> None:
    assert month_end(date(2021, 2, 3)) == date(2021, 2, 28)
    assert on_or_after(date(2021, 2, 28)) == date(2021, 3, 1)
    assert on_or_before(date(2021, 2, 28)) == date(2021, 2, 26)
    assert month_end(date(2024, 2, 29)) == date(2024, 2, 29)


def test_payments_crowd_before_a_holiday() -> None:
    assert is_five_or_ten(date(2021, 2, 25))
    # The 28th is a Sunday and the month's last day.
    assert is_five_or_ten(date(2021, 2, 26))
    assert not is_five_or_ten(date(2021, 2, 28))
    assert not is_five_or_ten(date(2021, 3, 3))


@given(DAYS)
def test_next_and_previous_lead_to_each_other(day: date) -> None:
    following = next_business_day(day)
    assert is_business_day(following) and following > day
    assert previous_business_day(following) <= day
    between = (following - day).days
    assert not any(is_business_day(day + timedelta(days=n)) for n in range(1, between))
