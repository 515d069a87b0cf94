"""ISO 8583:1987 messages as bytes and as values; pure, except for reading a frame.

On the wire a message follows its length in two bytes, big-endian. What cannot be read raises
``FormatError``, which names the field and the byte, and never shows what stood there.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import iso8583

from tanada.base.errors import BankError
from tanada.channels.atm import fields as f

LENGTH_BYTES: Final = 2
MAX_FRAME_BYTES: Final = 4096
"""Bytes of one message without its length."""

_SPEC: Final = f.codec_spec()
_KEYS: Final = {number: str(number) for number in f.FIELDS}
_NUMBERS: Final = {key: number for number, key in _KEYS.items()}
_CONTENT: Final = {number: field.content for number, field in f.FIELDS.items()}
_VARIABLE: Final = frozenset(n for n, field in f.FIELDS.items() if field.length_digits)
_UNSOUND: Final[dict[f.Content, str]] = {
    "n": "not digits only",
    "an": "not letters and digits only",
    "ans": "not printable",
}
_PRECEDING: Final = {"h": f.MESSAGE_TYPE, "t": f.MESSAGE_TYPE, "p": f.BITMAP, "1": f.BITMAP}


@dataclass(frozen=True, slots=True, repr=False)
class IsoMessage:
    """A message type and its fields by number. Binary fields are upper-case hex."""

    mti: str
    fields: Mapping[int, str]

    def __getitem__(self, number: int) -> str:
        """The field, or an empty text if the message has none of that number."""
        return self.fields.get(number, "")

    def __repr__(self) -> str:
        present = ",".join(str(number) for number in sorted(self.fields))
        return f"<IsoMessage {self.mti} {self[f.TERMINAL]} {self[f.STAN]} fields {present}>"


class FormatError(BankError):
    """Bytes that are no message of this interface. ``position`` counts bytes from 0.

    ``readable`` holds what was read before the fault, for an answer to the sender.
    """

    code = "iso8583_format"

    def __init__(
        self, field: int, position: int, reason: str, readable: IsoMessage | None = None
    ) -> None:
        super().__init__(f"field {field}, byte {position}: {reason}")
        self.field = field
        self.position = position
        self.readable = readable


class FrameTooLarge(BankError):
    """A frame announces more bytes than ``MAX_FRAME_BYTES``, or none; the stream is lost."""

    code = "iso8583_frame_size"


def encode(message: IsoMessage) -> bytes:
    """The message's bytes, bitmaps included; ``FormatError`` if a field does not fit the table."""
    document = {"t": message.mti}
    for number, value in message.fields.items():
        key = _KEYS.get(number)
        if key is None:
            raise FormatError(number, 0, "the field is no part of this interface")
        document[key] = value
    try:
        raw, _ = iso8583.encode(document, _SPEC)
    except iso8583.EncodeError as error:
        raise FormatError(_number(error.field), 0, "the value does not fit the field") from None
    return bytes(raw)


def decode(raw: bytes) -> IsoMessage:
    """The message in ``raw``; raises ``FormatError``."""
    try:
        document, encoded = iso8583.decode(raw, _SPEC)
    except iso8583.DecodeError as error:
        # The library's error holds the whole message, so it must not be chained to ours.
        document = error.doc_dec
        document.pop(error.field, None)
        readable = _readable(document)
        raise FormatError(
            _number(error.field), error.pos, "the field cannot be read", readable
        ) from None
    mti = document.pop("t")
    _check_type(mti)
    message = IsoMessage(mti, _numbered(document))
    _check_fields(message, encoded)
    return message


def frame(body: bytes) -> bytes:
    """``body`` with its length in front."""
    assert 0 < len(body) <= MAX_FRAME_BYTES
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next message's bytes, or None if the stream ends; raises ``FrameTooLarge``.

    A stream that ends within a frame has ended: what is left of it says nothing.
    """
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        if not 0 < length <= MAX_FRAME_BYTES:
            raise FrameTooLarge(f"a frame of {length} bytes; 1 to {MAX_FRAME_BYTES} are read")
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None


def _number(key: str) -> int:
    return _PRECEDING[key] if key in _PRECEDING else int(key)


def _numbered(document: Mapping[str, str]) -> dict[int, str]:
    return {_NUMBERS[key]: value for key, value in document.items() if key in _NUMBERS}


def _readable(document: dict[str, str]) -> IsoMessage | None:
    mti = document.pop("t", "")
    return _sound_part(IsoMessage(mti, _numbered(document))) if len(mti) == 4 else None


def _sound_part(message: IsoMessage) -> IsoMessage:
    """The fields that are as the table wants them: they may be sent back."""
    sound = {n: v for n, v in message.fields.items() if _is_sound(_CONTENT[n], v)}
    return IsoMessage(message.mti, sound)


def _is_sound(content: f.Content, value: str) -> bool:
    if content == "n":
        return value.isdigit() or not value
    if content == "ans":
        return value.isprintable()
    return content == "b" or value.isalnum()


def _check_type(mti: str) -> None:
    if not mti.isdigit():
        raise FormatError(f.MESSAGE_TYPE, 0, "the message type is not four digits")


def _check_fields(message: IsoMessage, encoded: Mapping[str, Mapping[str, bytes]]) -> None:
    """The library checks lengths; what a field consists of is checked here."""
    for number, value in message.fields.items():
        content = _CONTENT[number]
        if not _is_sound(content, value):
            raise _content_error(message, encoded, number, _UNSOUND[content])
        if number in _VARIABLE and not encoded[_KEYS[number]]["len"].isdigit():
            raise _content_error(message, encoded, number, "the length is not a number")


def _content_error(
    message: IsoMessage, encoded: Mapping[str, Mapping[str, bytes]], number: int, reason: str
) -> FormatError:
    position = 0
    for key, parts in encoded.items():
        if key == _KEYS[number]:
            break
        position += len(parts["len"]) + len(parts["data"])
    return FormatError(number, position, reason, _sound_part(message))
