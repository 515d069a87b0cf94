"""A run as a table for people."""

from collections.abc import Iterator, Sequence

from benchmarks.figures import Figures, Machine, Rate, ratios


def table(figures: Figures) -> str:
    """All figures, then the ratios with their targets."""
    return "\n".join(
        [*_machine(figures.machine), *_rates(figures), *_bulk(figures), *_met(figures)]
    )


def _machine(machine: Machine) -> Iterator[str]:
    yield (
        f"{machine.cores} cores, {machine.memory_mib} MiB, {machine.system}, "
        f"PostgreSQL {machine.postgresql}, fsync {machine.fsync}, Python {machine.python}"
    )


def _rates(figures: Figures) -> Iterator[str]:
    yield f"{'':34}{'clients':>8}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}"
    yield from series("pgbench TPC-B (p50: mean)", figures.tpcb.plain)
    yield from series("the same with prepared statements", figures.tpcb.prepared)
    yield from series("link alone", figures.link)
    yield from series("cash deposits, one compartment", figures.commands)
    yield from series("also withdrawals, card and PIN", [figures.with_card])
    yield from series("cash deposits on 10 hot accounts", [figures.hot])
    yield from series("ATM transactions over ISO 8583", figures.atm)
    yield from series("paced commands, quiet", [figures.neighbours.quiet])
    yield from series("paced commands beside a job", [figures.neighbours.beside_job])


def series(name: str, rates: Sequence[Rate]) -> Iterator[str]:
    """A line for each rate, the first one with the name."""
    for rate in rates:
        p99 = f"{rate.p99_ms:9.2f}" if rate.p99_ms else " " * 9
        yield f"{name:34}{rate.clients:8}{rate.per_second:12,.0f}{rate.p50_ms:9.2f}{p99}"
        name = ""


def _bulk(figures: Figures) -> Iterator[str]:
    bulk = figures.bulk
    yield (
        f"bulk posting: {bulk.items:,} items in {bulk.job_s:.1f} s "
        f"({bulk.items / bulk.job_s:,.0f}/s)"
    )
    yield f"  COPY of the {bulk.rows_inserted:,} added rows: {bulk.copy_inserted_s:.1f} s"
    yield f"  COPY of all {bulk.rows_all:,} written rows: {bulk.copy_all_s:.1f} s"


def _met(figures: Figures) -> Iterator[str]:
    for ratio in ratios(figures):
        bound = "<=" if ratio.at_most else ">="
        mark = "met" if ratio.reached else "not met"
        yield (
            f"{ratio.name + ' / ' + ratio.against:64}{ratio.value:6.2f} x"
            f"   {bound} {ratio.target:g}   {mark}"
        )
