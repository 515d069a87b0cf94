"""What the operators' console asks, and whom: compartments, core database, watch database."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec
import psycopg

from tanada.app.gateway import GatewayStatus
from tanada.app.places import LiveBank, Places
from tanada.app.preparation import read_policy
from tanada.app.wiring import Connector, compartment_links, core_connector, watch_connector
from tanada.base.database import Connection, DatabaseError, load_queries, translate_errors
from tanada.base.link import LinkClient, LinkError
from tanada.base.network import NetworkError
from tanada.base.seams import Seams, live_seams
from tanada.base.supervisor import until_told_to_stop
from tanada.batch.limits import Limit, read_limits
from tanada.channels.console.app import console_app, serve_console
from tanada.channels.console.view import ConsoleView, Machines, Meter
from tanada.controls.switches import Suspended
from tanada.operations.commands import CompartmentStatus
from tanada.operations.door import ask_status
from tanada.watch import reading

ROLE: Final = "tanada_console"
GATEWAY: Final = "atm-gateway"
MINUTES_SHOWN: Final = timedelta(minutes=30)
SERVICES_SHOWN: Final = timedelta(minutes=2)
LOCAL_NAMES: Final = ("localhost", "127.0.0.1")
"""Names by which people on this machine call the console, whatever it listens on."""
KNOCK_TIMEOUT_S: Final = 1.0

T = TypeVar("T")
_OPERATIONS: Final = load_queries("tanada.operations")


class Inquirer:
    """Questions to one database, one at a time, on a connection that is made anew when it broke."""

    def __init__(self, seams: Seams, connect: Connector) -> None:
        self._seams = seams
        self._connect = connect
        self._connection: Connection | None = None
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """The answer; raises ``DatabaseError``."""
        async with self._one_at_a_time:
            return await self._seams.workers.run(self._ask, question)

    async def close(self) -> None:
        """Close the connection."""
        async with self._one_at_a_time:
            await self._seams.workers.run(self._drop)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._connect()
        try:
            with translate_errors():
                return question(self._connection)
        except DatabaseError:
            self._drop()
            raise

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


class LiveView:
    """The live bank, as the console asks for it."""

    def __init__(self, bank: LiveBank, places: Places, seams: Seams, name: str) -> None:
        self._bank = bank
        self._seams = seams
        self._policy = read_policy(bank.settings.policy)
        self._links = compartment_links(self._policy, places, seams, name)
        self._gateway = LinkClient(seams.network, places.address(GATEWAY), source=name)
        self._core = Inquirer(seams, core_connector(bank, name, ROLE))
        self._watch = Inquirer(seams, watch_connector(bank, name, ROLE))

    @property
    def view(self) -> ConsoleView:
        """The questions in the form that the console takes them."""
        return ConsoleView(
            compartments=self.compartments,
            gateways=self.gateways,
            switches=lambda: self._core.ask(_suspended),
            alarms=lambda: self._watch.ask(reading.recent_alarms),
            minutes=lambda: self._since(reading.attempts_by_minute, MINUTES_SHOWN),
            services=lambda: self._since(reading.outcomes_by_service, SERVICES_SHOWN),
            hurt=self.hurt,
            meters=self.meters,
            machines=self.machines,
        )

    async def close(self) -> None:
        """Hang up everywhere."""
        for link in (*self._links.values(), self._gateway):
            await link.close()
        await self._core.close()
        await self._watch.close()

    async def compartments(self) -> Mapping[str, CompartmentStatus | None]:
        """All at once, so that a silent one does not hold up the others."""
        answers = await asyncio.gather(*(ask_status(link) for link in self._links.values()))
        return dict(zip(self._links, answers, strict=True))

    async def gateways(self) -> Mapping[str, bool]:
        """Whether each gateway takes connections."""
        return {"atm": await self._serves(self._bank.atm_address)}

    async def hurt(self) -> Sequence[reading.Hurt]:
        """Customers whom the bank failed since midnight."""
        return await self._watch.ask(lambda watch: reading.who_was_hurt(watch, self._midnight()))

    async def meters(self) -> Sequence[Meter]:
        """The limits whose use the database can tell."""
        limits = await self._core.ask(lambda core: read_limits(core, self._policy))
        return [_meter(limit, limit.used) for limit in limits if limit.used is not None]

    async def machines(self) -> Machines | None:
        """What the gateway says of its machines, and what they were told to keep today."""
        kept = await self._watch.ask(lambda watch: reading.media_kept(watch, self._midnight()))
        try:
            answer = await self._gateway.call(b"", KNOCK_TIMEOUT_S)
        except LinkError:
            return None
        status = msgspec.msgpack.decode(answer, type=GatewayStatus)
        return Machines(status.connections, status.in_doubt, kept)

    async def _since(self, question: Callable[[Connection, datetime], T], shown: timedelta) -> T:
        since = self._now() - shown
        return await self._watch.ask(lambda watch: question(watch, since))

    async def _serves(self, address: str) -> bool:
        try:
            _, writer = await self._seams.network.connect(address, timeout=KNOCK_TIMEOUT_S)
        except NetworkError:
            return False
        writer.close()
        return True

    def _midnight(self) -> datetime:
        return self._now().replace(hour=0, minute=0, second=0, microsecond=0)

    def _now(self) -> datetime:
        return self._seams.clock.now()


async def serve_operators_console(bank: LiveBank, places: Places, name: str) -> None:
    """Serve the operators' page until told to stop."""
    host, port = bank.settings.host, bank.settings.console_port
    seams = live_seams(worker_threads=2)
    live = LiveView(bank, places, seams, name)
    app = console_app(live.view, seams.clock, hosts=[host, *LOCAL_NAMES])
    serving = asyncio.create_task(serve_console(app, host, port))
    stopping = asyncio.create_task(until_told_to_stop())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not serving.done():
        serving.cancel()
    await asyncio.gather(serving, stopping, return_exceptions=True)
    await live.close()


def _suspended(core: Connection) -> list[Suspended]:
    return [Suspended(*row) for row in core.execute(_OPERATIONS.suspended_services).fetchall()]


def _meter(limit: Limit, used: int) -> Meter:
    return Meter(limit.name, used, limit.limit, limit.warning, limit.unit)
