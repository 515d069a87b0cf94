"""The people of a demonstration bank can be computed without asking a database."""

from itertools import pairwise

import pytest

from tanada.customers.card_numbers import account_of_card
from tanada.customers.demonstration import Population, pin_of
from tanada.ledger.accounts import account_number

POPULATION = Population(customers=10, branches=(1, 9, 500))


def test_customers_spread_over_the_branches_in_order() -> None:
    homes = [resident.branch for resident in POPULATION.residents()]
    assert homes == [1, 1, 1, 1, 9, 9, 9, 9, 500, 500]


def test_a_resident_is_the_same_alone_and_in_the_crowd() -> None:
    residents = list(POPULATION.residents())
    assert [POPULATION.resident(n) for n in range(1, 11)] == residents
    assert POPULATION.ordinary_accounts() == [resident.account for resident in residents]


def test_the_card_names_the_account_and_both_rise() -> None:
    residents = list(POPULATION.residents())
    assert all(account_of_card(each.card) == each.account for each in residents)
    assert all(a.account < b.account and a.card < b.card for a, b in pairwise(residents))


def test_time_deposits_are_named_after_the_ordinary_account() -> None:
    ordinary, time = POPULATION.ordinary_accounts()[4], POPULATION.time_accounts()[4]
    assert str(account_number(ordinary)) == "009-1-1000001"
    assert str(account_number(time + 12)) == "009-3-1000001-012"


@pytest.mark.parametrize("customer", [1, 7, 700_000])
def test_a_pin_has_four_digits(customer: int) -> None:
    assert pin_of(customer) == pin_of(customer)
    assert len(pin_of(customer)) == 4
    assert pin_of(customer).isdigit()
