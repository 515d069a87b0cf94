"""Runs written down by hand, for tests of what is measured of them."""

from datetime import datetime
from typing import Final

import msgspec

from tanada.app.drills import library
from tanada.base.clock import JST
from tanada.channels.atm.keys import AtmKeys
from tanada.controls.policies import Medium, Policy
from tanada.counterparts.fleet import FleetSnapshot, Sample
from tanada.counterparts.visits import Media, VisitKind, VisitRecord, Wish
from tanada.customers.demonstration import Population
from tanada.drills.evidence import Evidence, RaisedAlarm
from tanada.drills.running import Played, Setting
from tanada.drills.timeline import Line

LIBRARY: Final = library("2021-02-28")
KEYS: Final = AtmKeys(b"m" * 32, b"p" * 32)


def at(clock: str, day: int = 28) -> datetime:
    """A moment of the day of the drill: 09:50 or 09:50:30."""
    return datetime.fromisoformat(f"2021-{2 if day == 28 else 3:02}-{day:02} {clock}").replace(
        tzinfo=JST
    )


def visit(
    clock: str,
    code: str = "ok",
    *,
    wish: Wish = Wish.WITHDRAWAL,
    kind: VisitKind | None = None,
    terminal: int = 1,
    customer: int = 1,
    retained: Media = (),
) -> VisitRecord:
    """One visit; its number is the minute, so that the twin's of that minute is the same."""
    moment = at(clock)
    number = moment.hour * 60 + moment.minute
    kind = kind or ("accepted" if code == "ok" else "failed")
    return VisitRecord(
        terminal, number, moment.timestamp(), customer, customer, wish, 10_000, kind, code, retained
    )


def line(clock: str, kind: str, who: str = "somebody", detail: str = "") -> Line:
    """One line of the timeline."""
    return Line(at(clock), who, kind, detail)


def alarm(raised: str, kind: str, about: str = "") -> RaisedAlarm:
    """An alarm that was raised at a time, about something at that or an earlier time."""
    return RaisedAlarm(at(raised), at(about or raised), "core", kind)


def evidence(lines: tuple[Line, ...] = (), alarms: tuple[RaisedAlarm, ...] = ()) -> Evidence:
    """Evidence of a run in which nothing is left over."""
    return Evidence("0" * 64, tuple(sorted(lines)), alarms, (), unsettled=0, money_difference=0)


def fleet(
    kept: dict[Medium, int] | None = None, peak: int = 0, peak_at: str = "15:50", now: int = 0
) -> FleetSnapshot:
    """The fleet at the end."""
    return FleetSnapshot(
        at=at("15:00", 1),
        stopped_now=now,
        stopped_peak=peak,
        stopped_peak_at=at(peak_at),
        stops=peak,
        machines_ever_stopped=peak,
        media_retained=kept or {},
        media_removed={},
        visits={},
        cash_in_machines=0,
        cash_kept=0,
        unconfirmed=0,
    )


def played(
    *records: VisitRecord,
    proof: Evidence | None = None,
    machines: FleetSnapshot | None = None,
    samples: tuple[Sample, ...] = (),
    policy: Policy = LIBRARY.as_is,
    ends: datetime | None = None,
    rollback_error: str = "",
) -> Played:
    """A run of the drill at full scale that left just this."""
    replace = msgspec.structs.replace
    scenario = LIBRARY.scenario
    if ends is not None:
        scenario = replace(scenario, world=replace(scenario.world, ends=ends))
    setting = Setting(
        scenario=scenario,
        policy=policy,
        custody=LIBRARY.custody,
        population=Population(1, (1,)),
        keys=KEYS,
        seed=1,
        scale=1.0,
        machine_cash=0,
        terminals=(1,),
    )
    return Played(
        setting=setting,
        evidence=proof or evidence(),
        wall_seconds=1.26,
        records=records,
        samples=samples,
        fleet=machines or fleet(),
        in_doubt=0,
        rollback_error=rollback_error,
    )
