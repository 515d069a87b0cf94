"""One machine, one scripted bank and the line between them, in virtual time."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

from tanada.base.clock import JST
from tanada.base.randomness import Randomness
from tanada.base.seams import Seams, simulated_seams
from tanada.base.simulated_network import Latency, SimulatedNetwork
from tanada.base.simulation import SimulatedLoop
from tanada.channels.atm.keys import AtmKeys
from tanada.counterparts.host_line import HostLine
from tanada.counterparts.terminal import State, Terminal
from tanada.counterparts.visits import BOTH, Holder, Media, Visit, Wish
from tests.counterparts.scripted_bank import ADDRESS, ScriptedBank

T = TypeVar("T")

SUNDAY_MORNING = datetime(2021, 2, 28, 9, 0, tzinfo=JST)
START_CASH = 5_000_000
HOLDER = Holder(card=9392001100000107, pin="4711", account=11000000100000, customer=1)


def seams_of(loop: SimulatedLoop, seed: int = 1) -> Seams:
    return simulated_seams(loop, seed, SUNDAY_MORNING, Latency(0.01, 0.005))


def visit(
    wish: Wish = Wish.WITHDRAWAL, amount: int = 10_000, media: Media = BOTH, number: int = 1
) -> Visit:
    moved = amount if wish in {Wish.WITHDRAWAL, Wish.DEPOSIT, Wish.TIME_DEPOSIT} else 0
    term = 12 if wish is Wish.TIME_DEPOSIT else 0
    return Visit(number, 0.0, wish, HOLDER, media, moved, term)


class AtmWorld:
    """Machine 7 on its line to a scripted bank; ``run`` lets virtual time pass."""

    def __init__(self, rule: str = "keeps-all") -> None:
        self.loop = SimulatedLoop()
        self.states: list[tuple[State, State]] = []
        self.seams = seams_of(self.loop)
        assert isinstance(self.seams.network, SimulatedNetwork)
        self.network = self.seams.network
        self.keys = AtmKeys.generate(Randomness(5))
        self.bank = ScriptedBank(self.seams, self.keys, rule)
        self.line = HostLine(self.seams, ADDRESS, 7, self.keys)
        self.terminal = Terminal(7, self.line, cash=START_CASH, watcher=self._watch)
        self.run(self.bank.open())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    def close(self) -> None:
        self.run(self.line.close())
        self.wait(1.0)
        self.loop.close()

    @property
    def ledger_cash(self) -> int:
        """What the bank's books say is in the machine, yen."""
        return START_CASH + self.bank.atm_cash["00000007"]

    def _watch(self, terminal: Terminal, before: State) -> None:
        self.states.append((before, terminal.state))
