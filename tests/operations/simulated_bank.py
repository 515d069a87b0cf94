"""A door and its compartments in virtual time, over the simulated network and a real database."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tanada.base.database import Connection, connect
from tanada.base.link import LinkClient
from tanada.base.seams import Seams, simulated_seams
from tanada.base.simulated_network import Latency, SimulatedNetwork
from tanada.base.simulation import SimulatedLoop
from tanada.controls.policies import Policy, compartment_names
from tanada.operations.commands import MICROSECONDS, Command, CompartmentStatus, Outcome
from tanada.operations.compartment import Compartment
from tanada.operations.door import Door, ask_status
from tanada.operations.execution import Executor
from tests.bank import NOW, Teller, policy
from tests.operations.broken_product import WITH_MISTAKES

T = TypeVar("T")


def address(name: str) -> str:
    return f"unix:///compartments/{name}"


class SimulatedBank:
    """``run`` lets virtual time pass while ``work`` is done; ``wait`` while nothing is."""

    def __init__(self, url: str, rules: Policy) -> None:
        self.url = url
        self.rules = rules
        self.loop = SimulatedLoop()
        self.seams: Seams = simulated_seams(self.loop, 1, NOW, Latency(0.001))
        assert isinstance(self.seams.network, SimulatedNetwork)
        self.network = self.seams.network
        self.settled: list[tuple[str, Outcome]] = []
        self.database = url
        self.compartments: dict[str, Compartment] = {}
        self.links = {
            name: LinkClient(self.network, address(name), source="door")
            for name in compartment_names(rules)
        }
        self.door = Door(self.seams, WITH_MISTAKES, rules, self.links, self._settled)
        for name in self.links:
            self.run(self.start(name))
        self.run(self._open_door())
        self.teller = Teller()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    async def start(self, name: str) -> None:
        """Start a compartment, as a supervisor does when its predecessor is dead."""
        executor = Executor(name, self._connect, WITH_MISTAKES, self.rules)
        compartment = Compartment(executor, WITH_MISTAKES, self.rules, self.seams)
        await compartment.start(address(name))
        self.compartments[name] = compartment

    async def _open_door(self) -> None:
        self.door.start()
        await asyncio.sleep(0.1)

    def kill(self, name: str) -> None:
        """Let a compartment die: its lines break, and nothing that it does arrives any more."""
        compartment = self.compartments.pop(name)
        self.network.break_connections(address(name))
        self.run(compartment.stop())

    @property
    def compartment(self) -> Compartment:
        """The only compartment."""
        [compartment] = self.compartments.values()
        return compartment

    def fail(self, reason: str = "an error") -> None:
        """Have the only compartment close itself."""

        async def close() -> None:
            self.compartment.close(reason)

        self.run(close())

    def ask(self, message: Any = None) -> CompartmentStatus:
        """The status of the only compartment, after ``message``."""
        [link] = self.links.values()
        status = self.run(ask_status(link, message))
        assert status is not None
        return status

    def make(self, kind: type[Command], account: int, seconds: float = 10, **content: Any) -> Any:
        """A command whose deadline is so many seconds from now."""
        deadline = int((self.seams.clock.now().timestamp() + seconds) * MICROSECONDS)
        return self.teller.make(kind, account, deadline=deadline, **content)

    def submit(self, *commands: Command) -> list[Outcome]:
        """Submit all at once and wait for all outcomes."""

        async def all_of_them() -> list[Outcome]:
            return await asyncio.gather(*(self.door.submit(command) for command in commands))

        return self.run(all_of_them())

    def close(self) -> None:
        self.run(self.door.close())
        for compartment in self.compartments.values():
            self.run(compartment.stop())
        self.loop.run_until_complete(asyncio.sleep(1))
        self.loop.close()

    def _connect(self) -> Connection:
        return connect(
            self.database, application="test", role="tanada_compartment", lock_timeout_ms=200
        )

    def _settled(self, command: Command, outcome: Outcome) -> None:
        self.settled.append((command.key, outcome))


@contextmanager
def simulated_bank(url: str, rules: str | None = None) -> Iterator[SimulatedBank]:
    bank = SimulatedBank(url, policy() if rules is None else policy(rules))
    try:
        yield bank
    finally:
        bank.close()
