"""The process of the ATM gateway: its door, its attempts store, its address."""

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec

from tanada.app.places import LiveBank, Places
from tanada.app.preparation import project_file, read_policy
from tanada.app.wiring import compartment_links, watch_connector
from tanada.base.ids import IdSource
from tanada.base.link import LinkServer, Reply
from tanada.base.seams import live_seams
from tanada.base.supervisor import until_told_to_stop
from tanada.base.volumes import DirectoryVolume
from tanada.channels.atm.exchange import AtmChannel
from tanada.channels.atm.gateway import AtmGateway
from tanada.channels.atm.keys import AtmKeys
from tanada.channels.atm.transactions import CHANNEL
from tanada.controls.custody import CustodyMatrix, custody_version, parse_custody
from tanada.controls.policies import Policy
from tanada.executions import EXECUTIONS
from tanada.operations.commands import Command, InquireOutcome, Outcome, Reverse
from tanada.operations.door import Door
from tanada.watch.attempts import Attempt
from tanada.watch.store import AttemptStore

NODE: Final = 1
"""Number of this gateway among those that number attempts."""
CUSTODY_FILE: Final = "policies/custody.toml"


class GatewayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the gateway is: open connections of machines, and commands without an outcome yet."""

    connections: int
    in_doubt: int


def read_custody(policy: Policy) -> CustodyMatrix:
    """The version of the custody rules that the policy names. Raises ``PolicyError``."""
    file = project_file(CUSTODY_FILE)
    return custody_version(parse_custody(file.text, file.name), policy.custody)


async def serve_atm_gateway(bank: LiveBank, places: Places, name: str) -> None:
    """Serve machines until told to stop."""
    policy = read_policy(bank.settings.policy)
    seams = live_seams(worker_threads=2)
    connector = watch_connector(bank, name, "tanada_gateway")
    store = AttemptStore(seams, connector, DirectoryVolume(places.spool), name=name)

    def settle(command: Command, outcome: Outcome) -> None:
        store.settle(command.key, outcome.kind, outcome.code)

    links = compartment_links(policy, places, seams, name)
    door = Door(seams, EXECUTIONS, policy, links, on_settled=settle)
    channel = AtmChannel(
        door=door,
        attempts=store,
        custody=read_custody(policy),
        keys=AtmKeys.load(places.keys),
        clock=seams.clock,
        ids=IdSource(seams.clock, NODE),
    )
    store.start()
    door.start()
    gateway = await AtmGateway.start(seams.network, bank.atm_address, channel)

    def tell(_: bytes, reply: Reply) -> None:
        status = GatewayStatus(connections=gateway.connections, in_doubt=len(door.in_doubt))
        reply(msgspec.msgpack.encode(status))

    status_server = await LinkServer.start(seams.network, places.address(name), tell)
    settling = asyncio.create_task(_settle_predecessors_doubts(door, store, policy))
    await until_told_to_stop()
    settling.cancel()
    await status_server.close()
    await gateway.close()
    await door.close()
    await store.close()


async def _settle_predecessors_doubts(door: Door, store: AttemptStore, policy: Policy) -> None:
    """Find out what came of the attempts that a killed gateway left without an outcome.

    Its machines got no answer and cancel by themselves; here only the truth is written down.
    """
    if not policy.inquiry.enabled:
        return
    by_product: dict[str, list[Attempt]] = {}
    for attempt in await store.unknown_attempts(CHANNEL):
        by_product.setdefault(attempt.product, []).append(attempt)
    # One product that cannot be asked must not hold up the others.
    await asyncio.gather(*(_settle(some, door, store, policy) for some in by_product.values()))


async def _settle(
    attempts: Iterable[Attempt], door: Door, store: AttemptStore, policy: Policy
) -> None:
    for attempt in attempts:
        pause = policy.inquiry.first_seconds
        while (outcome := await door.ask(_question(attempt))) is None:
            await asyncio.sleep(pause)
            pause = min(2 * pause, policy.inquiry.longest_seconds)
        store.settle(attempt.key, outcome.kind, outcome.code)


def _question(attempt: Attempt) -> InquireOutcome:
    return InquireOutcome(
        key=attempt.key,
        account=attempt.account,
        product=attempt.product,
        channel=attempt.channel,
        origin=attempt.origin,
        # The machine sends its cancellation until it is confirmed, and must not find it barred.
        bars=attempt.operation != Reverse.__name__,
    )
