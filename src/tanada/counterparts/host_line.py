"""The line from a machine to the bank: one message at a time, and none forgotten.

A request whose answer does not come is reversed: the machine acts as if it had not been, and says
so (0420) until the bank confirms (0430).
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import deque
from typing import Final

from tanada.base.errors import BankError
from tanada.base.network import NetworkError
from tanada.base.seams import Seams
from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import ANSWER_TYPES, REVERSAL_REPEAT
from tanada.channels.atm.keys import AtmKeys, terminal_id
from tanada.channels.atm.mac import RetailMac
from tanada.channels.atm.messages import (
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    FormatError,
    FrameTooLarge,
    IsoMessage,
    decode,
    frame,
)
from tanada.channels.atm.response_codes import APPROVED
from tanada.counterparts import requests
from tanada.counterparts.requests import HostAnswer, KeepRule, Stamp
from tanada.counterparts.visits import Media, Visit
from tanada.operations.codes import Code

HOST_WAIT_S: Final = 30.0
"""How long a machine waits for an answer: longer than the gateway waits for the bank."""
CONNECT_TIMEOUT_S: Final = 5.0
RECONNECT_FIRST_S: Final = 1.0
RECONNECT_LONGEST_S: Final = 60.0
REPEAT_FIRST_S: Final = 10.0
REPEAT_LONGEST_S: Final = 300.0
SIGN_ON_WAIT_S: Final = 10.0
REVERSAL_WAIT_S: Final = 30.0
READ_BYTES: Final = 65_536
MAX_UNCONFIRMED: Final = 16
"""Reversals; a machine that has this many serves nobody until the bank confirms some."""
MAX_STAN: Final = 999_999


class HostOutOfReach(BankError):
    """The machine has no line to the bank, so that its request was never sent."""

    code = "host_out_of_reach"
    transient = True


class HostLine:
    """One machine's line; signs on by itself whenever it had to connect."""

    def __init__(
        self, seams: Seams, address: str, terminal: int, keys: AtmKeys, *, last_stan: int = 0
    ) -> None:
        """Nothing is sent before `sign_on` or `ask`.

        ``last_stan`` is the trace number that the machine used last on this date: date and trace
        number name a transaction, so a machine that is switched on again must not start anew.
        """
        self._clock = seams.clock
        self._network = seams.network
        self._address = address
        self._terminal = terminal_id(terminal)
        self._keys = keys.of_terminal(terminal)
        self._wire: _Wire | None = None
        self._rule = KeepRule()
        self._one_at_a_time = asyncio.Lock()
        self._stan = last_stan
        self._try_again_at = 0.0
        self._pause_s = RECONNECT_FIRST_S
        self._reversals: deque[_Reversal] = deque()
        self._repeats: asyncio.Task[None] | None = None

    @property
    def last_stan(self) -> int:
        """The trace number used last."""
        return self._stan

    @property
    def unconfirmed(self) -> int:
        """Reversals that the bank has not confirmed."""
        return len(self._reversals)

    async def sign_on(self) -> None:
        """Connect and sign on now, if that is not done; raises `HostOutOfReach`."""
        async with self._one_at_a_time:
            await self._stand()

    async def ask(self, visit: Visit, media: Media) -> HostAnswer | None:
        """Send the visit's request; None if no answer came.

        Then a reversal is under way, and so it is if the gateway says that *it* got no answer. An
        answer that the bank's own cancellation failed is for the bank to settle: another reversal
        would only be one more error.

        Raises:
            HostOutOfReach: no line, or reversals wait for the bank. Nothing was sent.
        """
        async with self._one_at_a_time:
            await self._stand()
            if self._reversals:
                await self._send_reversals(refused_too=False)
            request = requests.financial(visit, media, self._stamp(), self._keys)
            answer = await self._exchange(request, HOST_WAIT_S)
        said = None if answer is None else _understand(answer, media)
        if said is None or said.code == Code.NO_ANSWER:
            self._reverse(request)
        return said

    def keep_unanswered(self, visit: Visit, media: Media) -> Media:
        """What the machine keeps when no answer came: the rule that it was given at sign-on."""
        return self._rule.keeps(visit.wish, media)

    async def close(self) -> None:
        """Hang up. Reversals that are not confirmed stay so."""
        if self._repeats is not None:
            self._repeats.cancel()
        self._hang_up()

    async def _stand(self) -> None:
        """See to it that the line stands and the machine is signed on."""
        if self._wire is not None and self._wire.stands:
            return
        self._hang_up()
        if self._clock.monotonic() < self._try_again_at:
            raise HostOutOfReach("no line to the bank; the machine tries again in a moment")
        try:
            reader, writer = await self._network.connect(
                self._address, timeout=CONNECT_TIMEOUT_S, source=f"atm-{self._terminal}"
            )
            self._wire = _Wire(reader, writer, self._keys.mac)
            await self._sign_on()
        except (NetworkError, HostOutOfReach, FormatError) as error:
            self._hang_up()
            self._try_again_at = self._clock.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, RECONNECT_LONGEST_S)
            raise HostOutOfReach(f"machine {self._terminal}: {error}") from error
        self._pause_s = RECONNECT_FIRST_S

    async def _sign_on(self) -> None:
        answer = await self._exchange(requests.sign_on(self._stamp()), SIGN_ON_WAIT_S)
        if answer is None:
            raise HostOutOfReach("the bank did not answer the sign-on")
        if answer[f.RESPONSE_CODE] != APPROVED:
            raise HostOutOfReach(f"the bank refused the sign-on: {answer[f.RESPONSE_CODE]}")
        self._rule = requests.read_rule(answer)

    def _reverse(self, request: IsoMessage) -> None:
        """Put the reversal of an unanswered request on its way, at once and until confirmed."""
        self._reversals.append(_Reversal(requests.reversal_of(request, self._stamp())))
        if self._repeats is None or self._repeats.done():
            self._repeats = asyncio.create_task(self._repeat_reversals())

    async def _repeat_reversals(self) -> None:
        pause_s = REPEAT_FIRST_S
        while True:
            async with self._one_at_a_time:
                try:
                    await self._stand()
                    await self._send_reversals(refused_too=True)
                except HostOutOfReach:
                    self._hang_up()
            if not self._reversals:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, REPEAT_LONGEST_S)

    async def _send_reversals(self, *, refused_too: bool) -> None:
        """Send what waits, oldest first.

        The line is not fit for customers while a reversal gets no answer. One that is *refused*,
        because its product is out of order, must not stop the machine's other business: it is
        sent again later.

        Raises:
            HostOutOfReach: one was not answered, or too many are unconfirmed.
        """
        if len(self._reversals) >= MAX_UNCONFIRMED and not refused_too:
            raise HostOutOfReach("too many reversals wait for the bank's confirmation")
        for reversal in list(self._reversals):
            if reversal.refused and not refused_too:
                continue
            answer = await self._exchange(reversal.next_message(), REVERSAL_WAIT_S)
            if answer is None:
                raise HostOutOfReach("a reversal got no answer")
            if answer[f.RESPONSE_CODE] not in requests.NOT_YET:
                self._reversals.remove(reversal)
            reversal.refused = True

    async def _exchange(self, request: IsoMessage, wait_s: float) -> IsoMessage | None:
        """Send ``request`` and wait for its answer; None if it does not come.

        A broken line and an answer that cannot be read or trusted are no answer too.
        """
        wire = self._wire
        if wire is None:
            return None
        try:
            wire.send(request)
            async with asyncio.timeout(wait_s):
                return await wire.answer_to(request)
        except TimeoutError:
            return None
        except (ConnectionError, FormatError, FrameTooLarge):
            self._hang_up()
            return None

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _stamp(self) -> Stamp:
        """The next number in the machine's row, and the time."""
        self._stan = self._stan % MAX_STAN + 1
        return Stamp(self._terminal, self._stan, self._clock.now())


