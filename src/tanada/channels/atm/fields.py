"""The fields of our ISO 8583:1987 interface: one table, from which the codec's spec is made.

``docs/iso8583.md`` prints this table for other people's terminals, and a test compares the two.
"""

from typing import Final, Literal, NamedTuple

Content = Literal["n", "an", "ans", "b"]
"""Digits; letters and digits; any printable ASCII; binary (a value is then upper-case hex)."""

MESSAGE_TYPE: Final = 0
BITMAP: Final = 1
"""Numbers for what precedes the fields, in errors."""

PAN: Final = 2
PROCESSING_CODE: Final = 3
AMOUNT: Final = 4
SENT_AT: Final = 7
STAN: Final = 11
LOCAL_TIME: Final = 12
LOCAL_DATE: Final = 13
RRN: Final = 37
RESPONSE_CODE: Final = 39
TERMINAL: Final = 41
ACCEPTOR: Final = 42
REASON: Final = 44
PRIVATE: Final = 48
CURRENCY: Final = 49
PIN_BLOCK: Final = 52
BALANCES: Final = 54
PASSBOOK_LINES: Final = 62
CUSTODY_TABLE: Final = 63
MAC: Final = 64
NETWORK_CODE: Final = 70
ORIGINAL: Final = 90
ACCOUNT: Final = 102
NEW_ACCOUNT: Final = 103
MAC_EXTENDED: Final = 128

SECRET: Final = frozenset({PAN, 35, PIN_BLOCK})
"""Fields that no log, error or ``repr`` may show."""


HIGHEST_BIT: Final = 192
"""Three bitmaps of 64 bits is what the codec reads; the third has none of our fields."""
LONGER_THAN_A_FRAME: Final = 65_536
"""Bytes; a frame's length has two bytes."""


FieldSpec = dict[str, str | int]
"""One field in the form of pyiso8583."""


class Field(NamedTuple):
    """One field. ``length`` is exact, or the most if ``length_digits`` (LL 2, LLL 3) is not 0.

    Lengths count characters, or bytes where ``content`` is ``b``.
    """

    name: str
    content: Content
    length: int
    length_digits: Literal[0, 2, 3] = 0


FIELDS: Final[dict[int, Field]] = {
    PAN: Field("card number (PAN)", "n", 19, 2),
    PROCESSING_CODE: Field("processing code", "n", 6),
    AMOUNT: Field("amount in yen", "n", 12),
    SENT_AT: Field("transmission time, MMDDhhmmss", "n", 10),
    STAN: Field("system trace audit number (STAN)", "n", 6),
    LOCAL_TIME: Field("local time of the transaction, hhmmss", "n", 6),
    LOCAL_DATE: Field("local date of the transaction, MMDD", "n", 4),
    14: Field("expiry date", "n", 4),
    18: Field("merchant type", "n", 4),
    22: Field("entry mode", "n", 3),
    25: Field("condition code", "n", 2),
    32: Field("acquiring institution", "n", 11, 2),
    33: Field("forwarding institution", "n", 11, 2),
    35: Field("track 2", "ans", 37, 2),
    RRN: Field("retrieval reference number (RRN)", "ans", 12),
    38: Field("authorisation code", "ans", 6),
    RESPONSE_CODE: Field("response code", "an", 2),
    TERMINAL: Field("terminal", "ans", 8),
    ACCEPTOR: Field("acceptor", "ans", 15),
    43: Field("place of the terminal", "ans", 40),
    REASON: Field("outcome code, the word", "ans", 25, 2),
    PRIVATE: Field("private data, tagged", "ans", 999, 3),
    CURRENCY: Field("currency", "n", 3),
    PIN_BLOCK: Field("PIN block", "b", 8),
    BALANCES: Field("balances", "ans", 120, 3),
    60: Field("reserved", "ans", 999, 3),
    61: Field("reserved", "ans", 999, 3),
    PASSBOOK_LINES: Field("passbook lines", "ans", 999, 3),
    CUSTODY_TABLE: Field("custody table", "ans", 999, 3),
    MAC: Field("message authentication code (MAC)", "b", 8),
    NETWORK_CODE: Field("network management code", "n", 3),
    ORIGINAL: Field("original data elements", "n", 42),
    ACCOUNT: Field("account", "ans", 28, 2),
    NEW_ACCOUNT: Field("account opened", "ans", 28, 2),
    MAC_EXTENDED: Field("message authentication code (MAC)", "b", 8),
}

NOT_USED: Final = frozenset({14, 18, 22, 25, 32, 33, 35, 38, 43, 60, 61})
"""Fields that other makers' terminals send. They are checked for form and then ignored."""


def codec_spec() -> dict[str, FieldSpec]:
    """The table in the form of pyiso8583: ASCII message type and fields, binary bitmaps."""
    spec = {
        "h": _entry("ascii", 0, "message header (none)"),
        "t": _entry("ascii", 4, "message type"),
        "p": _entry("b", 8, "primary bitmap"),
        "1": _entry("b", 8, "secondary bitmap"),
    }
    for number, field in FIELDS.items():
        encoding = "b" if field.content == "b" else "ascii"
        spec[str(number)] = _entry(encoding, field.length, field.name, field.length_digits)
    # The length of a foreign field is unknown. One that no frame can hold makes the codec stop
    # there, with all that it has read before.
    foreign = _entry("b", LONGER_THAN_A_FRAME, "no part of this interface")
    return {str(number): foreign for number in range(2, HIGHEST_BIT + 1)} | spec


def _entry(encoding: str, length: int, name: str, length_digits: int = 0) -> FieldSpec:
    return {
        "data_enc": encoding,
        "len_enc": "ascii",
        "len_type": length_digits,
        "max_len": length,
        "desc": name,
    }
