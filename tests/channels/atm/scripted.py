"""The two sides of the gateway for its tests: a door that answers as told, and a terminal."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from tanada.base.clock import JST, LiveClock
from tanada.base.ids import IdSource
from tanada.base.network import LiveNetwork
from tanada.base.randomness import Randomness
from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import NETWORK, SIGN_ON, Transaction
from tanada.channels.atm.exchange import AtmChannel
from tanada.channels.atm.gateway import LIMITS, AtmGateway, GatewayLimits
from tanada.channels.atm.keys import AtmKeys, terminal_id
from tanada.channels.atm.messages import IsoMessage, decode, frame, read_frame
from tanada.channels.atm.private_data import write_tags
from tanada.controls.custody import CustodyMatrix, parse_custody
from tanada.customers.card_numbers import card_number
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Outcome, Reverse, outcome_of
from tanada.products.deposits.commands import CashPosted
from tanada.watch.attempts import Attempt
from tests.tidy_rules import ROOT

KEYS = AtmKeys.generate(Randomness(8583))
CARD = card_number(101, 1234567)
ACCOUNT = 101_1_1234567_000
PIN = "4649"
TERMINAL = 42
CUSTODY_TEXT = (ROOT / "policies" / "custody.toml").read_text(encoding="utf-8")

Reply = Callable[[Command], Outcome | Exception]


def custody(version: str = "2021-05") -> CustodyMatrix:
    return parse_custody(CUSTODY_TEXT, "custody.toml")[version]


def accepted(command: Command) -> Outcome:
    return outcome_of(command.key, Code.OK, CashPosted(balance=90_000))


class ScriptedDoor:
    """Answers every command with what ``reply`` says, and remembers what it was asked."""

    def __init__(self, reply: Reply = accepted) -> None:
        self.reply = reply
        self.commands: list[Command] = []
        self.abandons: list[Reverse | None] = []
        self.repeated: list[bool] = []
        self.gate: asyncio.Event | None = None

    async def submit(
        self, command: Command, *, abandon: Reverse | None = None, repeated: bool = False
    ) -> Outcome:
        self.commands.append(command)
        self.abandons.append(abandon)
        self.repeated.append(repeated)
        if self.gate is not None:
            await self.gate.wait()
        outcome = self.reply(command)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Kept:
    """Attempts in the order in which they were recorded."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []

    def record(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)

    def settle(self, key: str, kind: str, code: str) -> None:
        raise AssertionError("the gateway settles nothing")


class StillClock(LiveClock):
    """Civil time stands still, so that dates in tests are certain; the rest can be put ahead."""

    ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 13, 17, tzinfo=JST)


def channel(
    door: ScriptedDoor, kept: Kept, version: str = "2021-05", clock: StillClock | None = None
) -> AtmChannel:
    clock = clock or StillClock()
    return AtmChannel(door, kept, custody(version), KEYS, clock, IdSource(clock, 1))


def request(
    transaction: Transaction = Transaction.WITHDRAWAL,
    *,
    terminal: int = TERMINAL,
    stan: int = 1,
    amount: int = 10_000,
    media: str = "C",
    tags: dict[str, str] | None = None,
    without: Sequence[int] = (),
    **changed: Any,
) -> IsoMessage:
    """A financial request; ``f52="..."`` and the like replace a field."""
    block = KEYS.of_terminal(terminal).pin.encipher(PIN, CARD)
    fields = {
        f.PAN: str(CARD),
        f.PROCESSING_CODE: transaction.processing_code,
        f.AMOUNT: f"{amount:012d}",
        f.SENT_AT: "1122131700",
        f.STAN: f"{stan:06d}",
        f.LOCAL_TIME: "131700",
        f.LOCAL_DATE: "1122",
        f.TERMINAL: terminal_id(terminal),
        f.PRIVATE: write_tags({"MD": media} | (tags or {})),
        f.CURRENCY: "392",
        f.PIN_BLOCK: block.hex().upper(),
    }
    fields |= {int(name[1:]): value for name, value in changed.items() if name != "mti"}
    kept = {number: value for number, value in fields.items() if number not in without}
    return IsoMessage(changed.get("mti", "0200"), kept)


def network(code: str = SIGN_ON, terminal: int = TERMINAL) -> IsoMessage:
    fields = {
        f.SENT_AT: "1122131700",
        f.STAN: "000900",
        f.TERMINAL: terminal_id(terminal),
        f.NETWORK_CODE: code,
    }
    return IsoMessage(NETWORK, fields)


def sealed(message: IsoMessage, terminal: int = TERMINAL) -> bytes:
    return KEYS.of_terminal(terminal).mac.seal(message)


def opened(raw: bytes | None, terminal: int = TERMINAL) -> IsoMessage:
    """The answer in ``raw``, its MAC checked."""
    assert raw is not None, "there was no answer"
    message = decode(raw)
    assert KEYS.of_terminal(terminal).mac.verifies(raw, message)
    return message


class Machine:
    """A terminal's end of a real socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, raw: bytes) -> None:
        self.writer.write(frame(raw))

    async def receive(self) -> bytes | None:
        return await asyncio.wait_for(read_frame(self.reader), 5)

    async def ask(self, message: IsoMessage, terminal: int = TERMINAL) -> IsoMessage:
        self.send(sealed(message, terminal))
        return opened(await self.receive(), terminal)

    async def is_cut(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(1), 5) == b""
        except ConnectionError:
            return True


class Street:
    """A running gateway, and machines that connect to it."""

    def __init__(
        self, gateway: AtmGateway, door: ScriptedDoor, kept: Kept, clock: StillClock
    ) -> None:
        self.gateway, self.door, self.kept, self.clock = gateway, door, kept, clock
        self.machines: list[Machine] = []

    async def machine(self, terminal: int | None = None) -> Machine:
        """A new connection; signed on if ``terminal`` is given."""
        machine = Machine(*await LiveNetwork().connect(self.gateway.address))
        self.machines.append(machine)
        if terminal is not None:
            answer = await machine.ask(network(terminal=terminal), terminal)
            assert answer[f.RESPONSE_CODE] == "00"
        return machine


@asynccontextmanager
async def street(limits: GatewayLimits = LIMITS, reply: Reply = accepted) -> AsyncIterator[Street]:
    door, kept, clock = ScriptedDoor(reply), Kept(), StillClock()
    bank = channel(door, kept, clock=clock)
    gateway = await AtmGateway.start(LiveNetwork(), "tcp://127.0.0.1:0", bank, limits)
    here = Street(gateway, door, kept, clock)
    try:
        yield here
    finally:
        for machine in here.machines:
            machine.writer.close()
        await gateway.close()
