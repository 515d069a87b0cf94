"""The weather over the bank: quiet, watch or storm, and what each terrace looks like.

Pure functions of one sight; what they decide is drawn by ``terraces`` and worded by ``words``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from tanada.channels.console.lookout import Rate, Sight
from tanada.operations.commands import CompartmentStatus

Weather = Literal["quiet", "watch", "storm"]
State = Literal["open", "strained", "closed", "silent"]

ALARM_IS_NEWS: Final = timedelta(minutes=10)
"""How long an alarm that nobody acknowledged colours the sky."""
FAILURES_OF_A_STORM_PERMILLE: Final = 50
LOWEST_WATER: Final = 0.18
"""An open terrace shows some water, however badly it fares."""
GATEWAYS: Final = "gateways"
SERVICES_SHOWN: Final = timedelta(minutes=2)


@dataclass(frozen=True)
class Field:
    """One terrace's field: a compartment or a gateway. ``water`` is 0 to 1."""

    name: str
    state: State
    water: float
    per_minute: int
    waiting: int
    reason: str


@dataclass(frozen=True)
class Terrace:
    """Fields at one height of the hill: gateways, or the compartments of one group."""

    name: str
    fields: tuple[Field, ...]


def terraces_of(sight: Sight) -> list[Terrace]:
    """The hill from the top: gateways, and then each group of compartments in its order."""
    groups: dict[str, list[Field]] = {}
    for name, status in sight.compartments.value.items():
        group = name.rpartition("-")[0] or name
        groups.setdefault(group, []).append(_field(name, status, sight.rates.get(name, Rate())))
    hill = [Terrace(name, tuple(fields)) for name, fields in groups.items()]
    gateways = tuple(_gateways(sight))
    return [Terrace(GATEWAYS, gateways), *hill] if gateways else hill


def _field(name: str, status: CompartmentStatus | None, rate: Rate) -> Field:
    if status is None:
        return Field(name, "silent", 0.0, 0, 0, "")
    if not status.open:
        return Field(name, "closed", 0.0, rate.operations, status.waiting, status.closed_reason)
    strained = rate.failed or status.open_breakers or status.waiting * 2 > status.mailbox_limit
    return Field(
        name,
        "strained" if strained else "open",
        _water(rate.failed, rate.operations),
        rate.operations,
        status.waiting,
        ", ".join(status.open_breakers),
    )


def _gateways(sight: Sight) -> Iterator[Field]:
    for channel, answers in sight.gateways.value.items():
        # What fails behind a gateway is shown where it fails; the gateway itself answers or not.
        total = sum(c.attempts for c in sight.services.value if c.channel == channel)
        seconds = (sight.at - services_from(sight.at)) // timedelta(seconds=1)
        state: State = "open" if answers else "silent"
        yield Field(channel, state, 1.0 if answers else 0.0, total * 60 // seconds, 0, "")


def _water(failed: int, total: int) -> float:
    """The share of operations that did not fail."""
    return max(LOWEST_WATER, 1 - failed / total) if total else 1.0


def services_from(now: datetime) -> datetime:
    """The beginning of the minutes that ``services`` counts: they are whole but for the last."""
    return (now - SERVICES_SHOWN).replace(second=0, microsecond=0)


def weather_of(sight: Sight) -> Weather:
    """``storm``: customers are failed or a terrace is gone. ``watch``: somebody should look."""
    states = {field.state for terrace in terraces_of(sight) for field in terrace.fields}
    alarms = [
        alarm.severity
        for alarm in sight.alarms.value
        if not alarm.acknowledged_by and sight.at - alarm.last_at < ALARM_IS_NEWS
    ]
    if (
        states & {"closed", "silent"}
        or "critical" in alarms
        or failing_permille(sight) >= (FAILURES_OF_A_STORM_PERMILLE)
    ):
        return "storm"
    above = any(meter.used >= meter.warn for meter in sight.meters.value)
    uneasy = "strained" in states or "warning" in alarms or above
    return "watch" if uneasy or sight.switches.value or sight.stale else "quiet"


def failing_permille(sight: Sight) -> int:
    """Of the attempts of the last minutes, how many in a thousand the bank failed."""
    total = sum(count.attempts for count in sight.services.value)
    failed = sum(c.attempts for c in sight.services.value if c.kind in ("failed", "unknown"))
    return failed * 1000 // total if total else 0


@dataclass(frozen=True)
class Damage:
    """Fields that hold no water (``out``), of ``all``; whether all others are without fault."""

    out: int
    all: int
    others_hold: bool


def damage(terraces: list[Terrace]) -> Damage:
    """How far the fault reaches."""
    states = [field.state for terrace in terraces for field in terrace.fields]
    out = sum(state in ("closed", "silent") for state in states)
    return Damage(out, len(states), "strained" not in states and out < len(states))
