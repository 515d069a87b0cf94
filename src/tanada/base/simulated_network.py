"""The network of the simulated world: streams in memory, with latency, cuts, loss and flapping.

Both ends get asyncio's own `StreamReader` and `StreamWriter`, so code cannot tell the difference.
What a real line does, this one does too:

* bytes arrive in order, after the latency of the route;
* a **cut** line is silent, as a pulled cable is: nothing arrives, nobody is told. What was sent
  is delivered when the line heals, because TCP sends again; new connections wait and time out;
* a **broken** connection tells both ends with ``ConnectionResetError``;
* a **lossy** route breaks the connection at a write, with the given probability;
* a receiver that does not read makes its sender wait.

Rules name routes by two shell patterns, one for the address and one for the name that the caller
gave as ``source``: ``cut("tcp://gateway:*", source="atm-*")``.
"""

import asyncio
import random
from asyncio import StreamReader, StreamWriter
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from tanada.base.network import (
    CONNECT_TIMEOUT_S,
    READER_LIMIT_BYTES,
    AddressInUse,
    ConnectRefused,
    ConnectTimedOut,
    Handler,
    closing_handler,
)
from tanada.base.randomness import Randomness
from tanada.base.simulation import SimulatedLoop

SEND_WINDOW_BYTES = 256 * 1024
"""On the way or unread beyond this, the sender's ``drain`` waits; it goes on below a quarter."""
SEGMENT_BYTES = 64 * 1024
"""The most that arrives at once; a receiver can say stop in between."""
FIRST_EPHEMERAL_PORT = 49_152

_END_OF_STREAM = b""


@dataclass(frozen=True)
class Latency:
    """How long bytes take one way: ``base_s`` plus an even chance of up to ``jitter_s``."""

    base_s: float = 0.0
    jitter_s: float = 0.0


@dataclass(frozen=True)
class Route:
    """The routes that two shell patterns name: of the address and of the caller's name."""

    address: str = "*"
    source: str = "*"

    def covers(self, address: str, source: str) -> bool:
        """Whether a connection of ``source`` to ``address`` runs over this route."""
        return fnmatchcase(address, self.address) and fnmatchcase(source, self.source)


@dataclass(frozen=True)
class _Quality:
    latency: Latency
    loss: float


class _Wire:
    """One direction of a connection. Carries what one end sends to the other, in order."""

    __slots__ = ("_chance", "_held", "_is_cut", "_last_arrival", "_loop", "quality")

    def __init__(self, loop: SimulatedLoop, quality: _Quality, chance: random.Random) -> None:
        self._loop = loop
        self._chance = chance
        self._is_cut = False
        self._held: list[tuple[Callable[[Any], None], object]] = []
        self._last_arrival = 0.0
        self.quality = quality

    def carry(self, arrive: Callable[[Any], None], what: object) -> None:
        """Call ``arrive(what)`` when it has crossed the wire."""
        if self._is_cut:
            self._held.append((arrive, what))
            return
        latency = self.quality.latency
        arrival = self._loop.time() + latency.base_s
        if latency.jitter_s:
            arrival += self._chance.random() * latency.jitter_s
        # Never before what was sent earlier: a stream keeps its order whatever the jitter.
        self._last_arrival = max(arrival, self._last_arrival)
        self._loop.call_at(self._last_arrival, arrive, what)

    def loses(self) -> bool:
        """Whether the write at hand is the one that breaks the connection."""
        return self.quality.loss > 0 and self._chance.random() < self.quality.loss

    def set_cut(self, is_cut: bool) -> None:
        """Cut or heal; healing sends again what was held."""
        self._is_cut = is_cut
        if not is_cut:
            held, self._held = self._held, []
            for arrive, what in held:
                self.carry(arrive, what)


class _Transport(asyncio.Transport):
    """What asyncio's streams hold of one end."""

    def __init__(self, end: "_End", extra: dict[str, object]) -> None:
        super().__init__(extra)
        self._end = end

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._end.send(bytes(data))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self._end.send_end()

    def get_write_buffer_size(self) -> int:
        return self._end.unread_bytes

    def pause_reading(self) -> None:
        self._end.is_reading = False

    def resume_reading(self) -> None:
        self._end.resume_reading()

    def is_reading(self) -> bool:
        return self._end.is_reading

    def is_closing(self) -> bool:
        return self._end.is_closing

    def close(self) -> None:
        self._end.close()

    def abort(self) -> None:
        self._end.abort()


