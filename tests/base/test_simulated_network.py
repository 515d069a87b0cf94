"""Simulated lines: latency in order, cuts that are silent, breaks that are not, all by route."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable

import pytest

from tanada.base.network import ConnectTimedOut
from tanada.base.seams import Seams
from tanada.base.simulated_network import Latency, SimulatedNetwork
from tests.base.worlds import in_simulation, simulated

HOST = "tcp://host:1"

Scene = Callable[[SimulatedNetwork], Awaitable[object]]


async def echo(reader: StreamReader, writer: StreamWriter) -> None:
    while data := await reader.read(1_000):
        writer.write(data)


def play(scene: Scene, latency: Latency = Latency(1.0)) -> None:  # noqa: B008 -- frozen
    """Play a scene on a network where bytes take a second and an echo is served at `HOST`."""

    async def main(seams: Seams) -> None:
        network = simulated(seams.network)
        await network.serve(HOST, echo)
        await scene(network)

    in_simulation(main, latency=latency)


def now() -> float:
    return asyncio.get_running_loop().time()


def test_connecting_takes_a_round_trip_and_an_echo_another() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        reader, writer = await network.connect(HOST)
        assert now() == 2.0
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        assert now() == 4.0

    play(scene)


def test_jitter_never_changes_the_order_of_bytes() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        reader, writer = await network.connect(HOST)
        sent = bytes(range(256))
        for byte in sent:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.1)
        assert await reader.readexactly(256) == sent

    play(scene, Latency(0.5, 5.0))


def test_both_ends_know_who_they_talk_to() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        callers = []

        async def look(_: StreamReader, writer: StreamWriter) -> None:
            callers.append(writer.get_extra_info("peername")[0])

        await network.serve("tcp://other:1", look)
        _, writer = await network.connect("tcp://other:1", source="atm-17")
        assert writer.get_extra_info("peername") == "tcp://other:1"
        await asyncio.sleep(0)
        assert callers == ["atm-17"]

    play(scene)


def test_a_cut_line_is_silent_and_delivers_when_it_heals() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        reader, writer = await network.connect(HOST)
        network.cut(HOST)
        writer.write(b"a")
        writer.write(b"b")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 600)
        network.heal(HOST)
        healed = now()
        assert await reader.readexactly(2) == b"ab"
        assert now() == healed + 2.0

    play(scene)


def test_connecting_over_a_cut_line_times_out_or_waits_for_healing() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        network.cut("tcp://host:*")
        with pytest.raises(ConnectTimedOut):
            await network.connect(HOST, timeout=3.0)
        assert now() == 3.0
        asyncio.get_running_loop().call_later(4.0, network.heal, "tcp://host:*")
        await network.connect(HOST, timeout=5.0)
        assert now() == 7.0

    play(scene)


def test_a_cut_of_one_caller_leaves_the_others() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        streams = {n: await network.connect(HOST, source=n) for n in ("atm-1", "atm-2", "desk")}
        network.cut("*", source="atm-*")
        for _, writer in streams.values():
            writer.write(b"x")
        await asyncio.sleep(10)
        heard = [name for name, (reader, _) in streams.items() if _has_data(reader)]
        assert heard == ["desk"]

    play(scene)


def test_a_line_that_two_cuts_cover_heals_with_the_second() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        reader, writer = await network.connect(HOST)
        network.cut(HOST)
        network.cut("*")
        writer.write(b"x")
        network.heal(HOST)
        network.heal("tcp://never-cut:1")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 60)
        network.heal("*")
        assert await reader.read(1) == b"x"

    play(scene)


def test_a_flapping_line_goes_and_comes_back_as_often_as_said() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        flapping = asyncio.create_task(network.flap(HOST, down_s=10, up_s=5, times=3))
        reachable = []
        for _ in range(9):
            await asyncio.sleep(4.9)
            try:
                _, writer = await network.connect(HOST, timeout=0.1)
                reachable.append("yes")
                writer.close()
            except ConnectTimedOut:
                reachable.append("no")
                continue
            await asyncio.sleep(0.1)
        assert flapping.done()
        assert reachable == ["no", "no", "yes"] * 3

    play(scene, Latency(0.0))


def test_a_flap_that_is_stopped_leaves_the_line_healed() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        flapping = asyncio.create_task(network.flap(HOST, down_s=10, up_s=5, times=3))
        await asyncio.sleep(1)
        flapping.cancel()
        await asyncio.wait([flapping])
        await network.connect(HOST)

    play(scene)


def test_a_broken_connection_is_reset_at_both_ends() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        reader, writer = await network.connect(HOST)
        assert network.break_connections(HOST) == 1
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await writer.drain()
        assert network.break_connections("*") == 0

    play(scene)


def test_a_lossy_route_breaks_connections_at_the_given_rate() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        network.set_route(HOST, source="bad", latency=Latency(0.001), loss=0.2)
        broken = {"bad": 0, "good": 0}
        for source in ["bad", "good"] * 500:
            reader, writer = await network.connect(HOST, source=source)
            try:
                writer.write(b"x")
                await reader.readexactly(1)
            except ConnectionResetError:
                broken[source] += 1
            writer.close()
        # Either way may break: 1 - 0.8 * 0.8 of 500 is 180.
        assert broken["good"] == 0
        assert 140 < broken["bad"] < 220

    play(scene, Latency(0.001))


def test_a_route_that_changes_changes_the_connections_on_it() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        reader, writer = await network.connect(HOST)
        network.set_route(HOST, latency=Latency(30.0))
        began = now()
        writer.write(b"x")
        await reader.readexactly(1)
        assert now() == began + 60.0

    play(scene)


def test_writing_to_an_end_that_has_closed_is_answered_with_a_reset() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        async def close_at_once(_: StreamReader, writer: StreamWriter) -> None:
            writer.close()

        await network.serve("tcp://closing:1", close_at_once)
        reader, writer = await network.connect("tcp://closing:1")
        assert await reader.read(1) == b""
        writer.write(b"x")
        await asyncio.sleep(2)
        with pytest.raises(ConnectionResetError):
            await writer.drain()

    play(scene)


def test_connections_that_ended_are_forgotten() -> None:
    async def scene(network: SimulatedNetwork) -> None:
        for _ in range(10):
            _, writer = await network.connect(HOST)
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(10)
        assert not network._connections

    play(scene)


def _has_data(reader: asyncio.StreamReader) -> bool:
    """Whether bytes have arrived that nobody has read."""
    return bool(reader._buffer)  # type: ignore[attr-defined]
