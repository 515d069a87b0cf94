"""Machines against the gateway over ISO 8583 sockets: deposits and withdrawals in turn.

The machines are the counterparts of the drills, in a process of their own
(`python -m benchmarks.atm`): PIN blocks, MACs and the state machine of a terminal included.
"""

from pathlib import Path

import msgspec
import uvloop

from benchmarks.bank import Bench
from benchmarks.children import read_order, run_child, write_result
from benchmarks.figures import Rate
from tanada.app.places import Places
from tanada.app.preparation import TERMINALS, open_keys, population_of_bank
from tanada.base.seams import live_seams
from tanada.counterparts.load import run_load
from tanada.counterparts.visits import Holder

CARDS_A_MACHINE = 200
"""So many that none reaches its limit of the day within a run."""
EXPECTED = {"accepted ok", "declined insufficient_funds"}


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the machines are to do; trace numbers go on after ``last_stan``."""

    root: str
    machines: int
    seconds: float
    last_stan: int


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What the machines measured, and the highest trace number that they used."""

    rate: Rate
    last_stan: int
    outcomes: dict[str, int]


async def measure_atm(bench: Bench, machines: tuple[int, ...], seconds: float) -> tuple[Rate, ...]:
    """Accepted transactions a second at each number of machines."""
    rates, last_stan = [], 0
    for count in machines:
        order = Order(
            root=str(bench.places.root), machines=count, seconds=seconds, last_stan=last_stan
        )
        done = await run_child("benchmarks.atm", order, Done)
        # Some customers own less than they ask for; that is theirs, and not counted in the rate.
        assert set(done.outcomes) <= EXPECTED, done.outcomes
        rates.append(done.rate)
        last_stan = done.last_stan
    return tuple(rates)


async def _run(order: Order) -> Done:
    assert order.machines <= len(TERMINALS), "the bank has no more machines"
    places = Places(Path(order.root))
    bank = places.load()
    population = population_of_bank(bank)
    number = min(bank.customers, order.machines * CARDS_A_MACHINE)
    residents = [population.resident(each) for each in range(1, number + 1)]
    cards = [Holder(each.card, each.pin, each.account, each.customer) for each in residents]
    report = await run_load(
        live_seams(worker_threads=1),
        bank.atm_address,
        open_keys(places),
        cards,
        terminals=TERMINALS[: order.machines],
        seconds=order.seconds,
        last_stan=order.last_stan,
    )
    rate = Rate(
        clients=order.machines,
        per_second=report.per_second,
        p50_ms=report.p50_ms,
        p99_ms=report.p99_ms,
    )
    outcomes = {f"{kind} {code}": count for (kind, code), count in report.outcomes.items()}
    return Done(rate=rate, last_stan=report.last_stan, outcomes=outcomes)


if __name__ == "__main__":
    write_result(uvloop.run(_run(read_order(Order))))
