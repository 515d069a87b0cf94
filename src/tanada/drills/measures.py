"""What a run measures. Names are fixed; ``None`` where the thing measured did not happen.

Times are simulated seconds from the first effect of the fault: the first operation or job that was
not accepted for a reason of the bank's.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from tanada.base.clock import JST
from tanada.counterparts.visits import HOST_OUT_OF_REACH, NO_ANSWER, VisitRecord, Wish
from tanada.drills.running import Played
from tanada.drills.scenario import at_clock
from tanada.operations.codes import MEANINGS, Code

Value = int | float | bool | str | None
Measures = Mapping[str, Value]

MEASURES: Final = (
    "escapes",
    "media_retained",
    "in_doubt_left",
    "money_difference_yen",
    "seconds_to_alarm",
    "seconds_to_cause",
    "seconds_to_impact_list",
    "impact_recall",
    "impact_precision",
    "seconds_to_product_cut",
    "atms_stopped_peak",
    "time_deposit_failures",
    "other_product_failures",
    "seconds_to_closed_compartment_alarm",
    "batch_refused_before_start",
)
"""The fixed names, in the order in which they are shown."""

COUNTS: Final = frozenset(
    {
        "atms_stopped_at_10_15",
        "atms_stopped_at_12_15",
        "atms_stopped_at_19_40",
        "atms_stopped_at_end",
        "atms_stopped_peak",
        "cards_and_passbooks_kept",
        "customers_turned_away",
        "escapes",
        "in_doubt_left",
        "media_retained",
        "other_product_failures",
        "time_deposit_double_errors",
        "time_deposit_failures",
        "visits",
    }
)
"""Measures that grow with the scale of a drill."""

_BANK_REASONS: Final = frozenset(
    {code.value for code in Code if MEANINGS[code].bank_reason} | {NO_ANSWER, HOST_OUT_OF_REACH}
)
_JOB_TROUBLE: Final = ("job_failed", "job_paused")


def failures(records: Sequence[VisitRecord]) -> Iterator[VisitRecord]:
    """Online operations that were not accepted for a reason of the bank's."""
    return (record for record in records if record.code in _BANK_REASONS)


def first_effect(played: Played) -> datetime | None:
    """When the fault was first felt, online or in a job; None if it never was."""
    moments = [line.at for kind in _JOB_TROUBLE if (line := played.evidence.first(kind))]
    online = min((record.at for record in failures(played.records)), default=None)
    if online is not None:
        moments.append(datetime.fromtimestamp(online, JST))
    return min(moments, default=None)


def escapes(played: Played, twin: Played) -> int:
    """Customers outside the declared blast radius whose outcomes differ from the faultless twin's.

    Inside are those who wanted a product of the radius at any time of the day.
    """
    inside = {
        record.customer
        for record in (*played.records, *twin.records)
        if _product(record.wish) in played.setting.scenario.expect.blast_radius.products
    }
    ours, theirs = _by_visit(played), _by_visit(twin)
    hurt = set()
    for visit in ours.keys() | theirs.keys():
        mine, other = ours.get(visit), theirs.get(visit)
        if mine != other:
            hurt.add((mine or other or ("", 0))[1])
    return len(hurt - inside)


def _by_visit(played: Played) -> dict[tuple[int, int], tuple[str, int, str, int, str]]:
    return {
        (r.terminal, r.number): (r.wish.value, r.customer, r.kind, r.amount, r.code)
        for r in played.records
    }


def _product(wish: Wish) -> str:
    return "time_deposits" if wish is Wish.TIME_DEPOSIT else "deposits"


def measure(played: Played, twin: Played | None) -> Measures:
    """All measures of the drill of 28 February; ``escapes`` needs the twin."""
    evidence, fleet = played.evidence, played.fleet
    effect = first_effect(played)
    alarm = evidence.first_alarm(since=effect) if effect else None
    failed = [_product(record.wish) for record in failures(played.records)]
    return {
        "escapes": None if twin is None else escapes(played, twin),
        "media_retained": fleet.retained_in_all,
        "in_doubt_left": evidence.unsettled,
        "money_difference_yen": evidence.money_difference,
        "seconds_to_alarm": _seconds(effect, alarm.raised_at if alarm else None),
        # Named by the watch and listed by incidents, which this bank does not have yet.
        "seconds_to_cause": None,
        "seconds_to_impact_list": None,
        "impact_recall": None,
        "impact_precision": None,
        "seconds_to_product_cut": _seconds(effect, _cut_at(played)),
        "atms_stopped_peak": fleet.stopped_peak,
        "time_deposit_failures": failed.count("time_deposits"),
        "other_product_failures": len(failed) - failed.count("time_deposits"),
        "seconds_to_closed_compartment_alarm": _alarm_delay(played, "compartment_closed"),
        "batch_refused_before_start": _refused_before_start(played),
    }


