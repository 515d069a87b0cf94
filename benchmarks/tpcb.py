"""The yardstick: pgbench's TPC-B on the same server, plain as anyone runs it, and prepared."""

import re
import subprocess

from benchmarks.figures import Rate, Tpcb
from tanada.base.database import connect
from tanada.base.postgres import PostgresServer

SCALE = 50
DATABASE = "pgbench"
THREADS = 2

_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^latency average = ([0-9.]+) ms", re.MULTILINE)


def measure_tpcb(
    server: PostgresServer, clients: tuple[int, ...], seconds: int, scale: int = SCALE
) -> Tpcb:
    """Transactions a second at each number of clients; the database is dropped afterwards."""
    with connect(server.url, application="benchmarks", statement_timeout_ms=0) as connection:
        connection.execute(f"create database {DATABASE}")
        try:
            _run(server, "-i", "-q", "-s", str(scale))
            connection.execute("checkpoint")
            return Tpcb(
                plain=tuple(_rate(server, "simple", count, seconds) for count in clients),
                prepared=tuple(_rate(server, "prepared", count, seconds) for count in clients),
            )
        finally:
            connection.execute(f"drop database {DATABASE} with (force)")


def _rate(server: PostgresServer, protocol: str, clients: int, seconds: int) -> Rate:
    said = _run(server, "-M", protocol, "-c", str(clients), "-j", str(THREADS), "-T", str(seconds))
    tps, latency = _TPS.search(said), _LATENCY.search(said)
    assert tps is not None and latency is not None, f"pgbench said something new:\n{said}"
    return Rate(clients=clients, per_second=float(tps[1]), p50_ms=float(latency[1]))


def _run(server: PostgresServer, *options: str) -> str:
    command = [str(server.binaries / "pgbench"), *options, server.url_of(DATABASE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"pgbench failed:\n{done.stderr}"
    return done.stdout
