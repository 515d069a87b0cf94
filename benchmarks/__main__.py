"""Run all measures, one after the other, on one bank and one server: `make bench`."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.atm import measure_atm
from benchmarks.bank import Bench, open_bank, prepared_bench
from benchmarks.bulk import measure_bulk, measure_neighbours
from benchmarks.chart import draw
from benchmarks.commands import Holder, holders_of, measure_commands
from benchmarks.figures import Figures, Rate, describe_machine, ratios
from benchmarks.link import measure_link
from benchmarks.report import series, table
from benchmarks.tpcb import measure_tpcb

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "benchmarks" / "results"
HOT_ACCOUNTS = 10


@dataclass(frozen=True)
class Extent:
    """How long and how large the measures are; times in seconds."""

    customers: int
    items: int
    beside_items: int
    tpcb_scale: int
    tpcb_s: int
    commands_s: float
    atm_s: float
    link_s: float
    steady_s: float
    commands_clients: tuple[int, ...] = (1, 8, 32, 128, 512)
    atm_machines: tuple[int, ...] = (1, 32, 100)
    tpcb_clients: tuple[int, ...] = (8, 16, 32)


FULL = Extent(
    customers=100_000,
    items=700_000,
    beside_items=250_000,
    tpcb_scale=50,
    tpcb_s=10,
    commands_s=10.0,
    atm_s=10.0,
    link_s=3.0,
    steady_s=8.0,
)
QUICK = Extent(
    customers=10_000,
    items=20_000,
    beside_items=100_000,
    tpcb_scale=10,
    tpcb_s=3,
    commands_s=3.0,
    atm_s=3.0,
    link_s=1.0,
    steady_s=2.0,
    commands_clients=(1, 32, 512),
    atm_machines=(32,),
)


async def measure(bench: Bench, extent: Extent) -> Figures:
    """All measures in their order; the yardstick first, on a server that is still cool."""
    _say("pgbench TPC-B")
    tpcb = measure_tpcb(bench.server, extent.tpcb_clients, extent.tpcb_s, extent.tpcb_scale)
    _tell([*tpcb.plain, *tpcb.prepared])
    _say("the link alone")
    link = await measure_link(bench, (1, 32, 512), extent.link_s)
    _tell(link)
    holders = holders_of(bench, extent.customers)
    by_passbook = [Holder(each.account, card=0, pin_proof=b"") for each in holders]
    async with open_bank(bench):
        _say("commands through a compartment")
        commands = [
            await measure_commands(
                bench, by_passbook, clients, extent.commands_s, tag=f"commands{clients}"
            )
            for clients in extent.commands_clients
        ]
        most = max(extent.commands_clients)
        with_card = await measure_commands(bench, holders, most, extent.commands_s, tag="card")
        hot = await measure_commands(
            bench, by_passbook[:HOT_ACCOUNTS], most, extent.commands_s, tag="hot"
        )
        _tell([*commands, with_card, hot])
        _say("ATM transactions over ISO 8583")
        atm = await measure_atm(bench, extent.atm_machines, extent.atm_s)
        _tell(atm)
        _say(f"bulk posting of {extent.items:,} items")
        bulk = await asyncio.to_thread(measure_bulk, bench, extent.items)
        _say("customers beside a job")
        neighbours = await measure_neighbours(bench, holders, extent.beside_items, extent.steady_s)
    return Figures(
        machine=describe_machine(bench.server.url),
        tpcb=tpcb,
        link=link,
        commands=tuple(commands),
        with_card=with_card,
        hot=hot,
        atm=atm,
        bulk=bulk,
        neighbours=neighbours,
    )


def main() -> None:
    """Measure, print the table, write JSON and SVG."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute's run, for a first idea")
    parser.add_argument("--items", type=int, help="items of the bulk posting")
    parser.add_argument("--customers", type=int, help="customers of the bank")
    parser.add_argument(
        "--publish", action="store_true", help="write docs/bench.json and docs/pictures/bench.svg"
    )
    given = parser.parse_args()
    extent = QUICK if given.quick else FULL
    items, customers = given.items or extent.items, given.customers or extent.customers
    extent = Extent(**{**vars(extent), "items": items, "customers": customers})
    _say(f"a bank with {customers:,} customers and {items + extent.beside_items:,} time deposits")
    with prepared_bench(customers, items + extent.beside_items) as bench:
        figures = asyncio.run(measure(bench, extent))
    print(table(figures))
    _write(figures, RESULTS / "bench.json", RESULTS / "bench.svg")
    if given.publish:
        _write(figures, PROJECT / "docs/bench.json", PROJECT / "docs/pictures/bench.svg")


def _write(figures: Figures, data: Path, picture: Path) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    picture.parent.mkdir(parents=True, exist_ok=True)
    found = {"ratios": ratios(figures), "figures": figures}
    data.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    picture.write_text(draw(ratios(figures), figures.machine), encoding="utf-8")
    print(f"written: {data} and {picture}")


def _tell(rates: Sequence[Rate]) -> None:
    print("\n".join(series("", rates)), flush=True)


def _say(what: str) -> None:
    print(f"bench: {what}", flush=True)


if __name__ == "__main__":
    main()
