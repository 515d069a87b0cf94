"""The framed link: requests and answers between the bank's own processes.

One frame, all numbers big-endian::

    offset  size  what
    0       4     length: bytes that follow these four, 8 to MAX_FRAME_BYTES
    4       8     correlation id: chosen by the client, sent back with the answer
    12      ...   body: as the two sides agree; the link does not look into it

Many requests share one connection, and answers may come in any order. All frames that are written
in one turn of the event loop leave in one write, and all frames that one read brought are handled
without waiting in between: that, and nothing else, is where the speed comes from.

A frame that breaks these rules closes the connection: after it no boundary can be trusted.

The errors::

    LinkError
    ├── LinkDown        no connection, or it broke; `sent` says whether the request may have arrived
    ├── LinkTimeout     no answer in time: the request may have been carried out
    ├── FrameTooLarge   the body does not fit into a frame; nothing was sent
    └── FrameMalformed  the other side broke the rules of framing
"""

import asyncio
import logging
import struct
from asyncio import Future, StreamReader, StreamWriter, Task
from collections.abc import Callable, Iterator
from functools import partial

from tanada.base.errors import BankError
from tanada.base.network import Listener, Network, NetworkError

MAX_FRAME_BYTES = 1024 * 1024
MAX_WAITING_CALLS = 65_536
"""Calls of one client without an answer; beyond it a call is refused unsent."""
MAX_UNANSWERED_REQUESTS = 4 * MAX_WAITING_CALLS
"""Requests of one connection that the server has not answered, given up by the client or not."""
MAX_UNREAD_BYTES = 64 * 1024 * 1024
"""Written and not taken by the other side; beyond it the connection is given up."""
READ_BYTES = 65_536
CONNECT_TIMEOUT_S = 1.0
FIRST_BACKOFF_S = 0.05
MAX_BACKOFF_S = 1.0

_LENGTH_BYTES = 4
_HEADER = struct.Struct(">IQ")
_ID_BYTES = _HEADER.size - _LENGTH_BYTES
MAX_BODY_BYTES = MAX_FRAME_BYTES - _ID_BYTES

_LOG = logging.getLogger(__name__)

Reply = Callable[[bytes], None]
Handle = Callable[[bytes, Reply], None]


class LinkError(BankError):
    """A request over the link has no answer."""

    code = "link"


class LinkDown(LinkError):
    """There is no connection, or it broke while the request was under way."""

    code = "link_down"
    transient = True

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent
        """True: the other side may have the request. False: it certainly has not."""


class LinkTimeout(LinkError):
    """The request was sent and no answer came in time."""

    code = "link_timeout"


class FrameTooLarge(LinkError):
    """A body is larger than `MAX_BODY_BYTES`."""

    code = "link_frame_too_large"


class FrameMalformed(LinkError):
    """The other side broke the rules of framing; its connection is closed."""

    code = "link_frame_malformed"


class FrameSplitter:
    """Finds the frames in a stream of bytes that was cut at arbitrary places."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Correlation id and body of each frame that ``data`` completes; to be used to its end.

        Raises:
            FrameMalformed: after the frames before it; the stream is of no use from here on.
        """
        if self._rest:
            data = self._rest + data
        start, size = 0, len(data)
        while size - start >= _HEADER.size:
            length, correlation = _HEADER.unpack_from(data, start)
            if not _ID_BYTES <= length <= MAX_FRAME_BYTES:
                raise FrameMalformed(f"a frame of {length} bytes cannot be; is this our protocol?")
            end = start + _LENGTH_BYTES + length
            if end > size:
                break
            yield correlation, data[start + _HEADER.size : end]
            start = end
        self._rest = data[start:]


class _Outbox:
    """Gathers the frames of one turn of the event loop and writes them together."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []

    def put(self, correlation: int, body: bytes) -> None:
        """Have the frame sent at the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(_HEADER.pack(len(body) + _ID_BYTES, correlation) + body)

    def _flush(self) -> None:
        data = b"".join(self._parts)
        self._parts.clear()
        if self._writer.is_closing():
            return
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            # The other side does not read; memory would be the next thing to fail.
            self._writer.transport.abort()


