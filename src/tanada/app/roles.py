"""What each process of a live bank is made of, by its role."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from tanada.app.places import LiveBank, Places
from tanada.app.preparation import read_policy, start_server
from tanada.base.database import Connection, connect
from tanada.base.errors import SettingsError
from tanada.base.link import LinkClient
from tanada.base.seams import Seams, live_seams
from tanada.base.supervisor import until_told_to_stop
from tanada.controls.policies import Policy, compartment_names
from tanada.executions import EXECUTIONS
from tanada.operations.compartment import Compartment
from tanada.operations.execution import Executor

SERVER_LOOKS_S: Final = 1.0
"""Between two looks at whether the embedded server still runs."""


def compartment_links(
    policy: Policy, places: Places, seams: Seams, source: str
) -> dict[str, LinkClient]:
    """A link to each compartment of the policy, by name."""
    return {
        name: LinkClient(seams.network, places.address(name), source=source)
        for name in compartment_names(policy)
    }


async def serve_compartment(bank: LiveBank, places: Places, name: str) -> None:
    """One compartment: its own process, connection, role and limits."""
    policy = read_policy(bank.settings.policy)

    def connect_to_core() -> Connection:
        return connect(bank.core_url, application=f"tanada {name}", role="tanada_compartment")

    # One thread: an executor is used by one at a time.
    seams = live_seams(worker_threads=1)
    executor = Executor(name, connect_to_core, EXECUTIONS, policy)
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


Role = Callable[[LiveBank, Places, str], Coroutine[Any, Any, None]]

ROLES: Final[Mapping[str, Role]] = {
    "compartment": serve_compartment,
    "database": keep_server,
}


def role_named(name: str) -> Role:
    """The role; raises ``SettingsError`` with those that exist."""
    if name not in ROLES:
        raise SettingsError(f"no role {name!r}; there are: {', '.join(ROLES)}")
    return ROLES[name]
