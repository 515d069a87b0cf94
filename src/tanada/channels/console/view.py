"""What the console is shown, and by whom: the wiring hands in how to ask for each part.

Every part is asked for by itself and may fail by itself: while the core is down the page still has
the attempts, and the other way round.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tanada.controls.switches import Suspended
from tanada.operations.commands import CompartmentStatus
from tanada.watch.reading import Alarm, Hurt, MinuteCount, ServiceCount


class Meter(msgspec.Struct, frozen=True):
    """How much of a bounded resource is used, in its own unit; ``warn`` is the level of concern."""

    name: str
    used: int
    limit: int
    warn: int
    unit: str


class Machines(msgspec.Struct, frozen=True):
    """What a gateway knows of its machines.

    ``connected`` now, ``in_doubt`` operations whose outcome it is still inquiring, ``media_kept``
    visits of today after which a machine was told to keep something.
    """

    connected: int
    in_doubt: int
    media_kept: int


@dataclass(frozen=True, kw_only=True)
class ConsoleView:
    """How to ask for each part. A call may raise ``BankError`` or take too long.

    ``compartments`` by name, None for one that does not answer. ``gateways`` by channel: whether
    each answers. ``minutes`` are attempts of the last half hour; ``services`` those since the
    beginning of the minute two minutes ago; ``hurt`` whom the bank failed today. ``machines`` is
    None where nobody knows.
    """

    compartments: Callable[[], Awaitable[Mapping[str, CompartmentStatus | None]]]
    gateways: Callable[[], Awaitable[Mapping[str, bool]]]
    switches: Callable[[], Awaitable[Sequence[Suspended]]]
    alarms: Callable[[], Awaitable[Sequence[Alarm]]]
    minutes: Callable[[], Awaitable[Sequence[MinuteCount]]]
    services: Callable[[], Awaitable[Sequence[ServiceCount]]]
    hurt: Callable[[], Awaitable[Sequence[Hurt]]]
    meters: Callable[[], Awaitable[Sequence[Meter]]]
    machines: Callable[[], Awaitable[Machines | None]]
