"""The worlds in which the seams are tested: the same test runs in each."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import uvloop

from tanada.base.clock import JST
from tanada.base.network import Network
from tanada.base.seams import Seams, live_seams, simulated_seams
from tanada.base.simulated_network import Latency, SimulatedNetwork
from tanada.base.simulation import SimulatedLoop, run_simulated

T = TypeVar("T")

EPOCH = datetime(2021, 2, 28, 9, 45, tzinfo=JST)
ANY_ADDRESS = "tcp://127.0.0.1:0"


@dataclass(frozen=True)
class World:
    """One way to run a coroutine that is handed the seams."""

    name: str

    def run(self, main: Callable[[Seams], Coroutine[Any, Any, T]]) -> T:
        if self.name == "simulated":
            return in_simulation(main)
        seams = live_seams(worker_threads=2, seed=1)
        factory = uvloop.new_event_loop if self.name == "uvloop" else asyncio.new_event_loop
        try:
            with asyncio.Runner(loop_factory=factory) as runner:
                return runner.run(main(seams))
        finally:
            seams.workers.close()


def in_simulation(
    main: Callable[[Seams], Coroutine[Any, Any, T]],
    *,
    seed: int = 1,
    latency: Latency = Latency(0.010, 0.005),  # noqa: B008 -- frozen
) -> T:
    """Run ``main`` in a simulated world whose lines take 10 to 15 ms."""
    loop = SimulatedLoop()
    return run_simulated(main(simulated_seams(loop, seed, EPOCH, latency)), loop)


def simulated(network: Network) -> SimulatedNetwork:
    """The same network, known to be a simulated one."""
    assert isinstance(network, SimulatedNetwork)
    return network
