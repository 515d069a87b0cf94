"""A card number names its account, and a slip of the finger names none."""

from hypothesis import given
from hypothesis import strategies as some

from tanada.customers.card_numbers import LENGTH, account_of_card, card_number, luhn_digit
from tanada.ledger.accounts import ORDINARY, account_id

branches = some.integers(1, 999)
numbers = some.integers(0, 9_999_999)
issues = some.integers(0, 9)


def test_the_check_digit_is_that_of_the_standard() -> None:
    # The example of ISO/IEC 7812-1, annex B, and a well-known test number of a card scheme.
    assert luhn_digit("7992739871") == 3
    assert luhn_digit("411111111111111") == 1


@given(branches, numbers, issues)
def test_a_card_number_names_its_account(branch: int, number: int, issue: int) -> None:
    card = card_number(branch, number, issue)
    assert len(str(card)) == LENGTH
    assert account_of_card(card) == account_id(branch, ORDINARY, number)


@given(branches, numbers, issues, some.integers(0, LENGTH - 1), some.integers(1, 9))
def test_one_wrong_digit_is_no_card_of_ours(
    branch: int, number: int, issue: int, place: int, off: int
) -> None:
    digits = str(card_number(branch, number, issue))
    wrong = (int(digits[place]) + off) % 10
    assert account_of_card(int(f"{digits[:place]}{wrong}{digits[place + 1 :]}")) is None


@given(some.integers(0, 10**17))
def test_no_number_makes_it_stumble(card: int) -> None:
    assert account_of_card(card) is None or str(card).startswith("9392")


def test_cards_of_other_issuers_and_of_branch_zero_are_not_ours() -> None:
    assert account_of_card(4_111_111_111_111_111) is None
    assert account_of_card(card_number(0, 1)) is None
    assert account_of_card(0) is None