def _understand(answer: IsoMessage, media: Media) -> HostAnswer | None:
    """What the bank said. An answer that makes no sense is none; the reversal tells the bank so."""
    try:
        return requests.read_answer(answer, media)
    except FormatError:
        return None


class _Reversal:
    """A reversal on its way: 0420 the first time, 0421 ever after."""

    def __init__(self, first: IsoMessage) -> None:
        self._first = first
        self._sent = False
        self.refused = False

    def next_message(self) -> IsoMessage:
        """What to send now."""
        if not self._sent:
            self._sent = True
            return self._first
        return IsoMessage(REVERSAL_REPEAT, self._first.fields)


class _Wire:
    """One connection: messages with their MAC, in frames."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, mac: RetailMac) -> None:
        self._reader = reader
        self._writer = writer
        self._mac = mac
        self._unread = bytearray()

    @property
    def stands(self) -> bool:
        """Whether nobody is known to have hung up."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    def send(self, message: IsoMessage) -> None:
        """Seal and send."""
        self._writer.write(frame(self._mac.seal(message)))

    async def answer_to(self, request: IsoMessage) -> IsoMessage:
        """The answer to ``request``; raises `ConnectionError`, `FormatError`, `FrameTooLarge`."""
        mti, stan = ANSWER_TYPES[request.mti], request[f.STAN]
        while True:
            raw = await self._read_frame()
            answer = decode(raw)
            if not self._mac.verifies(raw, answer):
                raise ConnectionResetError("an answer with a wrong MAC; the line is not the bank's")
            # What answers something that the machine has given up comes too late to matter.
            if answer.mti == mti and answer[f.STAN] == stan:
                return answer

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def _read_frame(self) -> bytes:
        """The next message; one that a time-out interrupts is read on by the next caller."""
        while (raw := self._take_frame()) is None:
            data = await self._reader.read(READ_BYTES)
            if not data:
                raise ConnectionResetError("the bank hung up")
            self._unread += data
        return raw

    def _take_frame(self) -> bytes | None:
        unread = self._unread
        if len(unread) < LENGTH_BYTES:
            return None
        ends = LENGTH_BYTES + int.from_bytes(unread[:LENGTH_BYTES], "big")
        if not LENGTH_BYTES < ends <= LENGTH_BYTES + MAX_FRAME_BYTES:
            raise FrameTooLarge("the bank announces a frame of a length that it never sends")
        if len(unread) < ends:
            return None
        raw = bytes(unread[LENGTH_BYTES:ends])
        del unread[:ends]
        return raw
