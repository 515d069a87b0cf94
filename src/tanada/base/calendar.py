"""The bank's calendar: business days, month ends, and the days on which much is due at once.

A bank is closed on Saturdays, Sundays, public holidays and from 31 December to 3 January
(Banking Act of Japan, article 15, and article 5 of its order).
"""

from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from typing import Final

from holidays import HolidayBase, country_holidays

FIRST_YEAR: Final = 1980
LAST_YEAR: Final = 2099
"""The equinoxes are holidays, and nobody can compute them much further than this."""

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@cache
def _holidays(year: int) -> HolidayBase:
    return country_holidays("JP", categories=("public", "bank"), years=year)


def is_bank_holiday(day: date) -> bool:
    """Whether the day is a public holiday or one of the banks' own, weekends aside."""
    assert FIRST_YEAR <= day.year <= LAST_YEAR, f"no calendar for {day.year}"
    return day in _holidays(day.year)


def is_business_day(day: date) -> bool:
    """Whether banks are open."""
    return day.weekday() < _SATURDAY and not is_bank_holiday(day)


def next_business_day(day: date) -> date:
    """The first business day after ``day``."""
    following = day + _ONE_DAY
    while not is_business_day(following):
        following += _ONE_DAY
    return following


def previous_business_day(day: date) -> date:
    """The last business day before ``day``."""
    before = day - _ONE_DAY
    while not is_business_day(before):
        before -= _ONE_DAY
    return before


def on_or_after(day: date) -> date:
    """``day`` itself or, if banks are closed on it, the next business day (翌営業日)."""
    return day if is_business_day(day) else next_business_day(day)


def on_or_before(day: date) -> date:
    """``day`` itself or, if banks are closed on it, the previous business day (前営業日)."""
    return day if is_business_day(day) else previous_business_day(day)


def month_end(day: date) -> date:
    """The last calendar day of the month; renewals fall on it even when banks are closed."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def is_five_or_ten(day: date) -> bool:
    """Whether payments crowd on the day (五十日): the 5th, 10th, .. 25th and the month's last.

    One that falls on a holiday is kept on the business day before, as companies pay.
    """
    if not is_business_day(day):
        return False
    closed_after = next_business_day(day)
    span = (day + timedelta(days=passed) for passed in range((closed_after - day).days))
    return any(each == month_end(each) or (each.day % 5 == 0 and each.day < 30) for each in span)
