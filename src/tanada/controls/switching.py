"""Setting a switch by hand: a person suspends a product on a channel, or restores it.

Gateways hear of it within the policy's ``switches.poll_seconds``. Every change is in the audit.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tanada.base.database import Connection, load_queries, translate_errors

_QUERIES: Final = load_queries(__package__, "switching.sql")


@dataclass(frozen=True)
class Service:
    """A product on a channel; channel ``*`` stands for all of them."""

    product: str
    channel: str

    def __str__(self) -> str:
        return f"{self.product} on {self.channel}"


@dataclass(frozen=True)
class Order:
    """Who changes a switch, why, and when."""

    actor: str
    reason: str
    at: datetime


def suspend(connection: Connection, service: Service, order: Order) -> None:
    """Suspend the service; if it is suspended already, the reason is replaced."""
    values = {
        "product": service.product,
        "channel": service.channel,
        "reason": order.reason,
        "actor": order.actor,
        "at": order.at,
    }
    with translate_errors(), connection.transaction():
        connection.execute(_QUERIES.suspend, values)
        _audit(connection, "suspend", service, order)


def restore(connection: Connection, service: Service, order: Order) -> bool:
    """Restore the service; False if it was not suspended."""
    values = {"product": service.product, "channel": service.channel}
    with translate_errors(), connection.transaction():
        was_suspended = connection.execute(_QUERIES.restore, values).rowcount > 0
        if was_suspended:
            _audit(connection, "restore", service, order)
    return was_suspended


def _audit(connection: Connection, action: str, service: Service, order: Order) -> None:
    detail = f"{service}: {order.reason}"
    connection.execute(_QUERIES.write_audit, (order.at, order.actor, action, detail))
