"""What several processes of a live bank are wired with."""

from collections.abc import Callable

from tanada.app.places import LiveBank, Places
from tanada.base.database import Connection, connect
from tanada.base.link import LinkClient
from tanada.base.seams import Seams
from tanada.controls.policies import Policy, compartment_names

Connector = Callable[[], Connection]


def compartment_links(
    policy: Policy, places: Places, seams: Seams, source: str
) -> dict[str, LinkClient]:
    """A link to each compartment of the policy, by name."""
    return {
        name: LinkClient(seams.network, places.address(name), source=source)
        for name in compartment_names(policy)
    }


def core_connector(bank: LiveBank, process: str, role: str) -> Connector:
    """Opens connections to the core database that act as ``role``."""

    def connect_to_core() -> Connection:
        return connect(bank.core_url, application=f"tanada {process}", role=role)

    return connect_to_core


def watch_connector(bank: LiveBank, process: str, role: str) -> Connector:
    """Opens connections to the watch database that act as ``role``."""

    def connect_to_watch() -> Connection:
        return connect(bank.watch_url, application=f"tanada {process}", role=role)

    return connect_to_watch
