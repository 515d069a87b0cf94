"""What is encoded is decoded again, and what is not a message is refused without showing it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanada.channels.atm import fields as f
from tanada.channels.atm.messages import (
    MAX_FRAME_BYTES,
    FormatError,
    FrameTooLarge,
    IsoMessage,
    decode,
    encode,
    frame,
    read_frame,
)
from tests.channels.atm.scripted import CARD, request

ALPHABETS = {
    "n": st.characters(categories=["Nd"], max_codepoint=127),
    "an": st.sampled_from("0123456789ABCXYZabcxyz"),
    "ans": st.characters(min_codepoint=32, max_codepoint=126),
    "b": st.sampled_from("0123456789ABCDEF"),
}


def values(field: f.Field) -> st.SearchStrategy[str]:
    length = field.length * (2 if field.content == "b" else 1)
    shortest = 0 if field.length_digits else length
    return st.text(ALPHABETS[field.content], min_size=shortest, max_size=length)


MESSAGES = st.builds(
    IsoMessage,
    st.sampled_from(["0200", "0210", "0420", "0800"]),
    st.fixed_dictionaries({}, optional={n: values(field) for n, field in f.FIELDS.items()}),
)


@given(MESSAGES)
def test_every_message_survives_the_wire(message: IsoMessage) -> None:
    assert decode(encode(message)) == message


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_a_message_or_a_format_error(raw: bytes) -> None:
    try:
        message = decode(raw)
    except FormatError:
        return
    assert encode(message)[:4] == raw[:4]


@given(st.data())
def test_a_damaged_message_is_read_or_refused_and_never_shown(data: st.DataObject) -> None:
    raw = bytearray(encode(request()))
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=3)):
        raw[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    error = refusal_of(bytes(raw[:cut]))
    if error is not None:
        told = f"{error} {error!r} {error.readable!r}"
        assert str(CARD)[:10] not in told
        # The library's own error holds the message, so a traceback must not lead to it.
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None


def refusal_of(raw: bytes) -> FormatError | None:
    try:
        decode(raw)
    except FormatError as error:
        return error
    return None


def test_an_error_names_the_field_and_the_byte() -> None:
    raw = encode(request())
    place = raw.index(b"000000010000")
    with pytest.raises(FormatError, match="not digits only") as caught:
        decode(raw.replace(b"000000010000", b"00000001x000"))
    assert (caught.value.field, caught.value.position) == (f.AMOUNT, place)


def test_what_precedes_the_fault_can_still_be_read() -> None:
    with pytest.raises(FormatError) as caught:
        decode(encode(request())[:-12])
    readable = caught.value.readable
    assert readable is not None
    assert readable.mti == "0200"
    assert readable[f.STAN] == "000001"


def test_what_is_read_before_or_beside_a_fault_is_sound() -> None:
    raw = encode(request()).replace(b"000000010000", b"00000001x000").replace(b"392", b"39x")
    with pytest.raises(FormatError) as caught:
        decode(raw)
    readable = caught.value.readable
    assert readable is not None
    assert not {f.AMOUNT, f.CURRENCY} & set(readable.fields)
    assert decode(encode(readable)) == readable


def test_a_field_outside_the_table_ends_the_reading() -> None:
    raw = bytearray(encode(request()))
    raw[4] |= 0b0000_1000  # bit 5: settlement amount
    with pytest.raises(FormatError) as caught:
        decode(bytes(raw))
    assert caught.value.field == 5
    with pytest.raises(FormatError):
        encode(IsoMessage("0200", {5: "1"}))


def test_a_length_is_digits_and_nothing_else() -> None:
    with pytest.raises(FormatError):
        decode(encode(request()).replace(b"16" + str(CARD).encode(), b"+6" + str(CARD).encode()))


def test_a_message_shows_neither_card_nor_pin() -> None:
    shown = repr(request())
    assert str(CARD) not in shown
    assert request()[f.PIN_BLOCK] not in shown
    assert "000001" in shown


def read_from(data: bytes) -> bytes | None:
    async def read() -> bytes | None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await read_frame(reader)

    return asyncio.run(read())


def test_a_frame_is_its_length_and_its_body() -> None:
    assert frame(b"0800") == b"\x00\x040800"
    assert read_from(frame(b"0800") + b"rest") == b"0800"


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x10torn"])
def test_a_stream_that_ends_in_a_frame_has_ended(data: bytes) -> None:
    assert read_from(data) is None


@pytest.mark.parametrize("length", [0, MAX_FRAME_BYTES + 1, 65_535])
def test_a_frame_of_no_sensible_size_loses_the_stream(length: int) -> None:
    with pytest.raises(FrameTooLarge):
        read_from(length.to_bytes(2) + bytes(10))
