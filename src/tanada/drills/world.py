"""The world of one run: the real bank and its counterparts, in virtual time."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tanada.base.database import Connection, connect
from tanada.base.ids import IdSource
from tanada.base.link import LinkClient
from tanada.base.seams import Seams
from tanada.base.volumes import MemoryVolume
from tanada.channels.atm.exchange import AtmChannel
from tanada.channels.atm.gateway import AtmGateway
from tanada.channels.atm.keys import AtmKeys
from tanada.controls.custody import CustodyMatrix, custody_version
from tanada.controls.policies import Policy, compartment_names
from tanada.counterparts.customers import Demand, Shares, TerminalSpec
from tanada.counterparts.fleet import Fleet
from tanada.counterparts.visits import Holder, Wish
from tanada.customers.demonstration import Population
from tanada.drills.bells import Bell, RingingExecutor, RingingRecorder
from tanada.drills.scenario import Online
from tanada.drills.stage import Databases
from tanada.executions import EXECUTIONS
from tanada.operations.commands import Command, Outcome
from tanada.operations.compartment import Compartment
from tanada.operations.door import Door
from tanada.watch.alarms import Watcher
from tanada.watch.store import AttemptStore

GATEWAY: Final = "tcp://gateway:8583"
FLUSH_S: Final = 5.0
POLL_S: Final = 8.0
"""Coarser than live, for the speed of a drill, and still within the ten seconds of an alarm."""


@dataclass(frozen=True)
class Cast:
    """Who takes part: machines, customers, keys and what the customers want."""

    terminals: tuple[TerminalSpec, ...]
    population: Population
    keys: AtmKeys
    demand: Demand


class World:
    """A bank that runs in simulated time. ``open`` it, let it run, ``close`` it."""

    def __init__(
        self,
        seams: Seams,
        policy: Policy,
        custody: Mapping[str, CustodyMatrix],
        databases: Databases,
        cast: Cast,
    ) -> None:
        self.seams = seams
        self.policy = policy
        self.databases = databases
        self.news = Bell(seams.clock)
        self.switches_set = Bell(seams.clock)
        self.compartments = [self._compartment(name) for name in compartment_names(policy)]
        links = {c.name: LinkClient(seams.network, _address(c.name)) for c in self.compartments}
        self.store = AttemptStore(
            seams,
            self.connector(databases.watch, "tanada_gateway"),
            MemoryVolume(),
            name="atm",
            flush_seconds=FLUSH_S,
        )
        self.door = Door(seams, EXECUTIONS, policy, links, self._settled)
        self.watcher = Watcher(
            seams,
            self.connector(databases.core, "tanada_watch"),
            self.connector(databases.watch, "tanada_watch"),
            state_changes_apart=policy.alarms.state_changes_apart,
        )
        self._channel = AtmChannel(
            self.door,
            RingingRecorder(self.store, self.news),
            custody_version(custody, policy.custody),
            cast.keys,
            seams.clock,
            IdSource(seams.clock, 1),
        )
        self._gateway: AtmGateway | None = None
        self._asking: list[asyncio.Task[None]] = []
        self.fleet = Fleet(
            seams,
            cast.terminals,
            GATEWAY,
            cast.keys,
            cast.demand,
            [Holder(r.card, r.pin, r.account, r.customer) for r in cast.population.residents()],
        )

    async def open(self) -> None:
        """Start the bank's parts in the order in which they need each other."""
        for compartment in self.compartments:
            await compartment.start(_address(compartment.name))
        poll = self.policy.switches.poll_seconds
        self._asking = [
            asyncio.create_task(self.switches_set.follow(poll, self.door.refresh_switches)),
            asyncio.create_task(self.news.follow(POLL_S, self.watcher.poll)),
        ]
        await self.door.refresh_switches()
        self.store.start()
        self._gateway = await AtmGateway.start(self.seams.network, GATEWAY, self._channel)

    async def close(self) -> None:
        """Stop the parts in the opposite order; what was recorded is in the databases."""
        await self.fleet.close()
        if self._gateway is not None:
            await self._gateway.close()
        await self.store.close()
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self.watcher.poll()
        await self.watcher.close()
        await self.door.close()
        for compartment in self.compartments:
            await compartment.stop()

    def connector(self, url: str, role: str | None) -> Callable[[], Connection]:
        """What opens a connection of the drill's to a database."""
        return lambda: connect(url, application="tanada drill", role=role, statement_timeout_ms=0)

    def _compartment(self, name: str) -> Compartment:
        executor = RingingExecutor(
            name,
            self.connector(self.databases.core, "tanada_compartment"),
            EXECUTIONS,
            self.policy,
        )
        executor.facts, executor.switches_set = self.news, self.switches_set
        return Compartment(executor, EXECUTIONS, self.policy, self.seams)

    def _settled(self, command: Command, outcome: Outcome) -> None:
        self.store.settle(command.key, outcome.kind, outcome.code.value)


def _address(compartment: str) -> str:
    return f"unix:///compartments/{compartment}"


_OTHER_WISHES: Final = (
    (Wish.WITHDRAWAL, 0.50),
    (Wish.DEPOSIT, 0.17),
    (Wish.BALANCE, 0.08),
    (Wish.PASSBOOK, 0.24),
)
"""What customers want who do not want a time deposit; guesses, of which only the ratios count."""


def demand_of(online: Online) -> Demand:
    """The demand of a drill file: its own rates and share of time deposits, the rest by default."""
    others = 1 - online.time_deposit_share
    total = sum(share for _, share in _OTHER_WISHES)
    wishes = [(wish, share * others / total) for wish, share in _OTHER_WISHES]
    return Demand(
        visits_per_hour=online.visits_per_hour,
        evenness=online.evenness,
        wishes=Shares(*wishes, (Wish.TIME_DEPOSIT, online.time_deposit_share)),
    )
