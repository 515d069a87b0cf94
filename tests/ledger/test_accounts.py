"""An account id says by itself whose account it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tanada.ledger.accounts import (
    CASH_AT_COUNTERS,
    ORDINARY,
    SUSPENSE,
    TIME,
    AccountNumber,
    account_id,
    account_number,
    atm_cash,
    is_atm_cash,
    is_customer,
    is_ordinary,
)


@given(
    branch=some.integers(1, 999),
    kind=some.integers(0, 9),
    number=some.integers(0, 9_999_999),
    item=some.integers(0, 999),
)
def test_the_parts_of_an_id_come_back_from_it(
    branch: int, kind: int, number: int, item: int
) -> None:
    account = account_id(branch, kind, number, item)
    assert account_number(account) == AccountNumber(branch, kind, number, item)
    assert is_customer(account)
    assert len(str(account)) <= 14


@pytest.mark.parametrize(
    "parts", [(0, 1, 1, 0), (1000, 1, 1, 0), (1, 10, 1, 0), (1, 1, 10**7, 0), (1, 1, 1, 1000)]
)
def test_parts_that_do_not_fit_are_no_account(parts: tuple[int, int, int, int]) -> None:
    with pytest.raises(AssertionError):
        account_id(*parts)


def test_the_banks_own_accounts_are_nobodys() -> None:
    own = [CASH_AT_COUNTERS, SUSPENSE, atm_cash(0), atm_cash(9_999_999)]
    assert not any(is_customer(account) for account in own)
    assert [is_atm_cash(account) for account in own] == [False, False, True, True]


def test_an_ordinary_account_has_its_kind_no_item_and_a_branch() -> None:
    assert is_ordinary(account_id(999, ORDINARY, 9_999_999))
    wrong = [account_id(1, TIME, 1), account_id(1, ORDINARY, 1, 1), SUSPENSE, 0, -1]
    wrong.append(account_id(1, ORDINARY, 1) + 10**14)
    assert not any(is_ordinary(account) for account in wrong)


def test_a_machine_without_a_number_has_no_cash() -> None:
    for terminal in (-1, 10_000_000):
        with pytest.raises(AssertionError):
            atm_cash(terminal)


def test_people_read_it_as_branch_kind_number_and_item() -> None:
    assert str(account_number(account_id(7, ORDINARY, 1234567))) == "007-1-1234567"
    assert str(account_number(account_id(110, TIME, 42, 3))) == "110-3-0000042-003"
