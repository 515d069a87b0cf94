"""A machine to try the bank with: whom it lets in, without asking the bank."""

import pytest

from tanada.app.machine import Trial, customer_of
from tanada.app.places import LiveBank
from tanada.base.errors import SettingsError
from tanada.base.settings import Settings
from tanada.counterparts.visits import Wish

BANK = LiveBank(settings=Settings(), core_url="", watch_url="", embedded=True, customers=40)
TRIAL = Trial(wish=Wish.WITHDRAWAL, terminal=1, customer=40, amount=10_000)


def test_the_last_customer_has_an_account() -> None:
    assert customer_of(BANK, TRIAL).customer == 40


@pytest.mark.parametrize(
    ("customer", "terminal", "word"), [(0, 1, "1 to 40"), (41, 1, "1 to 40"), (1, 101, "1 to 100")]
)
def test_who_or_what_does_not_exist_is_answered_with_what_does(
    customer: int, terminal: int, word: str
) -> None:
    trial = Trial(wish=Wish.WITHDRAWAL, terminal=terminal, customer=customer, amount=1)
    with pytest.raises(SettingsError, match=word):
        customer_of(BANK, trial)
