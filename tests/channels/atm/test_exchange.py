"""One request: what reaches the door, what goes back, and what is recorded of it."""

import asyncio

import msgspec
import pytest

from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import Original, Transaction
from tanada.channels.atm.exchange import HOST_TIMEOUT_S, Exchange
from tanada.channels.atm.messages import IsoMessage
from tanada.channels.atm.private_data import read_tags
from tanada.channels.atm.response_codes import RESPONSE_CODES
from tanada.operations.codes import MEANINGS, Code
from tanada.operations.commands import Reverse, outcome_of
from tanada.products.deposits.commands import DepositCash, WithdrawCash
from tanada.watch.attempts import Attempt
from tests.channels.atm.scripted import (
    ACCOUNT,
    CARD,
    KEYS,
    TERMINAL,
    Kept,
    Reply,
    ScriptedDoor,
    accepted,
    channel,
    request,
)

KEY = "atm:00000042:2026-11-22:000001"


def serve(
    message: IsoMessage, reply: Reply = accepted, version: str = "2021-05"
) -> tuple[IsoMessage, ScriptedDoor, Attempt]:
    door, kept = ScriptedDoor(reply), Kept()
    keys = KEYS.of_terminal(TERMINAL)
    answer = asyncio.run(Exchange(channel(door, kept, version), message, TERMINAL, keys).serve())
    assert len(kept.attempts) == 1, "one request, one attempt"
    return answer, door, kept.attempts[0]


def reply_of(code: Code) -> Reply:
    return lambda command: outcome_of(command.key, code)


def reversal(mti: str = "0420", stan: int = 1) -> IsoMessage:
    original = Original.of(request(stan=stan)).write()
    return request(mti=mti, stan=stan + 500, without=[f.PIN_BLOCK], f90=original)


def test_a_withdrawal_goes_to_the_door_and_back() -> None:
    answer, door, attempt = serve(request())
    (command,) = door.commands
    assert isinstance(command, WithdrawCash)
    assert (command.key, command.account, command.amount) == (KEY, ACCOUNT, 10_000)
    assert command.deadline - command.made_at == HOST_TIMEOUT_S * 1_000_000
    assert (answer.mti, answer[f.RESPONSE_CODE], answer[f.STAN]) == ("0210", "00", "000001")
    assert answer[f.BALANCES] == "1001392C000000090000"
    assert read_tags(answer[f.PRIVATE]) == {"CU": "CR"}
    assert (attempt.operation, attempt.kind, attempt.code) == ("WithdrawCash", "accepted", "ok")
    assert (attempt.key, attempt.media, attempt.custody) == (KEY, "card", "card=return")


def test_what_cancels_a_lost_withdrawal_goes_along_with_it() -> None:
    _, door, _ = serve(request())
    (abandon,) = door.abandons
    assert abandon is not None
    assert (abandon.original_key, abandon.product) == (KEY, "deposits")
    _, door, _ = serve(request(Transaction.BALANCE), reply_of(Code.WRONG_PIN))
    assert door.abandons == [None]


def test_a_repeat_names_the_same_operation() -> None:
    first, door, _ = serve(request())
    again, door_again, _ = serve(request(mti="0201"))
    assert door.commands[0].key == door_again.commands[0].key
    assert (door.repeated, door_again.repeated) == ([False], [True])
    assert first.fields == again.fields


@pytest.mark.parametrize("mti", ["0420", "0421"])
def test_a_reversal_names_the_operation_it_reverses(mti: str) -> None:
    answer, door, attempt = serve(reversal(mti))
    (command,) = door.commands
    assert isinstance(command, Reverse)
    assert (command.original_key, command.account, command.product) == (KEY, ACCOUNT, "deposits")
    assert command.key == f"{KEY}:reverse"
    assert (answer.mti, answer[f.RESPONSE_CODE]) == ("0430", "00")
    # Not the original's: whoever settles it later must settle this attempt, and no other.
    assert (attempt.operation, attempt.key) == ("Reverse", command.key)


def test_what_was_reversed_before_is_reversed_and_not_paid_out() -> None:
    answer, _, _ = serve(reversal(), reply_of(Code.ALREADY_REVERSED))
    assert answer[f.RESPONSE_CODE] == "00"
    answer, _, _ = serve(request(mti="0201"), reply_of(Code.ALREADY_REVERSED))
    assert answer[f.RESPONSE_CODE] == "21"