def course(played: Played) -> Measures:
    """The course of the day, beside which history is laid; not part of the fixed measures."""
    evidence, fleet = played.evidence, played.fleet
    return {
        "first_effect_at": _clock(first_effect(played)),
        "overflow_at": _at(played, "reversal_log_full"),
        "seconds_to_full_log_alarm": _alarm_delay(played, "reversal_log_full"),
        "first_compartment_closed_at": _at(played, "compartment_closed"),
        "compartments_closed": sum(line.kind == "compartment_closed" for line in evidence.timeline),
        "service_prohibited_at": _at(played, "service_prohibited"),
        "prohibition_relaxed_at": _at(played, "prohibition_relaxed"),
        "compartments_noticed_at": _at(played, "closed_compartments_noticed"),
        "atms_stopped_at_10_15": _stopped_at(played, "10:15"),
        "atms_stopped_at_12_15": _stopped_at(played, "12:15"),
        "atms_stopped_peak_at": _clock(fleet.stopped_peak_at) if fleet.stopped_peak else None,
        "atms_stopped_at_19_40": _stopped_at(played, "19:40"),
        "atms_stopped_at_end": fleet.stopped_now,
        "cards_and_passbooks_kept": _kept(played),
        "media_per_stopped_machine": _per_machine(_kept(played), fleet.stopped_peak),
        "time_deposit_double_errors": sum(r.code == Code.DOUBLE_ERROR for r in played.records),
        "customers_turned_away": sum(r.kind == "turned_away" for r in played.records),
        "visits": len(played.records),
    }


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    if since is None or until is None:
        return None
    return round((until - since).total_seconds(), 1)


def _cut_at(played: Played) -> datetime | None:
    """When the longest suspension of a service began."""
    began: datetime | None = None
    longest, cut = 0.0, None
    ends = played.setting.scenario.world.ends
    for line in played.evidence.timeline:
        if line.kind in ("service_prohibited", "service_suspended") and began is None:
            began = line.at
        elif line.kind in ("prohibition_relaxed", "service_restored") and began is not None:
            if (line.at - began).total_seconds() > longest:
                longest, cut = (line.at - began).total_seconds(), began
            began = None
    if began is not None and (ends - began).total_seconds() > longest:
        cut = began
    return cut


def _alarm_delay(played: Played, kind: str) -> float | None:
    """Seconds from the first fact of a kind to its own alarm; None if either did not happen."""
    fact, alarm = played.evidence.first(kind), played.evidence.first_alarm(kind)
    return _seconds(fact.at if fact else None, alarm.raised_at if alarm else None)


def _refused_before_start(played: Played) -> bool | None:
    batch = played.setting.scenario.load.batch
    if batch is None:
        return None
    refused = played.evidence.first("job_refused")
    starts = at_clock(played.setting.scenario.world.begins, batch.starts_at)
    return refused is not None and refused.at < starts


def _at(played: Played, kind: str) -> str | None:
    line = played.evidence.first(kind)
    return _clock(line.at) if line else None


def _kept(played: Played) -> int:
    """Cards and passbooks, without the cash that the report does not count."""
    kept = played.fleet.media_retained
    return sum(count for medium, count in kept.items() if medium != "cash")


def _per_machine(kept: int, machines: int) -> float | None:
    return round(kept / machines, 2) if machines else None


def _clock(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(JST):%H:%M}"


def _stopped_at(played: Played, clock: str) -> int | None:
    world = played.setting.scenario.world
    moment = at_clock(world.begins, clock)
    if moment > world.ends:
        return None
    before = [sample.stopped for sample in played.samples if sample.at <= moment]
    return before[-1] if before else 0
