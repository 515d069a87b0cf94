"""The dialogue on one connection: a message's bytes in, its answer's bytes out.

The order of the checks: can it be read, is it from the terminal that it names (MAC), has that
terminal signed on. Only then is it looked into (``exchange``). Whatever comes of it, one attempt is
recorded for every request of a customer.
"""

import logging
from typing import Final

from tanada.channels.atm import dialogue
from tanada.channels.atm import fields as f
from tanada.channels.atm.custody_table import write_custody_table
from tanada.channels.atm.exchange import AtmChannel, Exchange, answer_fields
from tanada.channels.atm.keys import TerminalKeys, terminal_id, terminal_number
from tanada.channels.atm.messages import FormatError, IsoMessage, decode, encode
from tanada.channels.atm.response_codes import REFUSAL_CODES, RESPONSE_CODES, Refusal
from tanada.channels.atm.transactions import CHANNEL
from tanada.operations.codes import Code
from tanada.watch.attempts import Attempt

UNREADABLE_MAX: Final = 16
"""Messages of one connection that cannot be read or have a wrong MAC; then it is closed."""

log = logging.getLogger(__name__)


class Session:
    """What the gateway knows of one connection."""

    def __init__(self, channel: AtmChannel, peer: str) -> None:
        """``peer`` names the other end in logs."""
        self._channel = channel
        self._peer = peer
        self._nonsense = 0
        self.terminal: int | None = None
        """The terminal that has signed on; it speaks for itself only."""

    @property
    def is_hopeless(self) -> bool:
        """Whether so much of what came made no sense that the connection should end."""
        return self._nonsense >= UNREADABLE_MAX

    async def answer(self, raw: bytes) -> bytes | None:
        """The answer to one message; None if there can be none, and the connection should end."""
        try:
            message = decode(raw)
            terminal = _sender(message)
        except FormatError as error:
            return self._answer_unreadable(error)
        keys = self._channel.keys.of_terminal(terminal)
        refusal = self._refusal(raw, message, terminal, keys)
        if message.mti == dialogue.NETWORK:
            return keys.mac.seal(self._manage(message, terminal, refusal))
        exchange = Exchange(self._channel, message, terminal, keys)
        answer = exchange.refuse(refusal) if refusal else await exchange.serve()
        return keys.mac.seal(answer)

    def _refusal(
        self, raw: bytes, message: IsoMessage, terminal: int, keys: TerminalKeys
    ) -> Refusal | None:
        is_network = message.mti == dialogue.NETWORK
        # An echo changes nothing and tells nothing, so a line may be tried before keys are loaded.
        is_bare_echo = is_network and message[f.NETWORK_CODE] == dialogue.ECHO
        is_bare_echo = is_bare_echo and not message[f.MAC_EXTENDED]
        if not is_bare_echo and not keys.mac.verifies(raw, message):
            self._nonsense += 1
            log.warning("wrong MAC in %s from %s as terminal %d", message.mti, self._peer, terminal)
            return Refusal.BAD_MAC
        if not is_network and self.terminal != terminal:
            return Refusal.NOT_SIGNED_ON
        return None

    def _manage(self, message: IsoMessage, terminal: int, refusal: Refusal | None) -> IsoMessage:
        """Sign-on, sign-off and echo."""
        code = message[f.NETWORK_CODE]
        word: Code | Refusal = refusal or Code.OK
        added = {}
        if refusal is None and code == dialogue.SIGN_ON:
            self.terminal = terminal
            added[f.CUSTODY_TABLE] = write_custody_table(self._channel.custody)
        elif refusal is None and code == dialogue.SIGN_OFF:
            self.terminal = None
        elif refusal is None and code != dialogue.ECHO:
            word = Code.UNKNOWN_COMMAND
        response_code = REFUSAL_CODES[word] if isinstance(word, Refusal) else RESPONSE_CODES[word]
        answer = answer_fields(message, response_code, word.value) | added
        return IsoMessage(dialogue.ANSWER_TYPES[message.mti], answer)

    def _answer_unreadable(self, error: FormatError) -> bytes | None:
        """A format error goes back if the sender can be told what it concerns."""
        self._nonsense += 1
        log.warning("cannot read a message from %s: %s", self._peer, error)
        readable = error.readable
        self._record_unreadable(readable)
        answer_type = dialogue.ANSWER_TYPES.get(readable.mti) if readable else None
        if readable is None or answer_type is None:
            return None
        refusal = Refusal.FORMAT_ERROR
        fields = answer_fields(readable, REFUSAL_CODES[refusal], refusal.value)
        answer = IsoMessage(answer_type, fields)
        terminal = self._terminal_of(readable)
        return encode(answer) if terminal is None else self._seal(answer, terminal)

    def _seal(self, answer: IsoMessage, terminal: int) -> bytes:
        return self._channel.keys.of_terminal(terminal).mac.seal(answer)

    def _terminal_of(self, readable: IsoMessage) -> int | None:
        number = terminal_number(readable[f.TERMINAL])
        return self.terminal if number is None else number

    def _record_unreadable(self, readable: IsoMessage | None) -> None:
        terminal = self._terminal_of(readable) if readable else self.terminal
        now = self._channel.now_us()
        self._channel.attempts.record(
            Attempt(
                attempt_id=self._channel.ids.next_id(),
                at=now,
                answered_at=now,
                channel=CHANNEL,
                origin="" if terminal is None else terminal_id(terminal),
                operation="",
                product="",
                account=0,
                amount=0,
                key="",
                kind="declined",
                code=Refusal.FORMAT_ERROR.value,
                error_class="D",
            )
        )


def _sender(message: IsoMessage) -> int:
    """The terminal that the message names; ``FormatError`` if it is not for us."""
    if message.mti not in dialogue.ANSWER_TYPES:
        raise FormatError(f.MESSAGE_TYPE, 0, "a message type that is not read here", message)
    terminal = terminal_number(message[f.TERMINAL])
    if terminal is None:
        raise FormatError(f.TERMINAL, 0, "a terminal is eight digits", message)
    return terminal