class _End:
    """One end of a connection: a protocol here, a wire to the other end."""

    def __init__(self, loop: SimulatedLoop, wire: _Wire, gone: Callable[[], object]) -> None:
        self._loop = loop
        self._wire = wire
        self._gone = gone
        self._backlog: deque[bytes] = deque()
        self._end_sent = False
        self._is_lost = False
        self._sender_waits = False
        self.is_reading = True
        self.is_closing = False
        self.unread_bytes = 0
        self.peer: _End = self
        self.protocol: asyncio.Protocol = asyncio.Protocol()

    def send(self, data: bytes) -> None:
        """Put ``data`` on the wire; on an end that is closed it vanishes, as with a socket."""
        assert not self._end_sent or self.is_closing, "written after write_eof"
        if self.is_closing or not data:
            return
        if self._wire.loses():
            self.break_both()
            return
        self.unread_bytes += len(data)
        for start in range(0, len(data), SEGMENT_BYTES):
            self._wire.carry(self.peer.receive, data[start : start + SEGMENT_BYTES])
        if self.unread_bytes > SEND_WINDOW_BYTES and not self._sender_waits:
            self._sender_waits = True
            self.protocol.pause_writing()

    def send_end(self) -> None:
        """Tell the other end that nothing more will come."""
        if not self._end_sent:
            self._end_sent = True
            self._wire.carry(self.peer.receive, _END_OF_STREAM)

    def receive(self, data: bytes) -> None:
        """Data, or the end of the stream, has arrived."""
        if self.is_closing:
            if data:
                # Whoever writes to a closed end is told so, one way back later.
                self._wire.carry(self.peer.be_reset, None)
        elif self.is_reading and not self._backlog:
            self._hand_over(data)
        else:
            self._backlog.append(data)

    def resume_reading(self) -> None:
        self.is_reading = True
        while self._backlog and self.is_reading and not self.is_closing:
            self._hand_over(self._backlog.popleft())

    def close(self) -> None:
        """Close after all that was sent; what still arrives is refused."""
        if not self.is_closing:
            self.send_end()
            self.is_closing = True
            self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        """Close at once; the other end learns it as a reset."""
        if not self._is_lost:
            self.is_closing = True
            self._wire.carry(self.peer.be_reset, None)
            self._loop.call_soon(self._lose, None)

    def break_both(self) -> None:
        """The connection breaks between the ends: both are reset, at once."""
        for end in (self, self.peer):
            end.is_closing = True
            self._loop.call_soon(end.be_reset, None)

    def be_reset(self, _: object) -> None:
        self.is_closing = True
        self._lose(ConnectionResetError("Connection reset by peer"))

    def _hand_over(self, data: bytes) -> None:
        if data:
            self.peer.taken(len(data))
            self.protocol.data_received(data)
        elif not self.protocol.eof_received():
            self.close()

    def taken(self, size: int) -> None:
        """The other end has read ``size`` bytes."""
        self.unread_bytes -= size
        if self._sender_waits and self.unread_bytes <= SEND_WINDOW_BYTES // 4:
            self._sender_waits = False
            self.protocol.resume_writing()

    def _lose(self, error: Exception | None) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._backlog.clear()
            self.protocol.connection_lost(error)
            self._gone()


class _Connection:
    """Two ends and the two wires between them."""

    def __init__(
        self,
        loop: SimulatedLoop,
        address: str,
        source: str,
        quality: _Quality,
        chance: random.Random,
        gone: Callable[[], object],
    ) -> None:
        self.address = address
        self.source = source
        self._ends_left = 2
        self._gone = gone
        self._wires = (_Wire(loop, quality, chance), _Wire(loop, quality, chance))
        self.client = _End(loop, self._wires[0], self._end_gone)
        self.server = _End(loop, self._wires[1], self._end_gone)
        self.client.peer, self.server.peer = self.server, self.client

    def set_cut(self, is_cut: bool) -> None:
        for wire in self._wires:
            wire.set_cut(is_cut)

    def set_quality(self, quality: _Quality) -> None:
        for wire in self._wires:
            wire.quality = quality

    def _end_gone(self) -> None:
        self._ends_left -= 1
        if not self._ends_left:
            self._gone()


class SimulatedListener:
    """An address that is being served in the simulated world."""

    def __init__(self, network: "SimulatedNetwork", address: str, handler: Handler) -> None:
        self._network = network
        self.address = address
        self.handler = closing_handler(handler)

    async def close(self) -> None:
        """Stop taking connections. Those that were taken live on."""
        self._network.forget(self)


