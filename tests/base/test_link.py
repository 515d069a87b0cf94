"""The framed link: many calls at once, each with its own answer or its own honest error."""

import asyncio
import logging
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanada.base.link import (
    MAX_BODY_BYTES,
    FrameMalformed,
    FrameSplitter,
    FrameTooLarge,
    Handle,
    LinkClient,
    LinkDown,
    LinkServer,
    LinkTimeout,
    Reply,
)
from tanada.base.network import Handler, Network
from tanada.base.seams import Seams
from tests.base.worlds import ANY_ADDRESS, World, in_simulation, simulated

frames = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.binary(max_size=40)), max_size=12)


def frame(correlation: int, body: bytes) -> bytes:
    """A frame as the docstring of the module lays it out, written here a second time."""
    return struct.pack(">I", len(body) + 8) + struct.pack(">Q", correlation) + body


def echo(body: bytes, reply: Reply) -> None:
    reply(body)


def ignore(body: bytes, reply: Reply) -> None:
    """Never answer."""


def arrivals(count: int, held: list[Reply] | None = None) -> tuple[asyncio.Event, Handle]:
    """An event that is set when ``count`` requests have come, and what takes and holds them."""
    arrived, replies = asyncio.Event(), [] if held is None else held

    def take(body: bytes, reply: Reply) -> None:
        replies.append(reply)
        if len(replies) == count:
            arrived.set()

    return arrived, take


@asynccontextmanager
async def client_of(network: Network, handler: Handler) -> AsyncIterator[LinkClient]:
    """A client of a server that a test writes by hand."""
    listener = await network.serve(ANY_ADDRESS, handler)
    client = LinkClient(network, listener.address)
    yield client
    await client.close()
    await listener.close()


# --- frames -------------------------------------------------------------------------------------


