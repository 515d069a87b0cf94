"""What a machine writes to the bank and reads from it: visits as ISO 8583 messages.

The table of fields is ``docs/iso8583.md``; a machine of another maker would be written from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from tanada.channels.atm import fields as f
from tanada.channels.atm import private_data as private
from tanada.channels.atm.custody_table import read_custody_table
from tanada.channels.atm.dialogue import (
    FINANCIAL,
    NETWORK,
    REVERSAL,
    SIGN_ON,
    YEN,
    Original,
    Transaction,
)
from tanada.channels.atm.keys import TerminalKeys
from tanada.channels.atm.messages import IsoMessage
from tanada.channels.atm.requests import ACCOUNT_DIGITS
from tanada.channels.atm.response_codes import APPROVED
from tanada.controls.policies import Custody, Medium
from tanada.counterparts.visits import Media, Visit, VisitKind, Wish
from tanada.operations.codes import MEANINGS, Code

NOT_YET: Final = frozenset({"58", "63", "68", "80", "82", "91", "96"})
"""Response codes after which a reversal is repeated; every other one is the bank's last word."""

_WORDS: Final = frozenset(Code)
_TRANSACTIONS: Final[dict[Wish, Transaction]] = {
    Wish.WITHDRAWAL: Transaction.WITHDRAWAL,
    Wish.DEPOSIT: Transaction.DEPOSIT,
    Wish.BALANCE: Transaction.BALANCE,
    Wish.PASSBOOK: Transaction.PASSBOOK_UPDATE,
    Wish.TIME_DEPOSIT: Transaction.TIME_DEPOSIT,
}
_KEPT_IN_REVERSAL: Final = (
    f.PAN,
    f.PROCESSING_CODE,
    f.AMOUNT,
    # The day is part of the original's name, also when midnight has passed since.
    f.LOCAL_TIME,
    f.LOCAL_DATE,
    f.RRN,
    f.TERMINAL,
    f.CURRENCY,
    f.ACCOUNT,
)


class Stamp(NamedTuple):
    """What marks one message: the machine as field 41, the number in its row, and the time."""

    terminal: str
    stan: int
    now: datetime

    def fields(self) -> dict[int, str]:
        """Fields 7, 11, 12, 13 and 41."""
        month_day = f"{self.now.month:02d}{self.now.day:02d}"
        time = f"{self.now.hour:02d}{self.now.minute:02d}{self.now.second:02d}"
        return {
            f.SENT_AT: month_day + time,
            f.STAN: f"{self.stan:06d}",
            f.LOCAL_TIME: time,
            f.LOCAL_DATE: month_day,
            f.TERMINAL: self.terminal,
        }

    def rrn(self) -> str:
        """Field 37: year's last digit, day of the year, hour, STAN."""
        day = self.now.timetuple().tm_yday
        return f"{self.now.year % 10}{day:03d}{self.now.hour:02d}{self.stan:06d}"


class HostAnswer(NamedTuple):
    """What the bank said. ``code`` is the outcome's word, or the response code if it gave none."""

    kind: VisitKind
    code: str
    retained: Media


@dataclass(frozen=True)
class KeepRule:
    """What to keep of a customer's when the bank does not answer; sent to the machine at sign-on.

    A machine that has never signed on keeps nothing.
    """

    version: str = ""
    monetary: frozenset[Medium] = frozenset()
    inquiry: frozenset[Medium] = frozenset()

    def keeps(self, wish: Wish, media: Media) -> Media:
        """The part of ``media`` that the machine keeps."""
        kept = self.inquiry if wish is Wish.BALANCE else self.monetary
        return tuple(medium for medium in media if medium in kept)


def sign_on(stamp: Stamp) -> IsoMessage:
    """0800: the machine begins to work."""
    return IsoMessage(NETWORK, {**stamp.fields(), f.NETWORK_CODE: SIGN_ON})


def financial(visit: Visit, media: Media, stamp: Stamp, keys: TerminalKeys) -> IsoMessage:
    """0200: what the customer wants. ``media`` is all that is in the machine, cash included."""
    holder = visit.holder
    fields = stamp.fields()
    fields[f.PROCESSING_CODE] = _TRANSACTIONS[visit.wish].processing_code
    fields[f.RRN] = stamp.rrn()
    fields[f.PRIVATE] = _private(visit, media)
    fields[f.CURRENCY] = YEN
    if visit.amount:
        fields[f.AMOUNT] = f"{visit.amount:012d}"
    if "card" in media:
        fields[f.PAN] = str(holder.card)
        fields[f.PIN_BLOCK] = keys.pin.encipher(holder.pin, holder.card).hex().upper()
    else:
        fields[f.ACCOUNT] = f"{holder.account:0{ACCOUNT_DIGITS}d}"
    return IsoMessage(FINANCIAL, fields)


def reversal_of(request: IsoMessage, stamp: Stamp) -> IsoMessage:
    """0420: the machine got no answer to ``request`` and has acted as if it had not been."""
    kept = {n: request.fields[n] for n in _KEPT_IN_REVERSAL if n in request.fields}
    original = {f.ORIGINAL: Original.of(request).write()}
    return IsoMessage(REVERSAL, {**stamp.fields(), **kept, **original})


def read_rule(answer: IsoMessage) -> KeepRule:
    """The rule for unanswered requests in a 0810; raises ``FormatError``."""
    table = read_custody_table(answer[f.CUSTODY_TABLE])
    rows = table.without_answer
    return KeepRule(table.version, _kept(rows["monetary"]), _kept(rows["inquiry"]))


def read_answer(answer: IsoMessage, media: Media) -> HostAnswer:
    """Take a 0210 apart; raises ``FormatError``. What it does not name is given back."""
    word = answer[f.REASON]
    kind: VisitKind = MEANINGS[Code(word)].kind if word in _WORDS else _kind_of(answer)
    tags = private.read_tags(answer[f.PRIVATE])
    custody = private.read_custody(tags.get(private.CUSTODY, ""))
    retained = tuple(medium for medium in media if custody.get(medium) == "retain")
    return HostAnswer(kind, word or answer[f.RESPONSE_CODE], retained)


def _kept(row: Mapping[Medium, Custody]) -> frozenset[Medium]:
    return frozenset(medium for medium, custody in row.items() if custody == "retain")


def _kind_of(answer: IsoMessage) -> VisitKind:
    """A refusal of the gateway's own, which no outcome stands behind."""
    return "accepted" if answer[f.RESPONSE_CODE] == APPROVED else "declined"


def _private(visit: Visit, media: Media) -> str:
    tags = {private.MEDIA: private.write_media(media)}
    if visit.term_months:
        tags[private.TERM_MONTHS] = str(visit.term_months)
    return private.write_tags(tags)