class SimulatedNetwork:
    """All lines of one simulated world."""

    def __init__(
        self, loop: SimulatedLoop, randomness: Randomness, latency: Latency | None = None
    ) -> None:
        """``latency`` holds where no route says otherwise; without it bytes take no time."""
        self._loop = loop
        self._randomness = randomness
        self._routes: list[tuple[Route, _Quality]] = [
            (Route(), _Quality(latency or Latency(), 0.0))
        ]
        self._cuts: list[Route] = []
        self._healed = asyncio.Event()
        self._listeners: dict[str, SimulatedListener] = {}
        self._connections: dict[int, _Connection] = {}
        self._connections_made = 0
        self._made_by_route: dict[tuple[str, str], int] = {}

    async def connect(
        self, address: str, *, timeout: float = CONNECT_TIMEOUT_S, source: str = ""
    ) -> tuple[StreamReader, StreamWriter]:
        """Connect in one round trip; raises `ConnectRefused` or, on a cut line, `ConnectTimedOut`.

        ``timeout`` is in virtual seconds.
        """
        chance = self._chance_of(address, source)
        try:
            async with asyncio.timeout(timeout):
                latency = self._quality_of(address, source).latency
                await asyncio.sleep(2 * latency.base_s + chance.random() * latency.jitter_s)
                while self._is_cut(address, source):
                    await self._healed.wait()
        except TimeoutError as error:
            raise ConnectTimedOut(f"{address} did not answer {source!r} in time") from error
        listener = self._listeners.get(address)
        if listener is None:
            raise ConnectRefused(f"nobody serves at {address}; is it running?")
        return self._join(listener, source, chance)

    async def serve(self, address: str, handler: Handler) -> SimulatedListener:
        """Run ``handler`` for each connection; a port of 0 is replaced by a free one."""
        if address.endswith(":0"):
            address = f"{address[:-1]}{FIRST_EPHEMERAL_PORT + len(self._listeners)}"
        if address in self._listeners:
            raise AddressInUse(f"{address} is in use; stop what serves there or choose another")
        listener = SimulatedListener(self, address, handler)
        self._listeners[address] = listener
        return listener

    def forget(self, listener: SimulatedListener) -> None:
        """Refuse new connections to ``listener`` from now on."""
        if self._listeners.get(listener.address) is listener:
            del self._listeners[listener.address]

    def set_route(
        self, address: str, *, source: str = "*", latency: Latency, loss: float = 0.0
    ) -> None:
        """Give the route a latency, and the probability that a write breaks the connection.

        The latest rule that covers a connection holds, for connections old and new.
        """
        self._routes.append((Route(address, source), _Quality(latency, loss)))
        for connection in self._covered(address, source):
            connection.set_quality(self._quality_of(connection.address, connection.source))

    def cut(self, address: str, *, source: str = "*") -> None:
        """Silence the route, until `heal` is called with the same patterns."""
        self._cuts.append(Route(address, source))
        for connection in self._covered(address, source):
            connection.set_cut(True)

    def heal(self, address: str, *, source: str = "*") -> None:
        """Undo a `cut` of the same patterns. Lines that another cut covers stay silent."""
        route = Route(address, source)
        if route not in self._cuts:
            return
        self._cuts.remove(route)
        for connection in self._covered(address, source):
            connection.set_cut(self._is_cut(connection.address, connection.source))
        self._healed.set()
        self._healed.clear()

    async def flap(
        self, address: str, *, down_s: float, up_s: float, times: int, source: str = "*"
    ) -> None:
        """Cut for ``down_s`` and heal for ``up_s`` virtual seconds, ``times`` times."""
        for _ in range(times):
            self.cut(address, source=source)
            try:
                await asyncio.sleep(down_s)
            finally:
                self.heal(address, source=source)
            await asyncio.sleep(up_s)

    def break_connections(self, address: str, *, source: str = "*") -> int:
        """Reset all connections of the route at both ends, as when a process or a box dies.

        Returns how many there were. Listeners stay; close them too when the process is dead.
        """
        broken = self._covered(address, source)
        for connection in broken:
            connection.client.break_both()
        return len(broken)

    def _join(
        self, listener: SimulatedListener, source: str, chance: random.Random
    ) -> tuple[StreamReader, StreamWriter]:
        self._connections_made += 1
        number = self._connections_made
        connection = _Connection(
            self._loop,
            listener.address,
            source,
            self._quality_of(listener.address, source),
            chance,
            partial(self._connections.pop, number),
        )
        self._connections[number] = connection
        caller = (source or "client", FIRST_EPHEMERAL_PORT + number)
        self._open_stream(connection.server, listener.address, caller, listener.handler)
        return self._open_stream(connection.client, caller, listener.address, None)

    def _open_stream(
        self, end: _End, here: object, there: object, handler: Handler | None
    ) -> tuple[StreamReader, StreamWriter]:
        reader = StreamReader(limit=READER_LIMIT_BYTES, loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, handler, loop=self._loop)
        transport = _Transport(end, {"sockname": here, "peername": there})
        end.protocol = protocol
        protocol.connection_made(transport)
        return reader, StreamWriter(transport, protocol, reader, self._loop)

    def _chance_of(self, address: str, source: str) -> random.Random:
        """Chance for one connection: the n-th between the same two, whatever others do."""
        count = self._made_by_route.get((address, source), 0) + 1
        self._made_by_route[address, source] = count
        return self._randomness.stream("network", address, source, count)

    def _quality_of(self, address: str, source: str) -> _Quality:
        return next(
            quality for route, quality in reversed(self._routes) if route.covers(address, source)
        )

    def _is_cut(self, address: str, source: str) -> bool:
        return any(route.covers(address, source) for route in self._cuts)

    def _covered(self, address: str, source: str) -> list[_Connection]:
        route = Route(address, source)
        return [
            connection
            for connection in self._connections.values()
            if route.covers(connection.address, connection.source)
        ]
