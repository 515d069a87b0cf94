"""Commands through a compartment: cash deposits and withdrawals, over the link.

The clients run in a process of their own (`python -m benchmarks.commands`), each with one command
under way: a closed loop. Who has a card deposits and withdraws one sum in turn, with card and PIN;
who has none deposits with the passbook.
"""

import asyncio
from itertools import count
from time import perf_counter, time
from typing import Final

import msgspec
import uvloop

from benchmarks.bank import COMPARTMENT, Bench
from benchmarks.children import quantile_ms, read_order, run_child, write_result
from benchmarks.figures import Rate
from tanada.app.preparation import TERMINALS, open_keys
from tanada.base.link import LinkClient
from tanada.base.network import LiveNetwork
from tanada.customers.demonstration import Resident
from tanada.customers.pin import pin_proof
from tanada.operations.commands import MICROSECONDS, Command, Outcome
from tanada.products.deposits.commands import DepositCash, WithdrawCash

SUM_YEN: Final = 1
"""So little that no card reaches its limit of the day."""
DAY_US: Final = 86_400 * MICROSECONDS
TIMEOUT_S: Final = 30.0


class Holder(msgspec.Struct, frozen=True):
    """A customer with card and the proof of the PIN; ``card`` 0: with the passbook alone."""

    account: int
    card: int
    pin_proof: bytes


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a load generator is to do. ``pause_s`` lies between a client's commands."""

    address: str
    tag: str
    clients: int
    seconds: float
    warm_up_s: float
    pause_s: float
    holders: list[Holder]
    now_us: int


def holders_of(bench: Bench, number: int) -> list[Holder]:
    """The first customers, as their gateway knows them."""
    pvk = open_keys(bench.places).pvk
    residents = [bench.population.resident(each) for each in range(1, number + 1)]
    return [_holder(resident, pvk) for resident in residents]


def _holder(resident: Resident, pvk: bytes) -> Holder:
    proof = pin_proof(pvk, resident.card, resident.pin)
    return Holder(resident.account, resident.card, proof)


async def measure_commands(
    bench: Bench,
    holders: list[Holder],
    clients: int,
    seconds: float,
    *,
    tag: str,
    pause_s: float = 0.0,
) -> Rate:
    """Commands a second with so many clients; each run needs a ``tag`` of its own for its keys."""
    order = Order(
        address=bench.places.address(COMPARTMENT),
        tag=tag,
        clients=clients,
        seconds=seconds,
        warm_up_s=min(1.0, seconds / 4),
        pause_s=pause_s,
        holders=holders,
        now_us=int(time() * MICROSECONDS),
    )
    return await run_child("benchmarks.commands", order, Rate)


class _Load:
    """The clients of one process."""

    def __init__(self, order: Order, link: LinkClient, now_us: int) -> None:
        self._order = order
        self._link = link
        self._now_us = now_us
        self._numbers = count()
        self._begins = perf_counter() + order.warm_up_s
        self._ends = self._begins + order.seconds
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Outcome)
        self.waits: list[float] = []

    async def client(self, place: int) -> None:
        """One client until the end; a command that is not accepted ends the measurement."""
        order = self._order
        await asyncio.sleep(order.pause_s * place / order.clients)
        for turn in count():
            holder = order.holders[(place + turn // 2 * order.clients) % len(order.holders)]
            asked = perf_counter()
            if asked >= self._ends:
                return
            body = self._encoder.encode(
                self._command(holder, turn % 2 == 0 or not holder.card, place)
            )
            outcome = self._decoder.decode(await self._link.call(body, TIMEOUT_S))
            assert outcome.kind == "accepted", outcome
            answered = perf_counter()
            if self._begins <= answered <= self._ends:
                self.waits.append(answered - asked)
            if order.pause_s:
                await asyncio.sleep(order.pause_s)

    def _command(self, holder: Holder, is_deposit: bool, place: int) -> Command:
        common = {
            "key": f"{self._order.tag}-{next(self._numbers)}",
            "channel": "atm",
            "origin": "benchmark",
            "made_at": self._now_us,
            "deadline": self._now_us + DAY_US,
            "account": holder.account,
            "amount": SUM_YEN,
            "terminal": TERMINALS[place % len(TERMINALS)],
            "card": holder.card,
        }
        if is_deposit:
            return DepositCash(**common)  # type: ignore[arg-type]  # the fields above, by name
        return WithdrawCash(pin_proof=holder.pin_proof, **common)  # type: ignore[arg-type]


async def _run(order: Order, now_us: int) -> Rate:
    link = LinkClient(LiveNetwork(), order.address)
    load = _Load(order, link, now_us)
    await asyncio.gather(*(load.client(place) for place in range(order.clients)))
    await link.close()
    waits = sorted(load.waits)
    return Rate(
        clients=order.clients,
        per_second=len(waits) / order.seconds,
        p50_ms=quantile_ms(waits, 500),
        p99_ms=quantile_ms(waits, 990),
    )


if __name__ == "__main__":
    given = read_order(Order)
    write_result(uvloop.run(_run(given, given.now_us)))