class _ServedConnection:
    """The server's side of one connection."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, handle: Handle) -> None:
        self._reader = reader
        self._writer = writer
        self._handle = handle
        self._outbox = _Outbox(writer)
        self._unanswered: set[int] = set()

    async def run(self) -> None:
        """Handle requests until the client leaves or breaks the rules."""
        splitter = FrameSplitter()
        try:
            while data := await self._reader.read(READ_BYTES):
                for correlation, body in splitter.feed(data):
                    self._take(correlation, body)
        except FrameMalformed as error:
            _LOG.warning("link connection closed: %s", error)
            self.abort()

    def abort(self) -> None:
        self._writer.transport.abort()

    def _take(self, correlation: int, body: bytes) -> None:
        if correlation in self._unanswered:
            raise FrameMalformed(f"correlation id {correlation} was used twice at a time")
        if len(self._unanswered) >= MAX_UNANSWERED_REQUESTS:
            raise FrameMalformed(f"more than {MAX_UNANSWERED_REQUESTS} requests without an answer")
        self._unanswered.add(correlation)
        self._handle(body, partial(self._reply, correlation))

    def _reply(self, correlation: int, body: bytes) -> None:
        assert correlation in self._unanswered, "a request is answered once"
        assert len(body) <= MAX_BODY_BYTES, "an answer must fit into a frame"
        self._unanswered.remove(correlation)
        if not self._writer.is_closing():
            self._outbox.put(correlation, body)


class LinkServer:
    """Takes requests at an address and gives each to one function."""

    def __init__(self, handle: Handle) -> None:
        """Use `start`."""
        self._handle = handle
        self._connections: dict[_ServedConnection, None] = {}
        self._listener: Listener | None = None

    @classmethod
    async def start(cls, network: Network, address: str, handle: Handle) -> "LinkServer":
        """Serve at ``address``; raises `NetworkError` if it cannot be served.

        ``handle(body, reply)`` is called for each request, in the order of arrival on a
        connection. It must not block and must not raise. It calls ``reply(body)`` once, then or
        later, from the event loop's own thread; a reply to a client that has left is dropped.
        """
        server = cls(handle)
        server._listener = await network.serve(address, server._serve)
        return server

    @property
    def address(self) -> str:
        """Where the server listens, with the real port."""
        assert self._listener is not None
        return self._listener.address

    async def close(self) -> None:
        """Stop listening and break all connections; requests without an answer get none."""
        if self._listener is not None:
            await self._listener.close()
        for connection in list(self._connections):
            connection.abort()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        connection = _ServedConnection(reader, writer, self._handle)
        self._connections[connection] = None
        try:
            await connection.run()
        finally:
            del self._connections[connection]


class _OpenConnection:
    """The client's side of one connection: who waits for which answer."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._outbox = _Outbox(writer)
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, Future[bytes]] = {}
        self._last_correlation = 0
        self._has_ended = False

    @property
    def is_open(self) -> bool:
        """Whether what is written now can still leave."""
        return not self._writer.is_closing()

    async def run(self) -> None:
        """Hand answers to those who wait, until the connection ends; then tell them so."""
        splitter = FrameSplitter()
        try:
            while data := await self._reader.read(READ_BYTES):
                for correlation, body in splitter.feed(data):
                    self._answer(correlation, body)
            self._end("the other side closed the connection")
        except (FrameMalformed, OSError) as error:
            self._end(str(error))
        finally:
            self._end("the link was closed")

    async def call(self, body: bytes, timeout: float) -> bytes:
        """Send ``body`` and wait for its answer."""
        if not self.is_open:
            raise LinkDown("the connection broke; the request was not sent", sent=False)
        if len(self._waiting) >= MAX_WAITING_CALLS:
            raise LinkDown(f"{MAX_WAITING_CALLS} calls wait already; try later", sent=False)
        self._last_correlation += 1
        correlation = self._last_correlation
        answer: Future[bytes] = self._loop.create_future()
        self._waiting[correlation] = answer
        self._outbox.put(correlation, body)
        # One timer a call costs a third of what asyncio.timeout does.
        timer = self._loop.call_later(timeout, self._expire, correlation, timeout)
        try:
            return await answer
        finally:
            timer.cancel()
            self._waiting.pop(correlation, None)

    def close(self) -> None:
        """Break the connection; all who wait learn it."""
        self._end("the link was closed")

    def _answer(self, correlation: int, body: bytes) -> None:
        # An answer nobody waits for any more came after its timeout.
        answer = self._waiting.pop(correlation, None)
        if answer is not None and not answer.done():
            answer.set_result(body)

    def _expire(self, correlation: int, timeout: float) -> None:
        answer = self._waiting.pop(correlation, None)
        if answer is not None and not answer.done():
            answer.set_exception(LinkTimeout(f"no answer within {timeout} s; inquire before retry"))

    def _end(self, why: str) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._writer.transport.abort()
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(LinkDown(f"{why}; the request may have arrived", sent=True))


