"""One connection: who may speak, and what happens to what makes no sense."""

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanada.channels.atm import fields as f
from tanada.channels.atm.custody_table import read_custody_table
from tanada.channels.atm.dialogue import ANSWER_TYPES, ECHO, SIGN_OFF, SIGN_ON, Transaction
from tanada.channels.atm.messages import IsoMessage, decode, encode
from tanada.channels.atm.response_codes import RESPONSE_MEANINGS
from tanada.channels.atm.session import UNREADABLE_MAX, Session
from tanada.operations.codes import Code
from tanada.operations.commands import outcome_of
from tests.channels.atm.scripted import (
    CARD,
    KEYS,
    PIN,
    TERMINAL,
    Kept,
    ScriptedDoor,
    channel,
    network,
    opened,
    request,
    sealed,
)


class Line:
    """A session, and the door and attempts behind it."""

    def __init__(self, version: str = "2021-05", *, signed_on: bool = True) -> None:
        self.door, self.kept = ScriptedDoor(), Kept()
        self.session = Session(channel(self.door, self.kept, version), "a test")
        if signed_on:
            self.ask(network())

    def send(self, raw: bytes) -> bytes | None:
        return asyncio.run(self.session.answer(raw))

    def ask(self, message: IsoMessage, terminal: int = TERMINAL) -> IsoMessage:
        return opened(self.send(sealed(message, terminal)), terminal)

    @property
    def codes(self) -> list[str]:
        return [attempt.code for attempt in self.kept.attempts]


@pytest.mark.parametrize("version", ["2021-02", "2021-04", "2021-05"])
def test_sign_on_hands_out_the_custody_table(version: str) -> None:
    line = Line(version, signed_on=False)
    answer = line.ask(network())
    assert (answer.mti, answer[f.RESPONSE_CODE]) == ("0810", "00")
    assert read_custody_table(answer[f.CUSTODY_TABLE]).version == version
    assert line.session.terminal == TERMINAL


def test_nothing_is_asked_of_the_bank_before_sign_on_or_after_sign_off() -> None:
    line = Line(signed_on=False)
    assert line.ask(request())[f.RESPONSE_CODE] == "58"
    line.ask(network(SIGN_ON))
    assert line.ask(request())[f.RESPONSE_CODE] == "00"
    line.ask(network(SIGN_OFF))
    assert line.ask(request())[f.RESPONSE_CODE] == "58"
    assert len(line.door.commands) == 1
    assert line.codes == ["not_signed_on", "ok", "not_signed_on"]


def test_a_terminal_speaks_for_itself_only() -> None:
    line = Line()
    other = request(terminal=43)
    assert line.ask(other, 43)[f.RESPONSE_CODE] == "58"
    assert line.door.commands == []


def test_an_echo_needs_neither_sign_on_nor_mac() -> None:
    line = Line(signed_on=False)
    assert opened(line.send(encode(network(ECHO))))[f.RESPONSE_CODE] == "00"
    assert line.ask(network(ECHO))[f.RESPONSE_CODE] == "00"
    assert opened(line.send(encode(network(SIGN_ON))))[f.RESPONSE_CODE] == "63"
    assert line.session.terminal is None


def test_an_unknown_network_code_is_not_supported() -> None:
    assert Line().ask(network("999"))[f.RESPONSE_CODE] == "40"


@pytest.mark.parametrize("message", [request(), request(mti="0420"), network()])
def test_a_wrong_mac_is_refused_and_recorded(message: IsoMessage) -> None:
    line = Line()
    raw = sealed(message)
    answer = opened(line.send(raw[:-1] + bytes([raw[-1] ^ 1])))
    assert (answer[f.RESPONSE_CODE], answer[f.REASON]) == ("63", "bad_mac")
    assert line.door.commands == []
    assert line.codes == ([] if message.mti == "0800" else ["bad_mac"])


def test_another_terminals_key_is_a_wrong_mac() -> None:
    line = Line()
    assert opened(line.send(sealed(request(), 43)))[f.RESPONSE_CODE] == "63"


def test_a_format_error_is_answered_where_the_sender_can_be_read() -> None:
    line = Line()
    raw = sealed(request()).replace(b"000000010000", b"00000001x000")
    answer = opened(line.send(raw))
    assert (answer.mti, answer[f.RESPONSE_CODE], answer[f.STAN]) == ("0210", "30", "000001")
    assert line.codes == ["format_error"]
    assert line.ask(request())[f.RESPONSE_CODE] == "00", "the connection goes on"


def test_a_format_error_before_the_terminal_is_known_is_answered_without_a_mac() -> None:
    line = Line(signed_on=False)
    answer = line.send(sealed(request())[:20])
    assert answer is not None
    assert decode(answer)[f.RESPONSE_CODE] == "30"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET / HTTP/1.1",
        b"\x16\x03\x01\x02\x00",
        encode(request(mti="0210")),
        encode(request(mti="0100")),
    ],
)
def test_what_is_no_request_is_not_answered(raw: bytes) -> None:
    line = Line()
    assert line.send(raw) is None
    assert line.codes == ["format_error"]


def test_a_terminal_that_is_none_of_ours_gets_a_format_error() -> None:
    line = Line(signed_on=False)
    stranger = IsoMessage("0800", {f.STAN: "000001", f.TERMINAL: "X" * 8})
    answer = line.send(encode(stranger))
    assert answer is not None
    assert decode(answer)[f.RESPONSE_CODE] == "30"


@given(st.data())
def test_whatever_a_terminal_sends_gets_a_sound_answer_or_an_end(data: st.DataObject) -> None:
    line = Line()
    line.door.reply = lambda command: outcome_of(command.key, Code.INSUFFICIENT_FUNDS)
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(f.FIELDS)), st.integers(0, 10**12)))
    sized = {number: _sized(f.FIELDS[number], value) for number, value in changed.items()}
    whole = request(data.draw(st.sampled_from(Transaction)))
    mti = data.draw(st.sampled_from(sorted(ANSWER_TYPES)))
    raw = bytearray(sealed(IsoMessage(mti, {**whole.fields, **sized})))
    if data.draw(st.booleans()):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    answer = line.send(bytes(raw))
    assert answer is None or decode(answer)[f.RESPONSE_CODE] in RESPONSE_MEANINGS


def _sized(field: f.Field, value: int) -> str:
    length = field.length * (2 if field.content == "b" else 1)
    return str(value)[:length] if field.length_digits else f"{value:0{length}d}"[:length]


def test_so_much_nonsense_and_no_more() -> None:
    line = Line()
    for _ in range(UNREADABLE_MAX):
        assert not line.session.is_hopeless
        line.send(b"nonsense")
    assert line.session.is_hopeless


def test_logs_and_attempts_hold_neither_card_nor_pin(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    line = Line()
    block = KEYS.of_terminal(TERMINAL).pin.encipher(PIN, CARD).hex().upper()
    raw = sealed(request())
    line.send(raw[:-1] + b"x")
    for end in range(4, len(raw), 3):
        line.send(raw[:end])
    for wrong in (request(f52="00" * 8), request(f13="9999"), request(f48="MD9"), request()):
        line.ask(wrong)
    told = caplog.text + "".join(map(repr, line.kept.attempts))
    assert caplog.records
    for secret in (str(CARD), str(CARD)[:12], block, block.lower(), PIN):
        assert secret not in told
