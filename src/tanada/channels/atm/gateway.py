"""The ATM gateway: terminals' connections, each served by a session of its own.

What one terminal sends, however wrong, concerns its own connection. Messages of a connection are
answered one after another, in order; a terminal may send the next before it has the answer.
"""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass
from typing import Final

from tanada.base.network import Listener, Network
from tanada.channels.atm.exchange import AtmChannel
from tanada.channels.atm.messages import FrameTooLarge, frame, read_frame
from tanada.channels.atm.session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """Bounds of one gateway."""

    connections: int = 8_192
    """Open connections; one more is closed at once. A fleet of 5,395 machines fits."""
    sign_on_s: float = 60.0
    """Seconds that a connection may stand without a terminal signed on."""
    idle_s: float = 43_200.0
    """Seconds without a message; a machine may stand unused all night."""
    sweep_s: float = 60.0
    """How often the two limits above are looked after: one timer, not one for each message."""
    drain_s: float = 5.0
    """Seconds that answers under way are given when the gateway closes."""


LIMITS: Final = GatewayLimits()


class _Connection:
    """One terminal's connection."""

    def __init__(self, session: Session, writer: StreamWriter, now: float) -> None:
        self.session = session
        self.writer = writer
        self.heard_at = now
        self.is_busy = False


class AtmGateway:
    """Serves one address. Start it with ``start``."""

    def __init__(self, channel: AtmChannel, limits: GatewayLimits = LIMITS) -> None:
        self._channel = channel
        self._limits = limits
        # In the order in which they came: that of a set would differ from run to run of a drill.
        self._connections: dict[_Connection, None] = {}
        self._listener: Listener | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._is_closing = False
        self.refused_connections = 0

    @classmethod
    async def start(
        cls, network: Network, address: str, channel: AtmChannel, limits: GatewayLimits = LIMITS
    ) -> "AtmGateway":
        """Serve ``address``; raises ``NetworkError``."""
        gateway = cls(channel, limits)
        gateway._listener = await network.serve(address, gateway._serve)
        gateway._sweeper = asyncio.create_task(gateway._sweep(), name="atm gateway sweep")
        return gateway

    @property
    def address(self) -> str:
        """Where it listens, with the real port."""
        assert self._listener is not None, "start the gateway"
        return self._listener.address

    @property
    def connections(self) -> int:
        """Connections that are open now."""
        return len(self._connections)

    async def close(self) -> None:
        """Take no more messages, let answers under way go out, and hang up."""
        self._is_closing = True
        if self._listener is not None:
            await self._listener.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._connections):
            if not connection.is_busy:
                connection.writer.close()
        await self._drain()

    async def _drain(self) -> None:
        give_up_at = self._channel.clock.monotonic() + self._limits.drain_s
        while self._connections and self._channel.clock.monotonic() < give_up_at:
            await asyncio.sleep(0.01)
        for connection in list(self._connections):
            connection.writer.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        peer = str(writer.get_extra_info("peername", "?"))
        if self._is_closing or len(self._connections) >= self._limits.connections:
            self.refused_connections += 1
            log.warning("connection from %s refused: %d are open", peer, len(self._connections))
            return
        now = self._channel.clock.monotonic()
        connection = _Connection(Session(self._channel, peer), writer, now)
        self._connections[connection] = None
        try:
            await self._converse(reader, connection)
        except FrameTooLarge as error:
            log.warning("connection from %s closed: %s", peer, error)
        except ConnectionError:
            log.info("connection from %s lost", peer)
        except Exception as error:  # the border of one connection: the others must go on
            # The error's text and its variables may hold a card; where it happened may not.
            log.error("connection from %s ended by %s", peer, _where(error))
        finally:
            del self._connections[connection]

    async def _converse(self, reader: StreamReader, connection: _Connection) -> None:
        clock, session, writer = self._channel.clock, connection.session, connection.writer
        while not self._is_closing and not session.is_hopeless:
            raw = await read_frame(reader)
            if raw is None:
                return
            connection.heard_at = clock.monotonic()
            connection.is_busy = True
            answer = await session.answer(raw)
            connection.is_busy = False
            if answer is None:
                return
            writer.write(frame(answer))
            await writer.drain()
            # A line full of echoes makes neither reading nor draining wait: give the others a turn.
            await asyncio.sleep(0)

    def hang_up_on_the_silent(self) -> None:
        """Close connections that never signed on or have long sent nothing."""
        now = self._channel.clock.monotonic()
        for connection in list(self._connections):
            signed_on = connection.session.terminal is not None
            limit = self._limits.idle_s if signed_on else self._limits.sign_on_s
            if not connection.is_busy and now - connection.heard_at > limit:
                connection.writer.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._limits.sweep_s)
            self.hang_up_on_the_silent()


def _where(error: Exception) -> str:
    """The kind of error and the line that raised it, without its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}"
