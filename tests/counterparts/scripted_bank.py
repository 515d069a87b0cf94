"""A bank at the far end of the line that does what it is told, and keeps books of its own.

It speaks the real protocol over the network seam. What it shares with the bank is the codec.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from tanada.base.network import Listener
from tanada.base.seams import Seams
from tanada.channels.atm import fields as f
from tanada.channels.atm import private_data as private
from tanada.channels.atm.dialogue import (
    ANSWER_TYPES,
    FINANCIAL,
    NETWORK,
    Original,
    Transaction,
)
from tanada.channels.atm.keys import AtmKeys
from tanada.channels.atm.messages import IsoMessage, decode, frame, read_frame
from tanada.channels.atm.response_codes import RESPONSE_CODES
from tanada.controls.policies import Custody, Medium
from tanada.operations.codes import MEANINGS, Code

ADDRESS = "tcp://gateway:8583"

RULES = {
    "keeps-all": "2021-02;I=CRPRMR;M=CKPKMK",
    "keeps-cash": "2021-05;I=CRPRMR;M=CRPRMK",
}


@dataclass(frozen=True)
class Turn:
    """What the bank does with one request.

    ``executes``: it books; ``answers``: it says so; ``hangs_up``: it closes the line instead.
    """

    code: Code = Code.OK
    answers: bool = True
    hangs_up: bool = False
    executes: bool = True
    keeps: str = ""
    delay_s: float = 0.0

    @property
    def books(self) -> bool:
        return self.executes and MEANINGS[self.code].kind == "accepted"


ACCEPT = Turn()
DECLINE = Turn(Code.INSUFFICIENT_FUNDS)
STOLEN = Turn(Code.CARD_STOLEN, keeps="card")
B_ERROR = Turn(Code.INTERNAL_ERROR, keeps="all")
C_ERROR = Turn(Code.COMPARTMENT_CLOSED, keeps="all")
C_RETURN = Turn(Code.COMPARTMENT_CLOSED)
DOUBLE_ERROR = Turn(Code.DOUBLE_ERROR, keeps="all")
ANSWER_LOST = Turn(answers=False)
REQUEST_LOST = Turn(answers=False, executes=False)
LINE_BROKEN = Turn(answers=False, hangs_up=True)
ANSWER_LATE = Turn(delay_s=45.0)


class ScriptedBank:
    """Takes a `Turn` for each request of a customer; without one left, it accepts."""

    def __init__(self, seams: Seams, keys: AtmKeys, rule: str = "keeps-all") -> None:
        self.seams = seams
        self.keys = keys
        self.rule = RULES[rule]
        self.turns: deque[Turn] = deque()
        self.decide: Callable[[IsoMessage], Turn] | None = None
        self.answers_reversals = True
        self.refuses_reversals = 0
        self.refuses_with = "91"
        self.atm_cash: Counter[str] = Counter()
        """Yen that went into machines less what came out, by the bank's books."""
        self.booked: dict[tuple[str, str], tuple[str, int]] = {}
        self.seen: list[IsoMessage] = []
        self.listener: Listener | None = None

    async def open(self) -> None:
        self.listener = await self.seams.network.serve(ADDRESS, self.serve)

    def mtis(self) -> list[str]:
        return [message.mti for message in self.seen]

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        while (raw := await read_frame(reader)) is not None:
            message = decode(raw)
            keys = self.keys.of_terminal(int(message[f.TERMINAL]))
            assert keys.mac.verifies(raw, message)
            self.seen.append(message)
            answer = await self.answer(message)
            if answer is None:
                return
            if answer.fields:
                writer.write(frame(keys.mac.seal(answer)))

    async def answer(self, message: IsoMessage) -> IsoMessage | None:
        """The answer; one without fields is not sent; None closes the line."""
        if message.mti == NETWORK:
            return self.reply(message, "00", {f.CUSTODY_TABLE: self.rule})
        if message.mti == FINANCIAL:
            return await self.financial(message)
        return self.reversal(message)

    async def financial(self, message: IsoMessage) -> IsoMessage | None:
        if self.decide is not None:
            turn = self.decide(message)
        else:
            turn = self.turns.popleft() if self.turns else ACCEPT
        if turn.books:
            self.book(message)
        await asyncio.sleep(turn.delay_s)
        if turn.hangs_up:
            return None
        if not turn.answers:
            return IsoMessage("0210", {})
        media = private.read_media(private.read_tags(message[f.PRIVATE])[private.MEDIA])
        kept = media if turn.keeps == "all" else tuple(m for m in media if m == turn.keeps)
        custody: dict[Medium, Custody] = {m: "retain" if m in kept else "return" for m in media}
        extra = {
            f.REASON: str(turn.code),
            f.PRIVATE: private.write_tags({private.CUSTODY: private.write_custody(custody)}),
        }
        return self.reply(message, RESPONSE_CODES[turn.code], extra)

    def book(self, message: IsoMessage) -> None:
        signs = {Transaction.WITHDRAWAL: -1, Transaction.DEPOSIT: 1}
        sign = signs.get(Transaction(message[f.PROCESSING_CODE][:2]), 0)
        amount = sign * int(message[f.AMOUNT] or 0)
        name = (message[f.TERMINAL], message[f.STAN])
        assert name not in self.booked, "booked twice"
        self.booked[name] = (message[f.LOCAL_DATE], amount)
        self.atm_cash[message[f.TERMINAL]] += amount

    def reversal(self, message: IsoMessage) -> IsoMessage:
        if not self.answers_reversals:
            return IsoMessage("0430", {})
        if self.refuses_reversals:
            self.refuses_reversals -= 1
            return self.reply(message, self.refuses_with, {})
        name = (message[f.TERMINAL], Original.read(message[f.ORIGINAL]).stan)
        day, amount = self.booked.pop(name, (message[f.LOCAL_DATE], 0))
        assert day == message[f.LOCAL_DATE], "a reversal names the day of its original"
        self.atm_cash[message[f.TERMINAL]] -= amount
        return self.reply(message, "00", {})

    def reply(self, message: IsoMessage, response: str, extra: dict[int, str]) -> IsoMessage:
        echoed = {n: message[n] for n in (f.STAN, f.TERMINAL, f.SENT_AT) if message[n]}
        return IsoMessage(ANSWER_TYPES[message.mti], {**echoed, f.RESPONSE_CODE: response, **extra})
