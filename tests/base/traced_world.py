"""A small world in which much happens at once, and the SHA-256 of all that happened."""

import asyncio
from hashlib import sha256

from tanada.base.errors import BankError
from tanada.base.ids import IdSource
from tanada.base.link import LinkClient, LinkServer, Reply
from tanada.base.seams import Seams
from tanada.base.simulated_network import Latency
from tests.base.worlds import in_simulation, simulated

SERVER = "unix:///run/server"


def trace(seed: int) -> str:
    """The hash of a run: callers over a bad network, a flapping line, a group that is aborted."""
    events: list[str] = []

    async def main(seams: Seams) -> None:
        await _live(seams, events)

    in_simulation(main, seed=seed)
    assert len(events) > 500
    return sha256("\n".join(events).encode()).hexdigest()


async def _live(seams: Seams, events: list[str]) -> None:
    network = simulated(seams.network)
    network.set_route(SERVER, source="bad-*", latency=Latency(0.02, 0.1), loss=0.05)
    chance = seams.randomness.stream("server")
    loop = asyncio.get_running_loop()

    def handle(body: bytes, reply: Reply) -> None:
        events.append(f"{seams.clock.now()} got {body!r}")
        loop.call_later(chance.random() * 0.3, reply, body)

    server = await LinkServer.start(network, SERVER, handle)
    flapping = asyncio.create_task(network.flap(SERVER, down_s=0.7, up_s=0.5, times=3))
    ids = IdSource(seams.clock, node=3)
    names = [f"{quality}-{n}" for n in range(8) for quality in ("good", "bad")]
    await asyncio.gather(*(_call_often(seams, ids, name, events) for name in names))
    await flapping
    await _abort_a_group(events)
    await server.close()


async def _call_often(seams: Seams, ids: IdSource, name: str, events: list[str]) -> None:
    client = LinkClient(seams.network, SERVER, source=name)
    pause = seams.randomness.stream("caller", name)
    for _ in range(20):
        try:
            answer = await client.call(f"{name} {ids.next_id()}".encode(), timeout=0.5)
            events.append(f"{seams.clock.now()} {name} {answer!r}")
        except BankError as error:
            events.append(f"{seams.clock.now()} {name} {error.code}")
        await asyncio.sleep(pause.random() * 0.2)
    await client.close()


async def _abort_a_group(events: list[str]) -> None:
    """asyncio cancels the children in the order of a set: by memory address, if we let it."""

    async def child(number: int) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            events.append(f"child {number} ends")

    async def culprit() -> None:
        await asyncio.sleep(1)
        raise TimeoutError

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(100):
                group.create_task(child(number))
            group.create_task(culprit())
    except* TimeoutError:
        events.append("the group was aborted")
