"""The network seam: connections by address, over real sockets or in memory.

An address is a text: ``tcp://127.0.0.1:8583`` or ``unix:///run/tanada/deposits.sock``. In a
simulated world it may be any text. What comes back are asyncio's own streams. Once connected, they
raise ``ConnectionError`` as ever; what can go wrong before that is typed here::

    NetworkError
    ├── AddressRefused      the address is not of a known form
    ├── AddressInUse        somebody serves there already
    ├── ConnectRefused      nobody serves there
    ├── ConnectTimedOut     no answer in time
    └── ConnectFailed       the network said no for another reason
"""

import asyncio
import errno
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from tanada.base.errors import BankError

READER_LIMIT_BYTES = 256 * 1024
"""What a stream reader buffers before it makes the sender wait: half of asyncio's pause mark."""
CONNECT_TIMEOUT_S = 5.0
LISTEN_BACKLOG = 1024

Handler = Callable[[StreamReader, StreamWriter], Awaitable[None]]


class NetworkError(BankError):
    """A connection could not be made, or an address could not be served."""

    code = "network"
    transient = True


class AddressRefused(NetworkError):
    """The address is not of a form that this network knows."""

    code = "network_address"
    transient = False


class AddressInUse(NetworkError):
    """Somebody serves at the address already."""

    code = "network_address_in_use"


class ConnectRefused(NetworkError):
    """Nobody serves at the address."""

    code = "network_refused"


class ConnectTimedOut(NetworkError):
    """The address did not answer in time."""

    code = "network_timeout"


class ConnectFailed(NetworkError):
    """The network refused the connection for a reason of its own."""

    code = "network_failed"


class Listener(Protocol):
    """An address that is being served."""

    @property
    def address(self) -> str:
        """Where it listens; a port of 0 has been replaced by the real one."""

    async def close(self) -> None:
        """Stop taking connections. Those that were taken live on."""


class Network(Protocol):
    """Makes connections and serves addresses."""

    async def connect(
        self, address: str, *, timeout: float = CONNECT_TIMEOUT_S, source: str = ""
    ) -> tuple[StreamReader, StreamWriter]:
        """Connect within ``timeout`` seconds, or raise a `NetworkError`.

        ``source`` names the caller, so that a drill can cut one caller's line and not another's.
        """

    async def serve(self, address: str, handler: Handler) -> Listener:
        """Run ``handler`` for each connection; the stream is closed when it returns or raises."""


class LiveListener:
    """A listening socket of the operating system."""

    def __init__(self, server: asyncio.Server, address: str) -> None:
        self._server = server
        self._address = address

    @property
    def address(self) -> str:
        """Where it listens, with the real port."""
        return self._address

    async def close(self) -> None:
        """Stop taking connections and remove the socket's file, if it has one."""
        self._server.close()
        scheme, _, _, path = _parse(self._address)
        if scheme == "unix":
            Path(path).unlink(missing_ok=True)


class LiveNetwork:
    """TCP and Unix sockets."""

    async def connect(
        self,
        address: str,
        *,
        timeout: float = CONNECT_TIMEOUT_S,
        source: str = "",  # noqa: ARG002 -- only a simulated world tells callers apart
    ) -> tuple[StreamReader, StreamWriter]:
        """Connect within ``timeout`` seconds; ``source`` has no meaning here."""
        try:
            async with asyncio.timeout(timeout):
                return await _open(address)
        except OSError as error:
            raise _network_error(address, error) from error

    async def serve(self, address: str, handler: Handler) -> LiveListener:
        """Listen at ``address`` and run ``handler`` for each connection."""
        accept = closing_handler(handler)
        scheme, host, port, path = _parse(address)
        try:
            if scheme == "unix":
                server = await asyncio.start_unix_server(
                    accept, path, limit=READER_LIMIT_BYTES, backlog=LISTEN_BACKLOG
                )
                return LiveListener(server, address)
            server = await asyncio.start_server(
                accept, host, port, limit=READER_LIMIT_BYTES, backlog=LISTEN_BACKLOG
            )
        except OSError as error:
            raise _network_error(address, error) from error
        real_port = server.sockets[0].getsockname()[1]
        return LiveListener(server, f"tcp://{host}:{real_port}")


def closing_handler(handler: Handler) -> Handler:
    """``handler``, and then the end of the stream, however ``handler`` ended.

    A peer that hangs up in the middle is an everyday end, not an error of the handler.
    """

    async def handle_and_close(reader: StreamReader, writer: StreamWriter) -> None:
        _send_without_delay(writer)
        try:
            await handler(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    return handle_and_close


async def _open(address: str) -> tuple[StreamReader, StreamWriter]:
    scheme, host, port, path = _parse(address)
    if scheme == "unix":
        return await asyncio.open_unix_connection(path, limit=READER_LIMIT_BYTES)
    reader, writer = await asyncio.open_connection(host, port, limit=READER_LIMIT_BYTES)
    _send_without_delay(writer)
    return reader, writer


def _parse(address: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path; raises `AddressRefused`."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"{address!r}: {error}") from error
    if parts.scheme == "tcp" and parts.hostname and port is not None and not parts.path:
        return "tcp", parts.hostname, port, ""
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return "unix", "", 0, parts.path
    raise AddressRefused(
        f"{address!r} is not an address; write tcp://host:port or unix:///absolute/path"
    )


def _send_without_delay(writer: StreamWriter) -> None:
    """Switch off Nagle's algorithm, which holds a small answer back for up to 40 ms."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _network_error(address: str, error: OSError) -> NetworkError:
    """The one place where the system's errors become ours."""
    if isinstance(error, (ConnectionRefusedError, FileNotFoundError)):
        return ConnectRefused(f"nobody serves at {address}; is it running?")
    if isinstance(error, TimeoutError):
        return ConnectTimedOut(f"{address} did not answer in time")
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(f"{address} is in use; stop what serves there or choose another")
    return ConnectFailed(f"{address}: {error}")
