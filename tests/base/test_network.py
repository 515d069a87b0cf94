"""Connections by address, with typed errors, over real sockets and over simulated lines."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from pathlib import Path

import pytest

from tanada.base.network import (
    READER_LIMIT_BYTES,
    AddressInUse,
    AddressRefused,
    ConnectFailed,
    ConnectRefused,
    ConnectTimedOut,
    LiveNetwork,
    NetworkError,
    _network_error,
)
from tanada.base.seams import Seams
from tests.base.worlds import ANY_ADDRESS, World


async def echo(reader: StreamReader, writer: StreamWriter) -> None:
    while data := await reader.read(1_000):
        writer.write(data)
        await writer.drain()


def test_what_is_sent_comes_back_and_the_end_is_seen(world: World) -> None:
    async def main(seams: Seams) -> bytes:
        listener = await seams.network.serve(ANY_ADDRESS, echo)
        reader, writer = await seams.network.connect(listener.address)
        writer.write(b"0200")
        writer.writelines([b" with", b"drawal"])
        writer.write_eof()
        answer = await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        await listener.close()
        return answer

    assert world.run(main) == b"0200 withdrawal"


def test_a_sender_waits_for_a_reader_that_does_not_read(world: World) -> None:
    size = 64 * READER_LIMIT_BYTES

    async def main(seams: Seams) -> int:
        may_read = asyncio.Event()
        received = asyncio.get_running_loop().create_future()

        async def read_later(reader: StreamReader, _: StreamWriter) -> None:
            await may_read.wait()
            received.set_result(len(await reader.read(-1)))

        listener = await seams.network.serve(ANY_ADDRESS, read_later)
        _, writer = await seams.network.connect(listener.address)
        writer.write(bytes(size))
        draining = asyncio.create_task(writer.drain())
        await asyncio.sleep(0.05)
        assert not draining.done()
        may_read.set()
        await draining
        writer.close()
        await listener.close()
        return await received

    assert world.run(main) == size


def test_nobody_serving_is_refused(world: World) -> None:
    async def main(seams: Seams) -> None:
        listener = await seams.network.serve(ANY_ADDRESS, echo)
        await listener.close()
        with pytest.raises(ConnectRefused, match="nobody serves"):
            await seams.network.connect(listener.address)

    world.run(main)


def test_an_address_is_served_once(world: World) -> None:
    async def main(seams: Seams) -> None:
        listener = await seams.network.serve(ANY_ADDRESS, echo)
        with pytest.raises(AddressInUse, match="in use"):
            await seams.network.serve(listener.address, echo)
        await listener.close()

    world.run(main)


def test_closing_a_listener_leaves_its_connections(world: World) -> None:
    async def main(seams: Seams) -> bytes:
        listener = await seams.network.serve(ANY_ADDRESS, echo)
        reader, writer = await seams.network.connect(listener.address)
        writer.write(b"a")
        assert await reader.readexactly(1) == b"a"
        await listener.close()
        writer.write(b"b")
        answer = await reader.readexactly(1)
        writer.close()
        await writer.wait_closed()
        return answer

    assert world.run(main) == b"b"


def test_a_stream_ends_when_its_handler_does(world: World) -> None:
    async def greet(_: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"closed today")

    async def main(seams: Seams) -> bytes:
        listener = await seams.network.serve(ANY_ADDRESS, greet)
        reader, writer = await seams.network.connect(listener.address)
        greeting = await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        await listener.close()
        return greeting

    assert world.run(main) == b"closed today"


def test_an_abort_is_a_reset_at_the_other_end(world: World) -> None:
    async def main(seams: Seams) -> type[BaseException] | None:
        outcome = asyncio.get_running_loop().create_future()

        async def read_on(reader: StreamReader, _: StreamWriter) -> None:
            try:
                outcome.set_result(await reader.read(-1) and None)
            except ConnectionError as error:
                outcome.set_result(type(error))

        listener = await seams.network.serve(ANY_ADDRESS, read_on)
        _, writer = await seams.network.connect(listener.address)
        sock = writer.get_extra_info("socket")
        if sock is not None:
            # The kernel sends a reset, rather than an orderly end, when told not to linger.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()
        await listener.close()
        return await outcome

    assert world.run(main) is ConnectionResetError


def test_a_unix_socket_is_served_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "s"

    async def main(seams: Seams) -> bytes:
        listener = await seams.network.serve(f"unix://{path}", echo)
        reader, writer = await seams.network.connect(listener.address)
        writer.write(b"x")
        answer = await reader.readexactly(1)
        writer.close()
        await writer.wait_closed()
        await listener.close()
        assert not path.exists()
        with pytest.raises(ConnectRefused):
            await seams.network.connect(listener.address)
        return answer

    assert World("asyncio").run(main) == b"x"


def test_small_answers_are_not_held_back() -> None:
    async def main(seams: Seams) -> list[int]:
        delays = []

        async def look(_: StreamReader, writer: StreamWriter) -> None:
            delays.append(nodelay(writer))

        def nodelay(writer: StreamWriter) -> int:
            sock = writer.get_extra_info("socket")
            return int(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

        listener = await seams.network.serve(ANY_ADDRESS, look)
        reader, writer = await seams.network.connect(listener.address)
        delays.append(nodelay(writer))
        await reader.read(-1)
        writer.close()
        await listener.close()
        return delays

    assert all(World("uvloop").run(main))


@pytest.mark.parametrize(
    "address", ["", "deposits", "http://a:1", "tcp://a", "tcp://:1", "tcp://a:99999", "unix://a"]
)
def test_an_address_of_another_form_is_refused(address: str) -> None:
    async def main() -> None:
        with pytest.raises(AddressRefused):
            await LiveNetwork().connect(address)
        with pytest.raises(AddressRefused):
            await LiveNetwork().serve(address, echo)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("raised", "meant"),
    [
        (ConnectionRefusedError(), ConnectRefused),
        (FileNotFoundError(), ConnectRefused),
        (TimeoutError(), ConnectTimedOut),
        (OSError(98, "Address already in use"), AddressInUse),
        (OSError(113, "No route to host"), ConnectFailed),
        (socket.gaierror(-2, "Name or service not known"), ConnectFailed),
    ],
)
def test_each_error_of_the_system_has_a_meaning(raised: OSError, meant: type[NetworkError]) -> None:
    assert type(_network_error("tcp://a:1", raised)) is meant
