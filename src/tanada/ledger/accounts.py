"""Account ids: what an id says by itself.

A customer's account id is fourteen digits, ``BBB T NNNNNNN III``: branch, type (Zengin: 1 ordinary;
3 is ours for time deposits), number, and the item within it (0 for the account itself, 1.. for each
time deposit in it). Ids below 10**11 are the bank's own accounts, which are append-only.
"""

from typing import Final, NamedTuple

CUSTOMER_IDS_FROM: Final = 10**11
CUSTOMER_IDS_TO: Final = 10**14
ORDINARY: Final = 1
TIME: Final = 3

CASH_AT_COUNTERS: Final = 1_000
INTEREST_EXPENSE: Final = 2_000
NATIONAL_TAX_PAYABLE: Final = 3_001
LOCAL_TAX_PAYABLE: Final = 3_002
SUSPENSE: Final = 9_000
OPENING_BALANCES: Final = 9_900
"""Counterpart of balances brought in when a bank is loaded."""

_ATM_CASH_FROM: Final = 10_000_000
_MAX_TERMINAL: Final = 9_999_999


class AccountNumber(NamedTuple):
    """The parts of a customer's account id."""

    branch: int
    type: int
    number: int
    item: int

    def __str__(self) -> str:
        text = f"{self.branch:03d}-{self.type}-{self.number:07d}"
        return f"{text}-{self.item:03d}" if self.item else text


def account_id(branch: int, kind: int, number: int, item: int = 0) -> int:
    """The id of a customer's account."""
    assert 1 <= branch <= 999 and 0 <= kind <= 9 and 0 <= number <= 9_999_999 and 0 <= item <= 999
    return ((branch * 10 + kind) * 10_000_000 + number) * 1000 + item


def account_number(account: int) -> AccountNumber:
    """Take a customer's account id apart."""
    rest, item = divmod(account, 1000)
    rest, number = divmod(rest, 10_000_000)
    branch, kind = divmod(rest, 10)
    return AccountNumber(branch, kind, number, item)


def is_customer(account: int) -> bool:
    """Whether the account is a customer's; the bank's own are append-only and never locked."""
    return account >= CUSTOMER_IDS_FROM


def is_ordinary(account: int) -> bool:
    """Whether the id is one that an ordinary deposit account can have."""
    if not CUSTOMER_IDS_FROM <= account < CUSTOMER_IDS_TO:
        return False
    parts = account_number(account)
    return parts.type == ORDINARY and parts.item == 0


def atm_cash(terminal: int) -> int:
    """The bank's account of the cash inside a machine."""
    assert 0 <= terminal <= _MAX_TERMINAL
    return _ATM_CASH_FROM + terminal


def is_atm_cash(account: int) -> bool:
    """Whether the account is the cash inside some machine."""
    return _ATM_CASH_FROM <= account <= _ATM_CASH_FROM + _MAX_TERMINAL