class LinkClient:
    """Calls the server at one address over one connection, which it makes when first needed.

    While the server cannot be reached, calls fail at once. The first call after a pause tries
    again; the pause doubles from `FIRST_BACKOFF_S` to `MAX_BACKOFF_S`.
    """

    def __init__(self, network: Network, address: str, *, source: str = "") -> None:
        """``source`` names this client to the network (see `Network.connect`)."""
        self._network = network
        self._address = address
        self._source = source
        self._connection: _OpenConnection | None = None
        self._reading: Task[None] | None = None
        self._connecting: Task[_OpenConnection | None] | None = None
        self._backoff_s = 0.0
        self._retry_at = 0.0
        self._failure = ""
        self._is_closed = False

    async def call(self, body: bytes, timeout: float) -> bytes:
        """The answer to ``body``, within ``timeout`` seconds, the connection's making included.

        Raises:
            LinkDown: with ``sent`` False, the other side certainly does not have the request.
            LinkTimeout: the other side may have the request, and may yet carry it out.
            FrameTooLarge: ``body`` is larger than `MAX_BODY_BYTES`; nothing was sent.
        """
        if len(body) > MAX_BODY_BYTES:
            raise FrameTooLarge(f"{len(body)} bytes; at most {MAX_BODY_BYTES} fit into a frame")
        connection = self._connection
        if connection is None or not connection.is_open:
            loop = asyncio.get_running_loop()
            deadline = loop.time() + timeout
            connection = await self._connect(timeout)
            timeout = max(0.0, deadline - loop.time())
        return await connection.call(body, timeout)

    async def close(self) -> None:
        """Break the connection; calls under way and calls to come raise `LinkDown`."""
        self._is_closed = True
        if self._connection is not None:
            self._connection.close()
        for task in (self._connecting, self._reading):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

    async def _connect(self, timeout: float) -> _OpenConnection:
        """Join the attempt that runs, or start one, or fail at once during a pause."""
        if self._is_closed:
            raise self._down("was closed on this side")
        if self._connecting is None:
            loop = asyncio.get_running_loop()
            if loop.time() < self._retry_at:
                raise self._down(self._failure)
            self._connecting = loop.create_task(self._attempt())
        elif self._backoff_s:
            # It was down just now: one call finds out whether it is back, the others do not wait.
            raise self._down(self._failure)
        attempt = self._connecting
        await asyncio.wait([attempt], timeout=timeout)
        if not attempt.done():
            raise self._down("could not be connected in time")
        connection = attempt.result() if not attempt.cancelled() else None
        if connection is None:
            raise self._down(self._failure)
        return connection

    async def _attempt(self) -> _OpenConnection | None:
        """Connect once; on failure say when the next attempt may be made."""
        loop = asyncio.get_running_loop()
        try:
            reader, writer = await self._network.connect(
                self._address, timeout=CONNECT_TIMEOUT_S, source=self._source
            )
        except NetworkError as error:
            self._failure = f"cannot be reached ({error.code})"
            self._backoff_s = min(max(2 * self._backoff_s, FIRST_BACKOFF_S), MAX_BACKOFF_S)
            self._retry_at = loop.time() + self._backoff_s
            return None
        finally:
            self._connecting = None
        self._backoff_s = 0.0
        self._connection = _OpenConnection(reader, writer)
        self._reading = loop.create_task(self._connection.run())
        return self._connection

    def _down(self, why: str) -> LinkDown:
        return LinkDown(f"{self._address} {why}; the request was not sent", sent=False)
