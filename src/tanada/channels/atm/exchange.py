"""One request of a customer: from the terminal's message through the door to the answer."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple, Protocol

from tanada.base.clock import Clock
from tanada.base.ids import IdSource
from tanada.channels.atm import dialogue
from tanada.channels.atm import fields as f
from tanada.channels.atm import private_data as tags
from tanada.channels.atm.keys import AtmKeys, TerminalKeys, terminal_id
from tanada.channels.atm.messages import FormatError, IsoMessage
from tanada.channels.atm.requests import (
    RequestRefused,
    operation_key,
    read_account,
    read_amount,
    read_private,
    read_transaction,
)
from tanada.channels.atm.response_codes import (
    APPROVED,
    REFUSAL_CODES,
    RESPONSE_CODES,
    Refusal,
)
from tanada.channels.atm.transactions import (
    CHANNEL,
    TRANSACTIONS,
    Row,
    Times,
    read_request,
    reversal_of,
)
from tanada.controls.custody import CustodyMatrix, Ruling
from tanada.controls.policies import Medium
from tanada.operations.codes import MEANINGS, Code, ErrorClass, Kind
from tanada.operations.commands import MICROSECONDS, Command, Outcome, Reverse
from tanada.watch.attempts import Attempt, AttemptRecorder

HOST_TIMEOUT_S: Final = 25
"""How long an answer is awaited. Terminals wait 30 s, so ours reaches them before they give up."""

ECHOED: Final = (
    f.PROCESSING_CODE,
    f.AMOUNT,
    f.SENT_AT,
    f.STAN,
    f.LOCAL_TIME,
    f.LOCAL_DATE,
    f.RRN,
    f.TERMINAL,
    f.ACCEPTOR,
    f.CURRENCY,
    f.NETWORK_CODE,
)
"""Fields of a request that come back in its answer: never the card."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

log = logging.getLogger(__name__)


class Door(Protocol):
    """The bank's one door, as far as a machine needs it."""

    async def submit(
        self, command: Command, *, abandon: Reverse | None = None, repeated: bool = False
    ) -> Outcome:
        """The outcome, ``unknown`` if there is none by the command's deadline.

        Should the command turn out accepted after that, ``abandon`` is submitted. ``repeated``: it
        was sent before.
        """


@dataclass(frozen=True, slots=True)
class AtmChannel:
    """What all connections share."""

    door: Door
    attempts: AttemptRecorder
    custody: CustodyMatrix
    keys: AtmKeys
    clock: Clock
    ids: IdSource

    def now_us(self) -> int:
        """Microseconds since the epoch."""
        return (self.clock.now() - _EPOCH) // _MICROSECOND


class Verdict(NamedTuple):
    """What came of a request, in every vocabulary that needs to hear it."""

    kind: Kind
    code: str
    error_class: ErrorClass
    response_code: str


_VERDICTS: Final[dict[Code | Refusal, Verdict]] = {
    code: Verdict(MEANINGS[code].kind, code.value, MEANINGS[code].error_class, response_code)
    for code, response_code in RESPONSE_CODES.items()
} | {
    refusal: Verdict("declined", refusal.value, "D", response_code)
    for refusal, response_code in REFUSAL_CODES.items()
}


