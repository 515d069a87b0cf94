"""Every command finds its compartment, and the same one each time."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tanada.base.errors import PolicyError
from tanada.controls.policies import compartment_names, parse_policy
from tanada.controls.routing import routes
from tanada.ledger.accounts import account_id
from tests.bank import policy

TEXT = """
name = "t"
custody = "c"
[[compartments]]
name = "time"
products = ["time_deposits"]
slots = 2
[[compartments]]
name = "atm"
channels = ["atm"]
slots = 8
slot_by = "origin"
[[compartments]]
name = "rest"
products = ["deposits"]
[reversal_log]
capacity = {}
"""
POLICY = parse_policy(TEXT, "test")
ROUTES = routes(POLICY)

accounts = some.integers(10**11, 10**14 - 1)
origins = some.integers(0, 9_999_999).map(lambda number: f"{number:08d}")


def test_the_first_rule_that_matches_decides() -> None:
    assert ROUTES.compartment("time_deposits", "atm", "1", 10**11).startswith("time-")
    assert ROUTES.compartment("deposits", "atm", "1", 10**11).startswith("atm-")
    assert ROUTES.compartment("deposits", "desk", "1", 10**11) == "rest-0"


@given(
    product=some.sampled_from(["deposits", "time_deposits"]),
    channel=some.sampled_from(["atm", "desk"]),
    origin=origins,
    account=accounts,
)
def test_it_is_always_one_of_the_policys_compartments(
    product: str, channel: str, origin: str, account: int
) -> None:
    assert ROUTES.compartment(product, channel, origin, account) in compartment_names(POLICY)


@given(origins, accounts, accounts)
def test_a_machine_always_meets_the_same_compartment(origin: str, one: int, other: int) -> None:
    met = {ROUTES.compartment("deposits", "atm", origin, account) for account in (one, other)}
    assert len(met) == 1


@given(some.integers(1, 999), some.integers(0, 9_999_999), some.integers(0, 999))
def test_the_items_of_a_book_share_their_compartment(branch: int, number: int, item: int) -> None:
    first, other = account_id(branch, 3, number), account_id(branch, 3, number, item)
    compartments = {
        ROUTES.compartment("time_deposits", "batch", "job", each) for each in (first, other)
    }
    assert len(compartments) == 1


def test_all_slots_are_used_about_evenly() -> None:
    used = [
        ROUTES.compartment("deposits", "atm", f"{number:08d}", 10**11) for number in range(8_000)
    ]
    counts = [used.count(f"atm-{slot}") for slot in range(8)]
    assert all(800 < count < 1_200 for count in counts)


def test_a_command_without_a_compartment_is_a_fault_of_the_policy() -> None:
    with pytest.raises(PolicyError, match="lottery on desk"):
        ROUTES.compartment("lottery", "desk", "1", 10**11)


def test_a_rule_without_products_and_channels_takes_everything() -> None:
    assert routes(policy()).compartment("anything", "anywhere", "", 0) == "all-0"
