"""The seams of one world, to be handed down from where things are wired together."""

from dataclasses import dataclass
from datetime import datetime

from tanada.base.clock import Clock, LiveClock, SimulatedClock
from tanada.base.network import LiveNetwork, Network
from tanada.base.randomness import Randomness
from tanada.base.simulated_network import Latency, SimulatedNetwork
from tanada.base.simulation import SimulatedLoop
from tanada.base.workers import InlineWorkers, ThreadWorkers, Workers

DEFAULT_WORKER_THREADS = 4


@dataclass(frozen=True)
class Seams:
    """All that is not determined by the code itself."""

    clock: Clock
    network: Network
    randomness: Randomness
    workers: Workers


def live_seams(*, worker_threads: int = DEFAULT_WORKER_THREADS, seed: int | None = None) -> Seams:
    """The machine's clock, sockets and chance. Close ``workers`` at the end."""
    return Seams(LiveClock(), LiveNetwork(), Randomness(seed), ThreadWorkers(worker_threads))


def simulated_seams(
    loop: SimulatedLoop, seed: int, epoch: datetime, latency: Latency | None = None
) -> Seams:
    """A world in virtual time on ``loop`` that begins at the aware civil time ``epoch``."""
    randomness = Randomness(seed)
    network = SimulatedNetwork(loop, randomness, latency)
    return Seams(SimulatedClock(loop, epoch), network, randomness, InlineWorkers())
