"""The gateway over real sockets: a fault stays on the connection where it happened."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import ECHO
from tanada.channels.atm.gateway import LIMITS, GatewayLimits
from tanada.channels.atm.messages import MAX_FRAME_BYTES, frame
from tanada.operations.commands import Command, Outcome
from tests.channels.atm.scripted import (
    CARD,
    TERMINAL,
    Machine,
    accepted,
    network,
    opened,
    request,
    sealed,
    street,
)

OTHER = 43


async def serves(machine: Machine, terminal: int, stan: int = 1) -> bool:
    answer = await machine.ask(request(terminal=terminal, stan=stan), terminal)
    return answer[f.RESPONSE_CODE] == "00"


def test_a_withdrawal_over_a_socket() -> None:
    async def run() -> None:
        async with street() as here:
            machine = await here.machine(TERMINAL)
            assert await serves(machine, TERMINAL)
            assert [attempt.code for attempt in here.kept.attempts] == ["ok"]

    asyncio.run(run())


def test_messages_sent_ahead_are_answered_in_order() -> None:
    async def run() -> None:
        async with street() as here:
            machine = await here.machine(TERMINAL)
            for stan in range(1, 21):
                machine.send(sealed(request(stan=stan)))
            stans = [opened(await machine.receive())[f.STAN] for _ in range(20)]
            assert stans == [f"{stan:06d}" for stan in range(1, 21)]

    asyncio.run(run())


def test_a_frame_may_arrive_byte_by_byte() -> None:
    async def run() -> None:
        async with street() as here:
            machine = await here.machine(TERMINAL)
            for byte in frame(sealed(request())):
                machine.writer.write(bytes([byte]))
                await machine.writer.drain()
            assert opened(await machine.receive())[f.RESPONSE_CODE] == "00"

    asyncio.run(run())


def test_one_terminal_that_waits_holds_no_other_up() -> None:
    async def run() -> None:
        async with street() as here:
            waiting, other = await here.machine(TERMINAL), await here.machine(OTHER)
            here.door.gate = asyncio.Event()
            waiting.send(sealed(request()))
            while not here.door.commands:
                await asyncio.sleep(0)
            gate, here.door.gate = here.door.gate, None
            assert await serves(other, OTHER)
            gate.set()
            assert opened(await waiting.receive())[f.RESPONSE_CODE] == "00"

    asyncio.run(run())


def test_one_terminal_that_sends_without_pause_leaves_the_others_their_turn() -> None:
    async def run() -> None:
        async with street() as here:
            flooding, other = await here.machine(TERMINAL), await here.machine(OTHER)
            flood = b"".join(frame(sealed(request(stan=stan))) for stan in range(1, 201))
            flooding.writer.write(flood)
            assert await serves(other, OTHER)
            assert len(here.kept.attempts) < 100
            for _ in range(200):
                await flooding.receive()

    asyncio.run(run())


async def oversized(machine: Machine) -> None:
    machine.writer.write((MAX_FRAME_BYTES + 1).to_bytes(2) + b"0200")


async def empty_frame(machine: Machine) -> None:
    machine.writer.write(b"\x00\x00")


async def not_iso(machine: Machine) -> None:
    machine.writer.write(b"GET / HTTP/1.1\r\n\r\n" + b"x" * 20_000)


async def an_answer(machine: Machine) -> None:
    machine.send(sealed(request(mti="0210")))


async def torn_frame(machine: Machine) -> None:
    machine.writer.write(frame(sealed(request()))[:40])
    machine.writer.write_eof()


async def aborted(machine: Machine) -> None:
    machine.writer.write(frame(sealed(request()))[:40])
    machine.writer.transport.abort()


@pytest.mark.parametrize("wrong", [oversized, empty_frame, not_iso, an_answer, torn_frame, aborted])
def test_nonsense_ends_its_own_connection_only(
    wrong: Callable[[Machine], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tanada")

    async def run() -> None:
        async with street() as here:
            good, bad = await here.machine(OTHER), await here.machine(TERMINAL)
            await wrong(bad)
            assert await bad.is_cut()
            assert await serves(good, OTHER)
            assert here.gateway.connections == 1
            assert [a.origin for a in here.kept.attempts if a.code == "ok"] == ["00000043"]

    asyncio.run(run())
    assert str(CARD) not in caplog.text


def test_a_fault_of_our_own_ends_one_connection_and_tells_no_card(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def reply(command: Command) -> Outcome | Exception:
        return RuntimeError(f"card {CARD}") if "00000042" in command.key else accepted(command)

    async def run() -> None:
        async with street(reply=reply) as here:
            good, bad = await here.machine(OTHER), await here.machine(TERMINAL)
            bad.send(sealed(request()))
            assert await bad.is_cut()
            assert await serves(good, OTHER)
            again = await here.machine(TERMINAL)
            assert (await again.ask(network()))[f.RESPONSE_CODE] == "00"

    asyncio.run(run())
    assert "RuntimeError at" in caplog.text
    assert str(CARD) not in caplog.text


def test_connections_are_bounded() -> None:
    async def run() -> None:
        async with street(GatewayLimits(connections=1)) as here:
            first = await here.machine(TERMINAL)
            assert await (await here.machine()).is_cut()
            assert here.gateway.refused_connections == 1
            assert await serves(first, TERMINAL)

    asyncio.run(run())


def test_silent_connections_are_closed_and_signed_on_ones_may_rest() -> None:
    async def run() -> None:
        async with street() as here:
            resting, silent = await here.machine(TERMINAL), await here.machine()
            await silent.ask(network(ECHO))
            here.clock.ahead_s = LIMITS.sign_on_s + 1
            here.gateway.hang_up_on_the_silent()
            assert await silent.is_cut()
            assert await serves(resting, TERMINAL)
            here.clock.ahead_s += LIMITS.idle_s + 1
            here.gateway.hang_up_on_the_silent()
            assert await resting.is_cut()

    asyncio.run(run())


def test_closing_lets_the_answer_under_way_go_out() -> None:
    async def run() -> None:
        async with street() as here:
            busy, idle = await here.machine(TERMINAL), await here.machine(OTHER)
            here.door.gate = asyncio.Event()
            busy.send(sealed(request()))
            while not here.door.commands:
                await asyncio.sleep(0)
            closing = asyncio.create_task(here.gateway.close())
            assert await idle.is_cut()
            here.door.gate.set()
            assert opened(await busy.receive())[f.RESPONSE_CODE] == "00"
            await closing
            assert here.gateway.connections == 0

    asyncio.run(run())
