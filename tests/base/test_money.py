"""Interest and tax to the yen, against examples worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tanada.base.money import MAX_AMOUNT, format_yen, interest, withholding_tax


@pytest.mark.parametrize(
    ("principal", "rate", "days", "yen"),
    [
        (1_000_000, 200, 365, 2_000),
        (1_000_000, 1, 181, 4),  # 4.958...
        (1_000_000, 2, 366, 20),  # a leap year has 366 days and is divided by 365: 20.05...
        (1_000_000, 200, 366, 2_005),  # 2,005.47...
        (18_249_999, 2, 1, 0),  # 0.99999994...
        (18_250_000, 2, 1, 1),
        (0, 200, 365, 0),
        (1_000_000, 0, 365, 0),
        (1_000_000, 200, 0, 0),
        (MAX_AMOUNT, 100_000, 3_650, 10 * MAX_AMOUNT),
    ],
)
def test_interest_is_cut_off_below_one_yen(principal: int, rate: int, days: int, yen: int) -> None:
    assert interest(principal, rate, days) == yen


@pytest.mark.parametrize(
    ("gross", "national", "local"),
    [(2_000, 306, 100), (1_000, 153, 50), (1, 0, 0), (6, 0, 0), (7, 1, 0), (20, 3, 1), (0, 0, 0)],
)
def test_each_tax_is_cut_off_by_itself(gross: int, national: int, local: int) -> None:
    assert withholding_tax(gross) == (national, local)


def test_a_million_for_a_year_leaves_1594_yen() -> None:
    gross = interest(1_000_000, 200, 365)
    assert gross - sum(withholding_tax(gross)) == 1_594


@given(some.integers(0, MAX_AMOUNT), some.integers(0, 20_000), some.integers(0, 3_660))
def test_the_customer_never_loses_a_whole_yen_to_the_cut(
    principal: int, rate: int, days: int
) -> None:
    exact_times = principal * rate * days
    got = interest(principal, rate, days)
    assert got * 36_500_000 <= exact_times < (got + 1) * 36_500_000


@given(some.integers(0, 10**12))
def test_taxes_together_are_never_more_than_their_rate(gross: int) -> None:
    national, local = withholding_tax(gross)
    assert 0 <= gross * 20_315 - (national + local) * 100_000 < 200_000


def test_what_cannot_be_is_a_mistake_of_ours() -> None:
    for principal, rate, days in ((-1, 1, 1), (1, -1, 1), (1, 1, -1)):
        with pytest.raises(AssertionError):
            interest(principal, rate, days)


def test_people_read_yen_with_commas_and_the_sign_in_front() -> None:
    assert [format_yen(amount) for amount in (0, 1_234_567, -1_000)] == [
        "¥0",
        "¥1,234,567",
        "-¥1,000",
    ]
