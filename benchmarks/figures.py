"""What a run of the benchmarks found, in the form in which it is written down."""

import os
import platform

import msgspec

from tanada.base.database import connect


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where the figures were measured; they do not travel to another machine."""

    cores: int
    memory_mib: int
    system: str
    python: str
    postgresql: str
    fsync: str
    synchronous_commit: str


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """So many a second with so many clients, and the time to an answer in milliseconds."""

    clients: int
    per_second: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0


class Tpcb(msgspec.Struct, frozen=True, kw_only=True):
    """pgbench's TPC-B: with its default, the simple protocol, and with prepared statements."""

    plain: tuple[Rate, ...]
    prepared: tuple[Rate, ...]


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """A job's items against raw COPY of the rows that it wrote, in seconds.

    ``copy_inserted_s`` copies the rows that were added; ``copy_all_s`` also those it changed.
    """

    items: int
    job_s: float
    copy_inserted_s: float
    copy_all_s: float
    rows_inserted: int
    rows_all: int


class Neighbours(msgspec.Struct, frozen=True, kw_only=True):
    """Customers' commands at a steady pace, alone and while a job posts."""

    quiet: Rate
    beside_job: Rate


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured in one run."""

    machine: Machine
    tpcb: Tpcb
    link: tuple[Rate, ...]
    commands: tuple[Rate, ...]
    with_card: Rate
    hot: Rate
    atm: tuple[Rate, ...]
    bulk: Bulk
    neighbours: Neighbours

    @property
    def best_tpcb(self) -> float:
        """Transactions a second of plain pgbench at its best number of clients."""
        return max(rate.per_second for rate in self.tpcb.plain)


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """One measure against its yardstick. ``at_most`` turns the target round."""

    name: str
    against: str
    value: float
    target: float
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.value <= self.target if self.at_most else self.value >= self.target


def ratios(figures: Figures) -> list[Ratio]:
    """What counts: each measure divided by what PostgreSQL alone does on the same machine."""
    tpcb = figures.best_tpcb
    busiest = max(figures.commands, key=lambda rate: rate.clients)
    best_atm = max(rate.per_second for rate in figures.atm)
    bulk, neighbours = figures.bulk, figures.neighbours
    return [
        Ratio(
            name=f"cash deposits, {busiest.clients} clients",
            against="pgbench TPC-B",
            value=busiest.per_second / tpcb,
            target=8.0,
        ),
        Ratio(
            name="deposits and withdrawals with card and PIN",
            against="pgbench TPC-B",
            value=figures.with_card.per_second / tpcb,
            target=8.0,
        ),
        Ratio(
            name=f"10 hot accounts, {figures.hot.clients} clients",
            against="pgbench TPC-B",
            value=figures.hot.per_second / tpcb,
            target=6.0,
        ),
        Ratio(
            name="ATM withdrawals over ISO 8583",
            against="pgbench TPC-B",
            value=best_atm / tpcb,
            target=1.5,
        ),
        Ratio(
            name=f"bulk posting, {bulk.items:,} items",
            against="COPY of the added rows",
            value=bulk.copy_inserted_s / bulk.job_s,
            target=0.5,
        ),
        Ratio(
            name="online p99 while a job posts",
            against="quiet p99",
            value=neighbours.beside_job.p99_ms / neighbours.quiet.p99_ms,
            target=2.0,
            at_most=True,
        ),
    ]


def describe_machine(url: str) -> Machine:
    """The machine and the server behind ``url``."""
    with connect(url, application="benchmarks") as connection:
        row = connection.execute(
            "select current_setting('server_version'), current_setting('fsync'),"
            " current_setting('synchronous_commit')"
        ).fetchone()
    assert row is not None, "a select of settings has a row"
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cores=os.cpu_count() or 1,
        memory_mib=pages * page_bytes // 1024**2,
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=platform.python_version(),
        postgresql=row[0],
        fsync=row[1],
        synchronous_commit=row[2],
    )
