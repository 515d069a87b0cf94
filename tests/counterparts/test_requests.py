"""Visits become messages as `docs/iso8583.md` has them, and answers are read without guessing."""

from datetime import datetime

import pytest

from tanada.base.clock import JST
from tanada.base.randomness import Randomness
from tanada.channels.atm import fields as f
from tanada.channels.atm.keys import AtmKeys
from tanada.channels.atm.messages import FormatError, IsoMessage, decode
from tanada.counterparts.requests import (
    HostAnswer,
    KeepRule,
    Stamp,
    financial,
    read_answer,
    read_rule,
    reversal_of,
)
from tanada.counterparts.visits import BOTH, CARD, Wish
from tests.counterparts.atm_world import visit

KEYS = AtmKeys.generate(Randomness(5)).of_terminal(7)
NEW_YEARS_EVE = Stamp("00000007", 42, datetime(2021, 12, 31, 23, 59, 58, tzinfo=JST))


@pytest.mark.parametrize("wish", list(Wish))
def test_every_wish_survives_the_wire(wish: Wish) -> None:
    message = financial(visit(wish), BOTH, NEW_YEARS_EVE, KEYS)
    read = decode(KEYS.mac.seal(message))
    assert {n: v for n, v in read.fields.items() if n < f.MAC} == message.fields
    assert read[f.RRN] == "136523000042"


def test_a_time_deposit_says_for_how_long() -> None:
    message = financial(visit(Wish.TIME_DEPOSIT), CARD, NEW_YEARS_EVE, KEYS)
    assert message[f.PRIVATE] == "MD01CTM0212"


def test_a_reversal_after_midnight_keeps_the_day_of_its_original() -> None:
    request = financial(visit(), BOTH, NEW_YEARS_EVE, KEYS)
    later = Stamp("00000007", 43, datetime(2022, 1, 1, 0, 0, 30, tzinfo=JST))
    reversal = reversal_of(request, later)
    assert reversal[f.LOCAL_DATE] == "1231"
    assert reversal[f.SENT_AT] == "0101000030"
    assert reversal[f.PIN_BLOCK] == ""
    assert decode(KEYS.mac.seal(reversal)).mti == "0420"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({39: "00", 44: "ok", 48: "CU04CRPR"}, HostAnswer("accepted", "ok", ())),
        ({39: "91", 44: "compartment_closed", 48: "CU04CKPK"},
         HostAnswer("failed", "compartment_closed", BOTH)),
        ({39: "82", 44: "double_error", 48: "CU04CKPR"},
         HostAnswer("unknown", "double_error", CARD)),
        ({39: "30", 44: "format_error"}, HostAnswer("declined", "format_error", ())),
        ({39: "63"}, HostAnswer("declined", "63", ())),
    ],
)  # fmt: skip
def test_the_outcomes_word_counts_and_what_is_not_named_is_given_back(
    fields: dict[int, str], said: HostAnswer
) -> None:
    assert read_answer(IsoMessage("0210", fields), BOTH) == said


def test_the_rule_of_the_sign_on_is_read_whole_or_not_at_all() -> None:
    rule = read_rule(IsoMessage("0810", {63: "2021-05;I=CRPRMR;M=CRPRMK"}))
    assert rule == KeepRule("2021-05", frozenset({"cash"}), frozenset())
    with pytest.raises(FormatError):
        read_rule(IsoMessage("0810", {63: "2021-05;I=CRPRMR"}))


def test_a_machine_that_was_told_nothing_keeps_nothing() -> None:
    assert KeepRule().keeps(Wish.WITHDRAWAL, BOTH) == ()
