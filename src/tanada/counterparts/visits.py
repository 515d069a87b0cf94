"""A visit: one customer at one machine, what is put in, what is wanted, and what comes of it."""

from enum import StrEnum
from typing import Final, Literal, NamedTuple

from tanada.controls.policies import Medium


class Wish(StrEnum):
    """What a customer wants of a machine."""

    WITHDRAWAL = "withdrawal"
    DEPOSIT = "deposit"
    BALANCE = "balance"
    PASSBOOK = "passbook"
    TIME_DEPOSIT = "time_deposit"


Media = tuple[Medium, ...]

CARD: Final[Media] = ("card",)
PASSBOOK: Final[Media] = ("passbook",)
BOTH: Final[Media] = ("card", "passbook")
CASH: Final[Media] = ("cash",)

NOTE_YEN: Final = 1_000
"""The smallest note that a machine takes and gives."""

MACHINE_STOPPED: Final = "machine_stopped"
QUEUE_TOO_LONG: Final = "queue_too_long"
STAYED_AWAY: Final = "stayed_away"
CASH_SHORT: Final = "cash_short"
HOST_OUT_OF_REACH: Final = "host_out_of_reach"
NO_ANSWER: Final = "no_answer"
"""Codes of a visit that no answer of the bank's gave."""

VisitKind = Literal["accepted", "declined", "failed", "unknown", "turned_away"]
"""The four outcomes as the machine sees them; ``turned_away``: no attempt was made."""


class Holder(NamedTuple):
    """Who comes: a card, its PIN, the ordinary account behind it and the customer's number."""

    card: int
    pin: str
    account: int
    customer: int


class Visit(NamedTuple):
    """One arrival, settled in every part before it is known what will come of it.

    ``number`` counts the arrivals of the machine from 1, so that a run and its twin can be laid
    side by side. ``at`` is seconds since the epoch; ``media`` the card and the passbook put in;
    ``amount`` yen, 0 where none is moved; ``handling_s`` the time from putting the media in to
    pressing the last key.
    """

    number: int
    at: float
    wish: Wish
    holder: Holder
    media: Media
    amount: int = 0
    term_months: int = 0
    handling_s: float = 0.0


class VisitResult(NamedTuple):
    """What came of it, as the machine saw it.

    ``code`` is the word that the answer gave (`tanada.operations.codes`), or one of those above
    where there was no answer. ``retained`` are the media that the machine kept.
    """

    kind: VisitKind
    code: str
    retained: Media = ()


class VisitRecord(NamedTuple):
    """One line of the log of visits, laid out flat: a full drill keeps 300,000 of them.

    ``at`` is when the answer came, seconds since the epoch.
    """

    terminal: int
    number: int
    at: float
    customer: int
    account: int
    wish: Wish
    amount: int
    kind: VisitKind
    code: str
    retained: Media
