"""The pre-flight: what a day's jobs together will take of a limit, said before the first begins.

On 28 February 2021 two jobs that each fitted were started on one day: 450,000 switches and 250,000
renewals, against a reversal log that held fewer. Nobody had added them up. This module adds them
up, refuses what passes the warning level, and says what fits. It is arithmetic only; what it
needs to know is read by ``tanada.batch.submitting``.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from tanada.base.calendar import next_business_day

EXPECTED_ONLINE_PERMILLE: Final = 10
"""What online operations are expected to take of a day's log, in thousandths of its capacity."""
ROWS_AN_ITEM: Final = 1
"""Rows of the reversal log that one item of a job takes: one, which serves its cancellation."""
MAX_DAYS: Final = 260
"""Business days over which a plan is spread at the most: a year."""

Language = Literal["en", "ja"]


class Demand(NamedTuple):
    """Items of one kind of job on one day. ``due`` ones belong on that day; others may wait."""

    kind: str
    items: int
    due: bool

    @property
    def rows(self) -> int:
        """What they take of the reversal log."""
        return self.items * ROWS_AN_ITEM


class Level(NamedTuple):
    """A product's reversal log of one business date, in rows: how much it holds, how full it is."""

    product: str
    business_date: date
    capacity: int
    taken: int
    warn_permille: int

    @property
    def warning(self) -> int:
        """Rows above which people are warned, and no job is let in."""
        return self.capacity * self.warn_permille // 1000

    @property
    def online(self) -> int:
        """Rows that online operations are expected to take."""
        return self.capacity * EXPECTED_ONLINE_PERMILLE // 1000

    @property
    def room(self) -> int:
        """Rows left for jobs below the warning level; never negative."""
        return max(0, self.warning - self.taken - self.online)


class Slice(NamedTuple):
    """Part of a job that fits on a day."""

    day: date
    kind: str
    items: int


class Verdict(NamedTuple):
    """What the pre-flight says: the forecast for a day, and a plan that fits if it is too much.

    ``proposal`` is empty when all is well, and when no plan fits within ``MAX_DAYS``.
    """

    level: Level
    demands: tuple[Demand, ...]
    proposal: tuple[Slice, ...]

    @property
    def forecast(self) -> int:
        """Rows taken by the end of the day: those taken, the jobs', and the online ones."""
        jobs = sum(demand.rows for demand in self.demands)
        return self.level.taken + jobs + self.level.online

    @property
    def over(self) -> int:
        """Rows by which the forecast passes the warning level; 0 if it does not."""
        return max(0, self.forecast - self.level.warning)

    @property
    def accepted(self) -> bool:
        """Whether the jobs may start."""
        return self.over == 0


def judge(level: Level, demands: Sequence[Demand], room_on: Callable[[date], int]) -> Verdict:
    """Say whether the jobs of a day fit, together with all that is taken and expected.

    ``room_on`` tells the rows that are free for jobs on a later business day.
    """
    verdict = Verdict(level, tuple(demands), ())
    if verdict.accepted:
        return verdict
    return verdict._replace(proposal=tuple(propose(level, demands, room_on)))


def propose(level: Level, demands: Sequence[Demand], room_on: Callable[[date], int]) -> list[Slice]:
    """A plan that fits: what is due first, the rest on this and the next business days.

    It covers every item and passes no day's room; empty if that takes more than ``MAX_DAYS``.
    """
    waiting = sorted((d for d in demands if d.items), key=lambda demand: not demand.due)
    plan: list[Slice] = []
    for day, room in _days(level, room_on):
        placed, waiting = _fill(day, room // ROWS_AN_ITEM, waiting)
        plan += placed
        if not waiting:
            return plan
    return []


def _days(level: Level, room_on: Callable[[date], int]) -> Iterator[tuple[date, int]]:
    day = level.business_date
    yield day, level.room
    for _ in range(MAX_DAYS):
        day = next_business_day(day)
        yield day, max(0, room_on(day))


def _fill(day: date, room: int, waiting: Sequence[Demand]) -> tuple[list[Slice], list[Demand]]:
    """What of the waiting items goes on a day with room for so many, and what waits on."""
    placed: list[Slice] = []
    left: list[Demand] = []
    for demand in waiting:
        items = min(demand.items, room)
        room -= items
        if items:
            placed.append(Slice(day, demand.kind, items))
        if items < demand.items:
            left.append(demand._replace(items=demand.items - items))
    return placed, left


def describe(verdict: Verdict, language: Language = "en") -> str:
    """The verdict in plain words, with every figure that led to it."""
    return _in_japanese(verdict) if language == "ja" else _in_english(verdict)


def _in_english(verdict: Verdict) -> str:
    level = verdict.level
    parts = [f"{level.taken:,} taken", *(f"{d.items:,} {d.kind}" for d in verdict.demands)]
    text = (
        f"the reversal log of {level.product} on {level.business_date} is forecast at"
        f" {verdict.forecast:,} of {level.capacity:,} rows ({', '.join(parts)},"
        f" {level.online:,} expected online); the warning level is {level.warning:,}"
    )
    if verdict.accepted:
        return f"accepted: {text}"
    return f"refused: {text}, which is passed by {verdict.over:,}. {_proposal_in_english(verdict)}"


def _proposal_in_english(verdict: Verdict) -> str:
    if not verdict.proposal:
        return f"No split fits within {MAX_DAYS} business days: raise the capacity first"
    slices = "; ".join(f"{s.day} {s.kind} {s.items:,}" for s in verdict.proposal)
    return f"This split fits: {slices}"


def _in_japanese(verdict: Verdict) -> str:
    level = verdict.level
    parts = [f"使用済 {level.taken:,}", *(f"{d.kind} {d.items:,}" for d in verdict.demands)]
    text = (
        f"{level.business_date} の取消情報管理テーブル({level.product})の使用見込は"
        f" {level.capacity:,} 件中 {verdict.forecast:,} 件"
        f"({'、'.join(parts)}、オンライン見込 {level.online:,})、警戒水準は {level.warning:,} 件"
    )
    if verdict.accepted:
        return f"受付: {text}"
    return f"却下: {text}で、{verdict.over:,} 件超過。{_proposal_in_japanese(verdict)}"


def _proposal_in_japanese(verdict: Verdict) -> str:
    if not verdict.proposal:
        return f"{MAX_DAYS} 営業日以内に収まる分割案はありません。先に容量を増やしてください"
    slices = "、".join(f"{s.day} {s.kind} {s.items:,} 件" for s in verdict.proposal)
    return f"分割案: {slices}"
