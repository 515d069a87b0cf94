"""Card numbers (PAN): sixteen digits that name the account.

``9 392 BBB NNNNNNN I L``: ISO/IEC 7812-1 leaves numbers beginning with 9 to national assignment,
followed by the country's numeric code (392 is Japan); then branch, account number, how many cards
were issued before, and the Luhn check digit.
"""

from typing import Final

from tanada.ledger.accounts import ORDINARY, account_id

_PREFIX: Final = "9392"
LENGTH: Final = 16


def luhn_digit(digits: str) -> int:
    """The check digit of ISO/IEC 7812-1 annex B for ``digits``."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def card_number(branch: int, number: int, issue: int = 0) -> int:
    """The number of the ``issue``-th card of an ordinary deposit account."""
    body = f"{_PREFIX}{branch:03d}{number:07d}{issue:01d}"
    return int(f"{body}{luhn_digit(body)}")


def account_of_card(card: int) -> int | None:
    """The ordinary account that a card number names, or None if it is no number of ours."""
    text = str(card)
    if len(text) != LENGTH or not text.startswith(_PREFIX):
        return None
    if luhn_digit(text[:-1]) != int(text[-1]):
        return None
    branch, number = int(text[4:7]), int(text[7:14])
    return account_id(branch, ORDINARY, number) if branch else None
