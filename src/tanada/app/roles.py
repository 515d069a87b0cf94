"""What each process of a live bank is made of, by its role."""

import asyncio
import resource
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from tanada.app.console import serve_operators_console
from tanada.app.gateway import serve_atm_gateway
from tanada.app.places import LiveBank, Places
from tanada.app.preparation import read_policy, start_server
from tanada.app.wiring import core_connector, watch_connector
from tanada.base.errors import SettingsError
from tanada.base.seams import live_seams
from tanada.base.supervisor import until_told_to_stop
from tanada.executions import EXECUTIONS
from tanada.operations.compartment import Compartment
from tanada.operations.execution import Executor
from tanada.watch.alarms import Watcher

SERVER_LOOKS_S: Final = 1.0
"""Between two looks at whether the embedded server still runs."""


COMPARTMENT_BYTES_MAX: Final = 2 * 1024**3
"""Memory of one compartment: beyond it that compartment fails, and no other process does."""


def limit_memory(bytes_max: int) -> None:
    """Let this process have no more writable memory than this."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = bytes_max if hard == resource.RLIM_INFINITY else min(bytes_max, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


async def serve_compartment(bank: LiveBank, places: Places, name: str) -> None:
    """One compartment: its own process, connection, role and limits."""
    limit_memory(COMPARTMENT_BYTES_MAX)
    policy = read_policy(bank.settings.policy)

    # One thread: an executor is used by one at a time.
    seams = live_seams(worker_threads=1)
    executor = Executor(name, core_connector(bank, name, "tanada_compartment"), EXECUTIONS, policy)
    compartment = Compartment(executor, EXECUTIONS, policy, seams)
    await compartment.start(places.address(name))
    await until_told_to_stop()
    await compartment.stop()


async def keep_server(bank: LiveBank, places: Places, _: str) -> None:
    """Bring the embedded PostgreSQL server back when it dies; it is nobody's child."""
    if not bank.embedded:
        return
    stop = asyncio.create_task(until_told_to_stop())
    while not stop.done():
        await asyncio.to_thread(start_server, places)
        await asyncio.wait([stop], timeout=SERVER_LOOKS_S)


async def watch_bank(bank: LiveBank, _: Places, name: str) -> None:
    """Turn facts and failed attempts into alarms, while the core works and while it does not."""
    policy = read_policy(bank.settings.policy)
    seams = live_seams(worker_threads=1)
    watcher = Watcher(
        seams,
        core_connector(bank, name, "tanada_watch"),
        watch_connector(bank, name, "tanada_watch"),
        state_changes_apart=policy.alarms.state_changes_apart,
    )
    watcher.start()
    await until_told_to_stop()
    await watcher.close()


Role = Callable[[LiveBank, Places, str], Coroutine[Any, Any, None]]

ROLES: Final[Mapping[str, Role]] = {
    "compartment": serve_compartment,
    "database": keep_server,
    "watch": watch_bank,
    "atm-gateway": serve_atm_gateway,
    "console": serve_operators_console,
}


def role_named(name: str) -> Role:
    """The role; raises ``SettingsError`` with those that exist."""
    if name not in ROLES:
        raise SettingsError(f"no role {name!r}; there are: {', '.join(ROLES)}")
    return ROLES[name]
