"""Money is an integer of the currency's minor unit; a rate is an integer of 0.001 % a year.

The first currency is the yen, which has no minor unit: one yen is 1. Amounts below one yen are cut
off, never rounded (円未満切捨て), in the customer's interest computation as in the tax on it.
"""

from typing import Final

JPY: Final = "JPY"
MAX_AMOUNT: Final = 999_999_999_999
"""Largest amount of one operation, in yen: ISO 8583 field 4 has twelve digits."""

RATE_UNIT: Final = 100_000
"""A rate of 100_000 is 100 % a year."""

DAYS_PER_YEAR: Final = 365
"""Japanese banks divide by 365 in leap years too."""


def interest(principal: int, rate: int, days: int) -> int:
    """Simple interest in yen for whole ``days``, cut off below one yen.

    ``rate`` is in units of 0.001 % a year. Source: published time-deposit terms
    (片端: day of deposit to the day before maturity, 365 days a year).
    """
    assert principal >= 0 and rate >= 0 and days >= 0
    return principal * rate * days // (RATE_UNIT * DAYS_PER_YEAR)


def withholding_tax(interest_yen: int) -> tuple[int, int]:
    """National and local tax on an individual's interest, each cut off below one yen.

    15.315 % (所得税 with the reconstruction surtax, to 2037) and 5 % (住民税).
    """
    return interest_yen * 15_315 // 100_000, interest_yen * 5 // 100


def format_yen(amount: int) -> str:
    """``1234567`` as ``¥1,234,567`` and a negative amount with its sign in front."""
    return f"-¥{-amount:,}" if amount < 0 else f"¥{amount:,}"
