"""``tanada switch``: suspend a product on a channel, and restore it."""

import getpass
from typing import Annotated, Literal

from cyclopts import App, Parameter

from tanada.base.settings import Settings, read_settings
from tanada.cli.options import DatabaseUrl, DataDir, Reason
from tanada.cli.screen import show

GROUP = App(name="switch", help="Suspend a product on a channel, and restore it.")

Product = Annotated[Literal["deposits", "time_deposits"], Parameter(help="the product")]
Channel = Annotated[
    Literal["atm", "direct", "desk", "batch", "*"], Parameter(help="the channel; * for all")
]


@GROUP.command
def suspend(
    product: Product,
    channel: Channel,
    /,
    *,
    reason: Reason,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Stop a product on a channel, everywhere, within 5 seconds; other products go on."""
    settings = read_settings({"data_dir": data_dir, "database_url": database_url})
    _set(settings, product, channel, reason, suspended=True)
    show(f"{product} on {channel} is suspended")


@GROUP.command
def restore(
    product: Product,
    channel: Channel,
    /,
    *,
    reason: Reason,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Let a suspended product work on a channel again."""
    settings = read_settings({"data_dir": data_dir, "database_url": database_url})
    changed = _set(settings, product, channel, reason, suspended=False)
    show(f"{product} on {channel} {'is restored' if changed else 'was not suspended'}")


def _set(settings: Settings, product: str, channel: str, reason: str, *, suspended: bool) -> bool:
    """Whether anything changed."""
    from tanada.app.preparation import core_url  # noqa: PLC0415 -- see cli/README.md
    from tanada.base.clock import LiveClock  # noqa: PLC0415
    from tanada.base.database import connect  # noqa: PLC0415
    from tanada.controls import switching  # noqa: PLC0415

    service = switching.Service(product, channel)
    order = switching.Order(getpass.getuser(), reason, LiveClock().now())
    with (
        core_url(settings) as url,
        connect(url, application="tanada switch", role="tanada_console") as connection,
    ):
        if suspended:
            switching.suspend(connection, service, order)
            return True
        return switching.restore(connection, service, order)
