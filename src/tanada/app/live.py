"""The live bank as a whole: which processes it has, their start, their stop, and how they are."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from tanada.app.places import LiveBank, Places
from tanada.app.preparation import read_policy
from tanada.app.wiring import compartment_links
from tanada.base.errors import BankError
from tanada.base.link import LinkClient
from tanada.base.network import LiveNetwork, NetworkError
from tanada.base.seams import live_seams
from tanada.base.supervisor import ChildSpec, ChildState, Supervisor, is_supervised
from tanada.base.volumes import DirectoryVolume, FileMissing, VolumeError
from tanada.controls.policies import compartment_names
from tanada.operations.commands import Close, CompartmentStatus, Reopen
from tanada.operations.door import ask_status

START_PATIENCE_S: Final = 60.0
CONSOLE_PATIENCE_S: Final = 15.0
LOOKS_PER_S: Final = 20

_STATES_FILE: Final = "processes.json"
_LOG = logging.getLogger(__name__)


class StartTooSlow(BankError):
    """A process of the bank did not answer in time after the start."""

    code = "start_too_slow"
    transient = True


class NoSuchCompartment(BankError):
    """The bank's policy declares no compartment of this name."""

    code = "no_such_compartment"


class CompartmentSilent(BankError):
    """The compartment does not answer."""

    code = "compartment_silent"
    transient = True


class BankStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a bank is: its processes as the supervisor sees them, its compartments by own word.

    A compartment that does not answer is None.
    """

    running: bool
    processes: tuple[ChildState, ...]
    compartments: Mapping[str, CompartmentStatus | None]


def processes(bank: LiveBank, places: Places) -> tuple[ChildSpec, ...]:
    """The processes in the order of their start: what others need comes first."""
    roles = [("database", "database")] if bank.embedded else []
    policy = read_policy(bank.settings.policy)
    roles += [("compartment", name) for name in compartment_names(policy)]
    roles += [(name, name) for name in ("watch", "atm-gateway", "console")]
    command = (sys.executable, "-m", "tanada.app", str(places.root))
    return tuple(ChildSpec(name, (*command, role, name)) for role, name in roles)


@asynccontextmanager
async def running(bank: LiveBank, places: Places) -> AsyncIterator[Supervisor]:
    """Run the bank's processes for as long as the block lasts; all answer when it begins."""
    volume = DirectoryVolume(places.run)

    def write_down(states: tuple[ChildState, ...]) -> None:
        try:
            volume.write(_STATES_FILE, msgspec.json.encode(states))
        except VolumeError as error:
            # What people are shown must not keep a process from being restarted.
            _LOG.warning("the states of the processes were not written down: %s", error)

    supervisor = Supervisor(processes(bank, places), log_folder=places.logs, changed=write_down)
    await supervisor.start()
    try:
        await _until_all_answer(bank, places)
        yield supervisor
    finally:
        await supervisor.stop()


async def status(bank: LiveBank, places: Places) -> BankStatus:
    """Ask everybody how they are."""
    alive = is_supervised(places.lock)
    async with _links(bank, places) as links:
        answers = {name: await ask_status(link) for name, link in links.items()}
    return BankStatus(
        running=alive, processes=_states(places) if alive else (), compartments=answers
    )


async def control_compartment(
    bank: LiveBank, places: Places, name: str, message: Close | Reopen
) -> CompartmentStatus:
    """Close or open a compartment by hand; its state afterwards.

    Raises ``NoSuchCompartment`` and ``CompartmentSilent``.
    """
    async with _links(bank, places) as links:
        if name not in links:
            raise NoSuchCompartment(f"no compartment {name!r}; there are: {', '.join(links)}")
        answer = await ask_status(links[name], message)
    if answer is None:
        raise CompartmentSilent(f"{name} does not answer; tanada status tells what runs")
    return answer


def _states(places: Places) -> tuple[ChildState, ...]:
    try:
        content = DirectoryVolume(places.run).read(_STATES_FILE)
    except FileMissing:
        return ()
    return msgspec.json.decode(content, type=tuple[ChildState, ...])


@asynccontextmanager
async def _links(bank: LiveBank, places: Places) -> AsyncIterator[dict[str, LinkClient]]:
    seams = live_seams(worker_threads=1)
    links = compartment_links(read_policy(bank.settings.policy), places, seams, "operator")
    try:
        yield links
    finally:
        for link in links.values():
            await link.close()


async def _until_all_answer(bank: LiveBank, places: Places) -> None:
    async with _links(bank, places) as links:
        for name, link in links.items():
            for _ in range(int(START_PATIENCE_S * LOOKS_PER_S)):
                if await ask_status(link) is not None:
                    break
                await asyncio.sleep(1 / LOOKS_PER_S)
            else:
                log = places.logs / f"{name}.log"
                raise StartTooSlow(f"{name} does not answer; its log is {log}")
    await _until_served(bank.atm_address, places.logs / "atm-gateway.log")
    try:
        await _until_served(bank.console_address, places.logs / "console.log", CONSOLE_PATIENCE_S)
    except StartTooSlow as error:
        # A page that does not come up is no reason to turn customers away.
        _LOG.warning("the bank opens without its console: %s", error)


async def _until_served(address: str, log: Path, patience_s: float = START_PATIENCE_S) -> None:
    for _ in range(int(patience_s * LOOKS_PER_S)):
        try:
            _, writer = await LiveNetwork().connect(address)
        except NetworkError:
            await asyncio.sleep(1 / LOOKS_PER_S)
            continue
        writer.close()
        return
    raise StartTooSlow(f"nobody serves at {address}; see {log}")