@given(frames, st.data())
def test_frames_are_found_wherever_the_stream_was_cut(
    sent: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(frame(*each) for each in sent)
    borders = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    splitter, found = FrameSplitter(), list[tuple[int, bytes]]()
    for start, end in zip([0, *borders], [*borders, len(stream)], strict=True):
        found += splitter.feed(stream[start:end])
    assert found == sent


@given(frames, st.integers(0, 7) | st.integers(1024 * 1024 + 1, 2**32 - 1))
def test_a_length_that_cannot_be_is_refused_after_the_frames_before_it(
    sent: list[tuple[int, bytes]], length: int
) -> None:
    stream = b"".join(frame(*each) for each in sent) + struct.pack(">IQ", length, 1)
    found = FrameSplitter().feed(stream)
    assert list(islice(found, len(sent))) == sent
    with pytest.raises(FrameMalformed):
        next(found)


# --- calls --------------------------------------------------------------------------------------


def test_many_calls_at_once_get_each_its_own_answer_in_any_order(world: World) -> None:
    async def main(seams: Seams) -> None:
        waiting: list[tuple[bytes, Reply]] = []

        def answer_backwards(body: bytes, reply: Reply) -> None:
            waiting.append((body, reply))
            if len(waiting) == 100:
                while waiting:
                    earlier, reply_earlier = waiting.pop()
                    reply_earlier(earlier * 2)

        server = await LinkServer.start(seams.network, ANY_ADDRESS, answer_backwards)
        client = LinkClient(seams.network, server.address)
        answers = await asyncio.gather(*(client.call(b"%d," % n, 30) for n in range(1_000)))
        assert answers == [b"%d,%d," % (n, n) for n in range(1_000)]
        await client.close()
        await server.close()

    world.run(main)


@pytest.mark.parametrize("size", [0, 1, 65_536, MAX_BODY_BYTES])
def test_bodies_of_every_size_arrive_whole(world: World, size: int) -> None:
    async def main(seams: Seams) -> None:
        server = await LinkServer.start(seams.network, ANY_ADDRESS, echo)
        client = LinkClient(seams.network, server.address)
        body = bytes(range(256)) * (size // 256) + bytes(size % 256)
        assert await client.call(body, 30) == body
        await client.close()
        await server.close()

    world.run(main)


def test_a_body_that_fits_no_frame_is_refused_and_the_link_goes_on(world: World) -> None:
    async def main(seams: Seams) -> None:
        server = await LinkServer.start(seams.network, ANY_ADDRESS, echo)
        client = LinkClient(seams.network, server.address)
        with pytest.raises(FrameTooLarge):
            await client.call(bytes(MAX_BODY_BYTES + 1), 30)
        assert await client.call(b"x", 30) == b"x"
        await client.close()
        await server.close()

    world.run(main)


def test_calls_of_one_turn_leave_in_one_write() -> None:
    async def main(seams: Seams) -> int:
        reads = []

        async def read_only(reader: StreamReader, _: StreamWriter) -> None:
            while data := await reader.read(1_000_000):
                reads.append(data)

        async with client_of(seams.network, read_only) as client:
            calls = [asyncio.create_task(client.call(b"x" * 100, 5)) for _ in range(50)]
            await asyncio.wait(calls)
        assert all(isinstance(call.exception(), LinkTimeout) for call in calls)
        return len(reads)

    assert in_simulation(main) == 1


def test_an_answer_that_comes_in_pieces_is_put_together(world: World) -> None:
    async def dribble(reader: StreamReader, writer: StreamWriter) -> None:
        _, correlation = struct.unpack(">IQ", await reader.readexactly(12))
        for byte in frame(correlation, b"whole") + frame(correlation + 1, b"too")[:7]:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read(-1)

    async def main(seams: Seams) -> bytes:
        async with client_of(seams.network, dribble) as client:
            return await client.call(b"", 30)

    assert world.run(main) == b"whole"


def test_a_late_answer_is_not_taken_for_that_of_another_call(world: World) -> None:
    async def main(seams: Seams) -> None:
        held: list[Reply] = []

        def hold_the_first(body: bytes, reply: Reply) -> None:
            if body == b"first":
                held.append(reply)
                return
            for late in held:
                late(b"late")
            reply(body)

        server = await LinkServer.start(seams.network, ANY_ADDRESS, hold_the_first)
        client = LinkClient(seams.network, server.address)
        assert await client.call(b"warm-up", 30) == b"warm-up"
        with pytest.raises(LinkTimeout, match="inquire"):
            await client.call(b"first", 0.2)
        assert await client.call(b"second", 30) == b"second"
        await client.close()
        await server.close()

    world.run(main)


def test_a_caller_that_is_cancelled_does_not_disturb_the_others(world: World) -> None:
    async def main(seams: Seams) -> bytes:
        server = await LinkServer.start(seams.network, ANY_ADDRESS, echo)
        client = LinkClient(seams.network, server.address)
        await client.call(b"", 30)
        cancelled = asyncio.create_task(client.call(b"cancelled", 30))
        other = asyncio.create_task(client.call(b"other", 30))
        await asyncio.sleep(0)
        cancelled.cancel()
        answer = await other
        assert cancelled.cancelled()
        await client.close()
        await server.close()
        return answer

    assert world.run(main) == b"other"


# --- the link is down ---------------------------------------------------------------------------


def test_without_a_server_nothing_was_sent_and_the_link_comes_back_with_it(world: World) -> None:
    async def main(seams: Seams) -> None:
        server = await LinkServer.start(seams.network, ANY_ADDRESS, echo)
        await server.close()
        client = LinkClient(seams.network, server.address)
        with pytest.raises(LinkDown, match="cannot be reached") as down:
            await client.call(b"x", 30)
        assert not down.value.sent
        server = await LinkServer.start(seams.network, server.address, echo)
        while await outcome_of(client) != "answered":
            await asyncio.sleep(0.01)
        await client.close()
        await server.close()

    world.run(main)


async def outcome_of(client: LinkClient) -> str:
    """Whether a call is answered, or how it is not."""
    try:
        await client.call(b"x", 30)
    except LinkDown as down:
        return "may have been sent" if down.sent else "not sent"
    return "answered"


def test_during_the_pause_after_a_failure_calls_fail_at_once() -> None:
    async def main(seams: Seams) -> None:
        client = LinkClient(seams.network, "unix:///server")
        assert await outcome_of(client) == "not sent"
        await LinkServer.start(seams.network, "unix:///server", echo)
        began = seams.clock.monotonic()
        assert await outcome_of(client) == "not sent"
        assert seams.clock.monotonic() == began
        await asyncio.sleep(0.05)
        assert await outcome_of(client) == "answered"

    in_simulation(main)


def test_while_it_is_down_one_call_tries_and_the_others_do_not_wait() -> None:
    async def main(seams: Seams) -> None:
        network = simulated(seams.network)
        server = await LinkServer.start(network, ANY_ADDRESS, echo)
        client = LinkClient(network, server.address)
        network.cut(server.address)
        first = await asyncio.gather(
            *(client.call(b"", 5) for _ in range(3)), return_exceptions=True
        )
        assert seams.clock.monotonic() == 1.0  # all three waited for the first attempt
        await asyncio.sleep(0.06)
        trying = asyncio.create_task(client.call(b"", 5))
        await asyncio.sleep(0.01)
        began = seams.clock.monotonic()
        with pytest.raises(LinkDown) as down:
            await client.call(b"", 5)
        assert seams.clock.monotonic() == began
        assert not down.value.sent
        network.heal(server.address)
        assert await trying == b""
        assert [type(error) for error in first] == [LinkDown] * 3

    in_simulation(main)


def test_attempts_become_rarer_but_at_least_one_a_second_is_made() -> None:
    async def main(seams: Seams) -> list[float]:
        client = LinkClient(seams.network, "unix:///nobody")
        attempts: list[float] = []
        while len(attempts) < 8:
            began = seams.clock.monotonic()
            with pytest.raises(LinkDown):
                await client.call(b"", 5)
            if seams.clock.monotonic() > began:
                attempts.append(began)
            await asyncio.sleep(0.005)
        return [round(after - before, 2) for before, after in pairwise(attempts)]

    pauses = in_simulation(main)
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.1
    assert 1.0 <= pauses[-1] < 1.1


def test_a_call_that_ends_before_the_connection_stands_was_not_sent() -> None:
    async def main(seams: Seams) -> None:
        network = simulated(seams.network)
        server = await LinkServer.start(network, ANY_ADDRESS, echo)
        network.cut(server.address)
        with pytest.raises(LinkDown, match="in time") as down:
            await LinkClient(network, server.address).call(b"", 0.5)
        assert not down.value.sent

    in_simulation(main)


def test_when_the_server_dies_what_was_sent_may_have_arrived(world: World) -> None:
    async def main(seams: Seams) -> None:
        arrived, take = arrivals(3)
        server = await LinkServer.start(seams.network, ANY_ADDRESS, take)
        client = LinkClient(seams.network, server.address)
        calls = [asyncio.create_task(client.call(b"x", 30)) for _ in range(3)]
        await arrived.wait()
        await server.close()
        await asyncio.wait(calls)
        errors = [call.exception() for call in calls]
        assert [isinstance(error, LinkDown) and error.sent for error in errors] == [True] * 3
        with pytest.raises(LinkDown) as down:
            await client.call(b"x", 30)
        assert not down.value.sent
        await client.close()

    world.run(main)


def test_a_cut_line_is_a_timeout_and_heals_by_itself() -> None:
    async def main(seams: Seams) -> None:
        network = simulated(seams.network)
        server = await LinkServer.start(network, ANY_ADDRESS, echo)
        client = LinkClient(network, server.address, source="gateway")
        assert await client.call(b"before", 1) == b"before"
        network.cut("*", source="gateway")
        with pytest.raises(LinkTimeout):
            await client.call(b"lost", 1)
        network.heal("*", source="gateway")
        assert await client.call(b"after", 1) == b"after"

    in_simulation(main)


def test_closing_tells_those_who_wait_and_refuses_those_who_come(world: World) -> None:
    async def main(seams: Seams) -> None:
        arrived, take = arrivals(1)
        server = await LinkServer.start(seams.network, ANY_ADDRESS, take)
        client = LinkClient(seams.network, server.address)
        call = asyncio.create_task(client.call(b"x", 30))
        await arrived.wait()
        await client.close()
        with pytest.raises(LinkDown) as down:
            await call
        assert down.value.sent
        with pytest.raises(LinkDown) as down:
            await client.call(b"x", 30)
        assert not down.value.sent
        await server.close()

    world.run(main)


def test_closing_while_it_connects_ends_the_call() -> None:
    async def main(seams: Seams) -> None:
        network = simulated(seams.network)
        network.cut("*")
        client = LinkClient(network, ANY_ADDRESS)
        call = asyncio.create_task(client.call(b"x", 30))
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises(LinkDown) as down:
            await call
        assert not down.value.sent

    in_simulation(main)


# --- the other side breaks the rules ------------------------------------------------------------


def test_a_malformed_frame_closes_its_connection_and_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(seams: Seams) -> None:
        server = await LinkServer.start(seams.network, ANY_ADDRESS, echo)
        client = LinkClient(seams.network, server.address)
        await client.call(b"", 30)
        reader, writer = await seams.network.connect(server.address)
        writer.write(frame(1, b"good") + b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1_000)
        writer.close()
        assert await client.call(b"undisturbed", 30) == b"undisturbed"
        await client.close()
        await server.close()

    with caplog.at_level(logging.WARNING):
        world.run(main)
    assert "link connection closed" in caplog.text
    assert "GET" not in caplog.text


def test_a_correlation_id_that_is_used_twice_at_a_time_closes_the_connection(world: World) -> None:
    async def main(seams: Seams) -> None:
        server = await LinkServer.start(seams.network, ANY_ADDRESS, ignore)
        reader, writer = await seams.network.connect(server.address)
        writer.write(frame(7, b"") + frame(7, b""))
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()
        await server.close()

    world.run(main)


def test_a_client_that_asks_without_end_loses_its_connection(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tanada.base.link.MAX_UNANSWERED_REQUESTS", 10)

    async def main(seams: Seams) -> None:
        server = await LinkServer.start(seams.network, ANY_ADDRESS, ignore)
        client = LinkClient(seams.network, server.address)
        calls = [asyncio.create_task(client.call(b"", 30)) for _ in range(11)]
        await asyncio.wait(calls)
        assert all(isinstance(call.exception(), LinkDown) for call in calls)
        await client.close()
        await server.close()

    world.run(main)


def test_a_server_that_answers_nonsense_is_down(world: World) -> None:
    async def babble(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readexactly(12)
        writer.write(b"\xff" * 100)
        await reader.read(-1)

    async def main(seams: Seams) -> None:
        async with client_of(seams.network, babble) as client:
            with pytest.raises(LinkDown, match="cannot be") as down:
                await client.call(b"", 30)
        assert down.value.sent

    world.run(main)


def test_a_client_that_does_not_read_loses_its_connection(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tanada.base.link.MAX_UNREAD_BYTES", 4 * MAX_BODY_BYTES)

    async def main(seams: Seams) -> None:
        def answer_at_length(body: bytes, reply: Reply) -> None:
            reply(bytes(MAX_BODY_BYTES))

        server = await LinkServer.start(seams.network, ANY_ADDRESS, answer_at_length)
        reader, writer = await seams.network.connect(server.address)
        writer.write(b"".join(frame(n, b"") for n in range(40)))
        await asyncio.sleep(0.2)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(40 * MAX_BODY_BYTES)
        writer.close()
        await server.close()

    world.run(main)


def test_a_reply_to_a_client_that_has_left_is_dropped(world: World) -> None:
    async def main(seams: Seams) -> None:
        held: list[Reply] = []
        arrived, take = arrivals(1, held)
        server = await LinkServer.start(seams.network, ANY_ADDRESS, take)
        client = LinkClient(seams.network, server.address)
        call = asyncio.create_task(client.call(b"x", 30))
        await arrived.wait()
        await client.close()
        await asyncio.wait([call])
        assert isinstance(call.exception(), LinkDown)
        await asyncio.sleep(0.1)
        held[0](b"too late")
        await server.close()

    world.run(main)