class Exchange:
    """One request and its answer. What is known of the request is filled in as it is read, so that
    an attempt can be recorded however far it came."""

    def __init__(
        self, channel: AtmChannel, message: IsoMessage, terminal: int, keys: TerminalKeys
    ) -> None:
        self._channel = channel
        self._message = message
        self._terminal = terminal
        self._keys = keys
        self._at = channel.now_us()
        self._times = Times(self._at, self._at + HOST_TIMEOUT_S * MICROSECONDS)
        self._today = channel.clock.now().date()
        self._row: Row | None = None
        self._media: tuple[Medium, ...] = ()
        self._private: Mapping[str, str] = {}
        self._operation = ""
        self._key = ""
        self._account = 0
        self._card = 0
        self._amount = 0

    async def serve(self) -> IsoMessage:
        """Bring the request to the door, and the outcome back."""
        try:
            command, abandon = self._read()
        except FormatError as error:
            log.info("request refused: %s", error, extra={"terminal": self._terminal})
            return self.refuse(Refusal.FORMAT_ERROR)
        except RequestRefused as refused:
            return self.refuse(refused.why)
        repeated = self._message.mti == dialogue.FINANCIAL_REPEAT
        outcome = await self._channel.door.submit(command, abandon=abandon, repeated=repeated)
        added = {}
        if outcome.kind == "accepted" and self._row and not isinstance(command, Reverse):
            added = self._row.answer(outcome)
        verdict = _VERDICTS[outcome.code]
        if isinstance(command, Reverse) and outcome.code is Code.ALREADY_REVERSED:
            # The terminal wants the operation not to be, and it is not.
            verdict = verdict._replace(response_code=APPROVED)
        return self._conclude(verdict, added)

    def refuse(self, why: Code | Refusal) -> IsoMessage:
        """The answer to a request that does not come to the door."""
        return self._conclude(_VERDICTS[why], {})

    def _read(self) -> tuple[Command, Reverse | None]:
        """The command, and what cancels it if its answer does not come in time."""
        self._private, self._media = read_private(self._message)
        row = self._row = TRANSACTIONS[read_transaction(self._message)]
        self._amount = read_amount(self._message, needed=row.amount_needed)
        if self._message.mti in dialogue.REVERSALS:
            return self._read_reversal(row), None
        self._operation = row.name
        request = read_request(
            self._message,
            row,
            self._terminal,
            self._private,
            self._keys,
            self._channel.keys.pvk,
            self._today,
        )
        self._key, self._account, self._card = request.key, request.account, request.card
        command = row.command(request, self._times)
        return command, self._reversal_of(request.key, row) if row.moves_money else None

    def _read_reversal(self, row: Row) -> Reverse:
        self._operation = Reverse.__name__
        original = dialogue.Original.read(self._message[f.ORIGINAL])
        local_date = self._message[f.LOCAL_DATE]
        original_key = operation_key(self._terminal, original.stan, local_date, self._today)
        self._card, self._account = read_account(self._message, card_needed=False)
        reversal = self._reversal_of(original_key, row)
        # Its own key, not the original's: each has an outcome, and each may be settled later.
        self._key = reversal.key
        return reversal

    def _reversal_of(self, original_key: str, row: Row) -> Reverse:
        origin = terminal_id(self._terminal)
        return reversal_of(
            original_key, row.product, self._account, self._card, origin, self._times
        )

    def _conclude(self, verdict: Verdict, added: dict[int, str]) -> IsoMessage:
        rulings = self._rulings(verdict)
        self._record(verdict, rulings)
        private: dict[str, str] = {}
        if verdict.error_class:
            private[tags.ERROR_CLASS] = verdict.error_class
        if rulings:
            custodies = {medium: ruling.custody for medium, ruling in rulings.items()}
            private[tags.CUSTODY] = tags.write_custody(custodies)
        answer = answer_fields(self._message, verdict.response_code, verdict.code) | added
        if private:
            answer[f.PRIVATE] = tags.write_tags(private) + answer.get(f.PRIVATE, "")
        return IsoMessage(dialogue.ANSWER_TYPES[self._message.mti], answer)

    def _rulings(self, verdict: Verdict) -> dict[Medium, Ruling]:
        transaction = self._row.transaction_class if self._row else "monetary"
        knowledge: Literal["known", "unknown"] = "unknown" if verdict.kind == "unknown" else "known"
        decide = self._channel.custody.decide
        return {
            medium: decide(transaction, verdict.error_class, knowledge, medium, verdict.code)
            for medium in self._media
            # Cash whose deposit is booked is no longer the customer's to be given back.
            if medium != "cash" or verdict.kind != "accepted"
        }

    def _record(self, verdict: Verdict, rulings: Mapping[Medium, Ruling]) -> None:
        self._channel.attempts.record(
            Attempt(
                attempt_id=self._channel.ids.next_id(),
                at=self._at,
                answered_at=self._channel.now_us(),
                channel=CHANNEL,
                origin=terminal_id(self._terminal),
                operation=self._operation,
                product=self._row.product if self._row else "",
                account=self._account,
                amount=self._amount,
                key=self._key,
                kind=verdict.kind,
                code=verdict.code,
                error_class=verdict.error_class,
                media="+".join(self._media),
                custody="; ".join(_told(*each) for each in rulings.items()),
            )
        )


def answer_fields(message: IsoMessage, response_code: str, word: str) -> dict[int, str]:
    """What every answer has: the request's own fields, the response code and its word."""
    fields = {number: value for number in ECHOED if (value := message[number])}
    fields[f.RESPONSE_CODE] = response_code
    fields[f.REASON] = word
    return fields


def _told(medium: Medium, ruling: Ruling) -> str:
    """What the attempt keeps of a ruling: ``passbook=retain (the line failed)``."""
    return f"{medium}={ruling.custody}" + (f" ({ruling.reason})" if ruling.reason else "")
