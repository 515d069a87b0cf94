"""Fields become values, or the request is refused with its reason."""

from datetime import date

import pytest

from tanada.channels.atm.messages import FormatError, IsoMessage
from tanada.channels.atm.requests import (
    RequestRefused,
    full_date,
    operation_key,
    read_account,
    read_amount,
    read_pin_proof,
    read_transaction,
)
from tanada.channels.atm.response_codes import Refusal
from tanada.customers.pin import pin_proof
from tanada.ledger.accounts import CASH_AT_COUNTERS, ORDINARY, account_id
from tanada.operations.codes import Code
from tests.channels.atm.scripted import ACCOUNT, CARD, KEYS, PIN, request


@pytest.mark.parametrize(
    ("month_day", "today", "meant"),
    [
        ("1122", date(2026, 11, 22), date(2026, 11, 22)),
        ("1231", date(2027, 1, 1), date(2026, 12, 31)),
        ("0101", date(2026, 12, 31), date(2027, 1, 1)),
        ("0229", date(2028, 3, 1), date(2028, 2, 29)),
    ],
)
def test_a_date_without_a_year_is_the_nearest(month_day: str, today: date, meant: date) -> None:
    assert full_date(month_day, today) == meant


@pytest.mark.parametrize("month_day", ["", "1301", "0230", "0000"])
def test_no_date_is_a_format_error(month_day: str) -> None:
    with pytest.raises(FormatError):
        full_date(month_day, date(2026, 11, 22))


def test_the_key_names_terminal_date_and_trace_number() -> None:
    key = operation_key(42, "000001", "1122", date(2026, 11, 22))
    assert key == "atm:00000042:2026-11-22:000001"
    with pytest.raises(FormatError):
        operation_key(42, "", "1122", date(2026, 11, 22))


def test_the_account_is_the_cards_own_or_the_passbooks() -> None:
    assert read_account(request(), card_needed=True) == (CARD, ACCOUNT)
    by_passbook = request(without=[2], f102=str(ACCOUNT))
    assert read_account(by_passbook, card_needed=False) == (0, ACCOUNT)
    in_branch_1 = request(without=[2], f102="00111234567000")
    assert read_account(in_branch_1, card_needed=False) == (0, account_id(1, ORDINARY, 1234567))
    with pytest.raises(FormatError):
        read_account(by_passbook, card_needed=True)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (request(f2="4111111111111111"), Code.UNKNOWN_CARD),
        (request(f2=str(CARD + 1)), Code.UNKNOWN_CARD),
        (request(without=[2], f102=f"{CASH_AT_COUNTERS:014d}"), Code.UNKNOWN_ACCOUNT),
        (request(without=[2], f102="1" * 15), Code.UNKNOWN_ACCOUNT),
        (request(without=[2], f102="A" * 14), Code.UNKNOWN_ACCOUNT),
    ],
)
def test_a_card_or_account_that_is_not_ours_is_refused(message: IsoMessage, why: Code) -> None:
    with pytest.raises(RequestRefused) as caught:
        read_account(message, card_needed=False)
    assert caught.value.why is why


def test_an_amount_is_yen_or_refused() -> None:
    assert read_amount(request(amount=30_000), needed=True) == 30_000
    assert read_amount(request(without=[4, 49]), needed=False) == 0
    for wrong in (request(f49="840"), request(without=[4]), request(without=[49])):
        with pytest.raises(FormatError):
            read_amount(wrong, needed=True)


def test_the_pin_becomes_its_proof_or_is_refused() -> None:
    keys = KEYS.of_terminal(42)
    assert read_pin_proof(request(), CARD, keys, KEYS.pvk) == pin_proof(KEYS.pvk, CARD, PIN)
    with pytest.raises(FormatError):
        read_pin_proof(request(without=[52]), CARD, keys, KEYS.pvk)
    with pytest.raises(RequestRefused) as caught:
        read_pin_proof(request(), CARD, KEYS.of_terminal(43), KEYS.pvk)
    assert caught.value.why is Refusal.BAD_PIN_BLOCK


def test_what_we_do_not_do_is_refused() -> None:
    with pytest.raises(RequestRefused) as caught:
        read_transaction(request(f3="400000"))
    assert caught.value.why is Code.UNKNOWN_COMMAND
