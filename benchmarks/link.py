"""The framed link alone: round trips of a small body between two processes.

The server's side runs in the benchmark's own process, the clients in `python -m benchmarks.link`.
"""

import asyncio
from time import perf_counter
from typing import Final

import msgspec
import uvloop

from benchmarks.bank import Bench
from benchmarks.children import quantile_ms, read_order, run_child, write_result
from benchmarks.figures import Rate
from tanada.base.link import LinkClient, LinkServer
from tanada.base.network import LiveNetwork

BODY_BYTES: Final = 200
"""As long as a command."""
TIMEOUT_S: Final = 10.0


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the calling process is to do."""

    address: str
    clients: int
    seconds: float


async def measure_link(bench: Bench, clients: tuple[int, ...], seconds: float) -> tuple[Rate, ...]:
    """Round trips a second at each number of calls under way."""
    address = bench.places.address("echo")
    server = await LinkServer.start(LiveNetwork(), address, lambda body, reply: reply(body))
    try:
        return tuple(
            [
                await run_child(
                    "benchmarks.link",
                    Order(address=address, clients=count, seconds=seconds),
                    Rate,
                )
                for count in clients
            ]
        )
    finally:
        await server.close()


async def _run(order: Order) -> Rate:
    link = LinkClient(LiveNetwork(), order.address)
    body = b"x" * BODY_BYTES
    ends = perf_counter() + order.seconds
    waits: list[float] = []

    async def client() -> None:
        while (asked := perf_counter()) < ends:
            await link.call(body, TIMEOUT_S)
            waits.append(perf_counter() - asked)

    await asyncio.gather(*(client() for _ in range(order.clients)))
    await link.close()
    waits.sort()
    return Rate(
        clients=order.clients,
        per_second=len(waits) / order.seconds,
        p50_ms=quantile_ms(waits, 500),
        p99_ms=quantile_ms(waits, 990),
    )


if __name__ == "__main__":
    write_result(uvloop.run(_run(read_order(Order))))
