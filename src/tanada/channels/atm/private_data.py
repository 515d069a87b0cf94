"""Private data (field 48): tag of two letters, length of two digits, value; in any order.

A tag that is not in the table is kept and ignored, so that either side may be the newer one.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from tanada.channels.atm import fields as f
from tanada.channels.atm.messages import FormatError
from tanada.controls.policies import Custody, Medium

MEDIA: Final = "MD"
CUSTODY: Final = "CU"
ERROR_CLASS: Final = "EC"
TERM_MONTHS: Final = "TM"
AUTO_RENEW: Final = "AR"
MATURES_ON: Final = "MA"
RATE: Final = "RT"
LINES_LEFT: Final = "RM"

TAGS: Final[dict[str, str]] = {
    MEDIA: "media inside the machine: `C` card, `P` passbook, `M` cash counted in",
    CUSTODY: "what to do with them: pairs of medium and `R` return or `K` keep",
    ERROR_CLASS: "error class of the outcome, `A` to `D`; absent if accepted",
    TERM_MONTHS: "term of the time deposit, months",
    AUTO_RENEW: "renew the time deposit at maturity, `Y` (if absent) or `N`",
    MATURES_ON: "day on which the time deposit matures, YYYYMMDD",
    RATE: "rate of the time deposit, in 0.001 % a year",
    LINES_LEFT: "entries that are left for the next passbook update",
}

MEDIUM_LETTERS: Final[dict[Medium, str]] = {"card": "C", "passbook": "P", "cash": "M"}
_MEDIA: Final[dict[str, Medium]] = {letter: medium for medium, letter in MEDIUM_LETTERS.items()}
_ACTIONS: Final[dict[Custody, str]] = {"return": "R", "retain": "K"}
_CUSTODIES: Final[dict[str, Custody]] = {letter: custody for custody, letter in _ACTIONS.items()}
_HEAD: Final = 4
"""Characters of tag and length."""


def write_tags(values: Mapping[str, str]) -> str:
    """The values by tag as field 48; each value has at most 99 characters."""
    assert all(len(tag) == 2 and len(value) <= 99 for tag, value in values.items())
    return "".join(f"{tag}{len(value):02d}{value}" for tag, value in values.items())


def read_tags(text: str) -> dict[str, str]:
    """The values of field 48 by tag; ``FormatError`` if a length is wrong or a tag comes twice."""
    values: dict[str, str] = {}
    place = 0
    while place < len(text):
        tag, length = text[place : place + 2], text[place + 2 : place + _HEAD]
        if len(length) != 2 or not length.isdigit() or tag in values:
            raise _bad("a tag is not followed by two digits, or comes twice")
        end = place + _HEAD + int(length)
        if end > len(text):
            raise _bad("a value is shorter than its length says")
        values[tag] = text[place + _HEAD : end]
        place = end
    return values


def write_media(media: Iterable[Medium]) -> str:
    """Value of tag ``MD``."""
    return "".join(MEDIUM_LETTERS[medium] for medium in media)


def read_media(text: str) -> tuple[Medium, ...]:
    """The media of tag ``MD``, in order; ``FormatError`` for another letter or a repeat."""
    if len(set(text)) != len(text) or not set(text) <= set(_MEDIA):
        raise _bad("media are C, P and M, each at most once")
    return tuple(_MEDIA[letter] for letter in text)


def write_custody(instructions: Mapping[Medium, Custody]) -> str:
    """Value of tag ``CU``."""
    return "".join(MEDIUM_LETTERS[m] + _ACTIONS[custody] for m, custody in instructions.items())


def read_custody(text: str) -> dict[Medium, Custody]:
    """What a terminal is told to do with each medium; ``FormatError`` if it makes no sense."""
    letters = list(zip(text[::2], text[1::2], strict=False))
    if len(text) % 2 or any(m not in _MEDIA or c not in _CUSTODIES for m, c in letters):
        raise _bad("custody is pairs of C, P or M with R or K")
    return {_MEDIA[medium]: _CUSTODIES[custody] for medium, custody in letters}


def _bad(reason: str) -> FormatError:
    return FormatError(f.PRIVATE, 0, reason)