def test_the_doors_own_cancellation_is_the_terminals() -> None:
    _, door, _ = serve(request())
    _, reversing, _ = serve(reversal())
    abandon, told = door.abandons[0], reversing.commands[0]
    assert abandon is not None
    assert isinstance(told, Reverse)
    assert msgspec.structs.asdict(abandon) == msgspec.structs.asdict(told)
    assert abandon.card == CARD, "the limit of the day is given back to it"


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.OK])
def test_every_code_comes_back_as_its_response_code_and_word(code: Code) -> None:
    answer, _, attempt = serve(request(), reply_of(code))
    assert answer[f.RESPONSE_CODE] == RESPONSE_CODES[code]
    assert answer[f.REASON] == attempt.code == code.value
    assert attempt.kind == MEANINGS[code].kind
    assert read_tags(answer[f.PRIVATE])["EC"] == MEANINGS[code].error_class


def test_each_medium_gets_its_own_ruling_and_reason() -> None:
    deposit = request(Transaction.DEPOSIT, media="CPM")
    answer, door, attempt = serve(deposit, reply_of(Code.NO_ANSWER))
    assert isinstance(door.commands[0], DepositCash)
    assert read_tags(answer[f.PRIVATE])["CU"] == "CRPRMK"
    assert attempt.media == "card+passbook+cash"
    reason = "the deposit may have been booked"
    assert attempt.custody == f"card=return; passbook=return; cash=retain ({reason})"


def test_as_it_was_a_system_error_keeps_card_and_passbook() -> None:
    answer, _, _ = serve(request(media="CP"), reply_of(Code.INTERNAL_ERROR), "2021-02")
    assert read_tags(answer[f.PRIVATE])["CU"] == "CKPK"
    balance = request(Transaction.BALANCE, media="CP")
    answer, _, _ = serve(balance, reply_of(Code.INTERNAL_ERROR), "2021-02")
    assert read_tags(answer[f.PRIVATE])["CU"] == "CRPR"


def test_a_stolen_card_is_kept_and_the_passbook_is_not() -> None:
    answer, _, attempt = serve(request(media="CP"), reply_of(Code.CARD_STOLEN))
    assert answer[f.RESPONSE_CODE] == "43"
    assert read_tags(answer[f.PRIVATE])["CU"] == "CKPR"
    assert "wrong hands" in attempt.custody


def test_a_passbook_alone_deposits_into_its_account() -> None:
    message = request(
        Transaction.DEPOSIT, media="PM", without=[f.PAN, f.PIN_BLOCK], f102=str(ACCOUNT)
    )
    answer, door, _ = serve(message)
    (command,) = door.commands
    assert isinstance(command, DepositCash)
    assert (command.account, command.card) == (ACCOUNT, 0)
    assert read_tags(answer[f.PRIVATE]) == {"CU": "PR"}


def test_booked_cash_stays_and_refused_cash_goes_back() -> None:
    deposit = request(Transaction.DEPOSIT, media="CM")
    assert read_tags(serve(deposit)[0][f.PRIVATE])["CU"] == "CR"
    refused, _, _ = serve(deposit, reply_of(Code.CLOSED_ACCOUNT))
    assert read_tags(refused[f.PRIVATE])["CU"] == "CRMR"


@pytest.mark.parametrize(
    ("message", "response_code", "word"),
    [
        (request(without=[f.PIN_BLOCK]), "30", "format_error"),
        (request(without=[f.AMOUNT]), "30", "format_error"),
        (request(without=[f.STAN]), "30", "format_error"),
        (request(f13="0230"), "30", "format_error"),
        (request(f48="nonsense"), "30", "format_error"),
        (request(f49="840"), "30", "format_error"),
        (request(f2="4111111111111111"), "14", "unknown_card"),
        (request(f3="400000"), "40", "unknown_command"),
        (request(f52="00" * 8), "63", "bad_pin_block"),
        (request(mti="0420", f90="0800" + "0" * 38), "30", "format_error"),
        (request(Transaction.TIME_DEPOSIT), "30", "format_error"),
    ],
)
def test_what_makes_no_sense_is_declined_before_the_door(
    message: IsoMessage, response_code: str, word: str
) -> None:
    answer, door, attempt = serve(message)
    assert door.commands == []
    assert (answer[f.RESPONSE_CODE], answer[f.REASON]) == (response_code, word)
    assert (attempt.kind, attempt.code, attempt.error_class) == ("declined", word, "D")


def test_the_card_does_not_come_back() -> None:
    answer, _, attempt = serve(request())
    assert str(CARD) not in "".join(answer.fields.values())
    assert str(CARD) not in repr(attempt)


def test_a_time_deposit_carries_its_term() -> None:
    message = request(Transaction.TIME_DEPOSIT, tags={"TM": "12"})
    answer, door, attempt = serve(message, reply_of(Code.SERVICE_SUSPENDED))
    assert type(door.commands[0]).__name__ == attempt.operation == "OpenTimeDeposit"
    assert (attempt.product, answer[f.RESPONSE_CODE]) == ("time_deposits", "80")
