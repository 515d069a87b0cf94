"""Load: machines that do one transaction after the other, as fast as the bank answers.

A closed loop: each machine has one request under way, so the number of machines is the number of
requests that the bank sees at a time. Withdrawals and deposits of the same sum take turns, so that
a bank of any size can be loaded for any time.
"""

import asyncio
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tanada.base.seams import Seams
from tanada.channels.atm.keys import AtmKeys
from tanada.counterparts.customers import CardSource
from tanada.counterparts.host_line import HostLine
from tanada.counterparts.terminal import State, Terminal
from tanada.counterparts.visits import CARD, Visit, Wish

LOAD_YEN: Final = 10_000
LOAD_CASH_YEN: Final = 10_000_000
"""What each machine holds at the start; it never gets far from it."""
MONEY_WISHES: Final = frozenset({Wish.WITHDRAWAL, Wish.DEPOSIT})


@dataclass(frozen=True)
class LoadReport:
    """What a load run measured. ``outcomes`` counts visits by kind and code, all of them.

    Only accepted visits count for the rate and the quantiles of the time to the answer.
    """

    terminals: int
    seconds: float
    accepted: int
    outcomes: dict[tuple[str, str], int]
    p50_ms: float
    p99_ms: float
    last_stan: int
    """Highest trace number used: where the next run with the same machines goes on."""

    @property
    def per_second(self) -> float:
        """Accepted transactions a second."""
        return self.accepted / self.seconds if self.seconds else 0.0


async def run_load(
    seams: Seams,
    gateway_address: str,
    keys: AtmKeys,
    cards: CardSource,
    *,
    terminals: Sequence[int],
    seconds: float,
    wishes: Sequence[Wish] = (Wish.WITHDRAWAL, Wish.DEPOSIT),
    last_stan: int = 0,
) -> LoadReport:
    """Load the gateway for ``seconds``, with the machines of these numbers.

    Each machine has customers of its own out of ``cards``, and begins after ``last_stan``: a trace
    number is used once a day, or the bank takes the request for a repeat. The clock starts when
    all have signed on and stops when the last answer is in.

    Raises:
        HostOutOfReach: a machine could not sign on.
    """
    assert len(cards) >= len(terminals), "each machine needs a customer of its own"
    machines = [
        _Machine(
            Terminal(
                number,
                HostLine(seams, gateway_address, number, keys, last_stan=last_stan),
                cash=LOAD_CASH_YEN,
            ),
            cards[place :: len(terminals)],
            wishes,
        )
        for place, number in enumerate(terminals)
    ]
    try:
        await asyncio.gather(*(machine.terminal.line.sign_on() for machine in machines))
        return await _measure(seams, machines, seconds)
    finally:
        await asyncio.gather(*(machine.terminal.line.close() for machine in machines))


async def _measure(seams: Seams, machines: Sequence["_Machine"], seconds: float) -> LoadReport:
    clock = seams.clock
    begins = clock.monotonic()
    tally = _Tally()
    await asyncio.gather(*(machine.work(seams, begins + seconds, tally) for machine in machines))
    took = clock.monotonic() - begins
    waits = sorted(tally.waits_s)
    return LoadReport(
        terminals=len(machines),
        seconds=took,
        accepted=len(waits),
        outcomes=dict(tally.outcomes),
        p50_ms=_quantile_ms(waits, 500),
        p99_ms=_quantile_ms(waits, 990),
        last_stan=max(machine.terminal.line.last_stan for machine in machines),
    )


class _Tally:
    """What all machines of a run measure together."""

    def __init__(self) -> None:
        self.waits_s = array("d")
        self.outcomes: Counter[tuple[str, str]] = Counter()


class _Machine:
    """One machine and the customers who take turns at it."""

    def __init__(self, terminal: Terminal, holders: CardSource, wishes: Sequence[Wish]) -> None:
        self.terminal = terminal
        self._holders = holders
        self._wishes = wishes

    async def work(self, seams: Seams, ends: float, tally: _Tally) -> None:
        """One visit after the other until ``ends`` on the monotonic clock, or until it stops."""
        clock, terminal = seams.clock, self.terminal
        number = 0
        begins = clock.monotonic()
        while begins < ends and terminal.state is State.READY:
            result = await terminal.perform(self._visit(number))
            number += 1
            answered = clock.monotonic()
            tally.outcomes[result.kind, result.code] += 1
            if result.kind == "accepted":
                tally.waits_s.append(answered - begins)
            begins = answered

    def _visit(self, number: int) -> Visit:
        # Each customer goes through all wishes before the next one comes.
        turn, step = divmod(number, len(self._wishes))
        wish = self._wishes[step]
        holder = self._holders[turn % len(self._holders)]
        amount = LOAD_YEN if wish in MONEY_WISHES else 0
        return Visit(number + 1, 0.0, wish, holder, CARD, amount)


def _quantile_ms(ordered: Sequence[float], permille: int) -> float:
    """The value below which ``permille`` of 1,000 lie; 0.0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, len(ordered) * permille // 1000)] * 1000
