"""Customers: who comes to which machine, when, with what in hand, and wanting what.

Arrivals at a machine are a Poisson process whose rate is the product of three things: how busy
this machine is (gamma-distributed over the fleet), the hour of the day, and whether it is open. All
of it is demand, not outcome: every arrival draws the same number of random numbers whatever the
bank does to it, so in a drill and its faultless twin the same customer comes at the same moment
and wants the same thing.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from tanada.base.randomness import Randomness
from tanada.counterparts.visits import BOTH, CARD, NOTE_YEN, PASSBOOK, Holder, Media, Visit, Wish

if TYPE_CHECKING:
    from random import Random

T = TypeVar("T")

CardSource = Sequence[Holder]
"""The population that customers are drawn from, each as likely as the other."""

DAY_S: Final = 86_400
HOUR_S: Final = 3_600
MINUTES_OF_DAY: Final = 24 * 60
JST_OFFSET_S: Final = 9 * HOUR_S
SUNDAY: Final = 6
SATURDAY: Final = 5
MIN_BUSYNESS: Final = 1e-6
MAX_DAYS_BETWEEN_ARRIVALS: Final = 31
"""A machine that nobody comes to for longer has no next customer."""


class Shares(Generic[T]):
    """A choice between a few things by their shares, which need not add up to 1."""

    def __init__(self, *shares: tuple[T, float]) -> None:
        assert all(share >= 0 for _, share in shares), "shares are 0 or more"
        self.items: Final = tuple(item for item, _ in shares)
        total = math.fsum(share for _, share in shares)
        assert total > 0, "some share is above 0"
        # The last border is left out: whatever lies beyond the others is the last item.
        borders = accumulate(share / total for _, share in shares)
        self._borders: Final = tuple(borders)[:-1]

    def pick(self, chance: float) -> T:
        """The item at ``chance``, from 0 up to but not including 1."""
        return self.items[bisect_right(self._borders, chance)]


@dataclass(frozen=True)
class HourProfile:
    """How busy each hour of a day is: 24 factors on a machine's mean rate."""

    factors: tuple[float, ...]

    def __post_init__(self) -> None:
        assert len(self.factors) == 24, "one factor for each hour"
        assert min(self.factors) >= 0, "a factor is 0 or more"


@dataclass(frozen=True)
class OpeningHours:
    """From when to when a machine serves, in minutes of the day; equal means closed all day."""

    opens: int = 0
    closes: int = MINUTES_OF_DAY

    def __post_init__(self) -> None:
        assert 0 <= self.opens <= self.closes <= MINUTES_OF_DAY, "minutes of one day, in order"


@dataclass(frozen=True)
class TerminalSpec:
    """One machine: its number, its hours, how much cash it starts with (yen)."""

    terminal: int
    branch: int = 0
    weekday: OpeningHours = field(default_factory=OpeningHours)
    sunday: OpeningHours = field(default_factory=OpeningHours)
    cash: int = 0

    def closes_after(self, at: float) -> float:
        """When the machine next is closed, from ``at`` on; seconds since the epoch."""
        day, second = divmod(at + JST_OFFSET_S, DAY_S)
        hours = self.sunday if _is_weekend(int(day)) else self.weekday
        if second < hours.opens * 60:
            return at
        if hours.closes == MINUTES_OF_DAY:
            return math.inf
        return at + max(0.0, hours.closes * 60 - second)


def _quiet_day(*factors: float) -> HourProfile:
    """Seven hours of night, then the given factors from 07:00, then night again."""
    night = (0.02,) * 7
    return HourProfile((*night, *factors, *(0.02,) * (17 - len(factors))))


SUNDAY_PROFILE: Final = _quiet_day(
    *(0.2, 0.55, 0.9, 1.2, 1.3, 1.2, 1.15, 1.15, 1.1, 1.0, 0.85, 0.6, 0.4, 0.25, 0.1)
)
WEEKDAY_PROFILE: Final = _quiet_day(
    *(0.35, 0.8, 1.3, 1.5, 1.5, 1.6, 1.35, 1.3, 1.25, 1.1, 1.0, 0.75, 0.45, 0.3, 0.12)
)

_MEDIA_OF: Final[dict[Wish, Shares[Media]]] = {
    Wish.WITHDRAWAL: Shares((CARD, 0.81), (BOTH, 0.19)),
    Wish.DEPOSIT: Shares((CARD, 0.60), (PASSBOOK, 0.18), (BOTH, 0.22)),
    Wish.BALANCE: Shares((CARD, 0.9), (PASSBOOK, 0.1)),
    Wish.PASSBOOK: Shares((PASSBOOK, 1.0)),
    Wish.TIME_DEPOSIT: Shares((CARD, 0.7), (BOTH, 0.3)),
}
"""The single shares are guesses. Together they make 1.15 media for each visit other than an inquiry
(1.17 with the time deposits of 2021-02-28), which with the machines that stopped twice that day
gives 1.21 for each machine: 5,244 cards and passbooks in 4,318 machines."""

_YEN_OF: Final[dict[Wish, Shares[int]]] = {
    Wish.WITHDRAWAL: Shares(
        *((3_000, 5.0), (5_000, 9.0), (10_000, 27.0), (20_000, 18.0), (30_000, 17.0)),
        *((50_000, 12.0), (80_000, 3.0), (100_000, 7.0), (200_000, 2.0)),
    ),
    Wish.DEPOSIT: Shares(
        *((5_000, 6.0), (10_000, 22.0), (30_000, 24.0), (50_000, 20.0), (100_000, 19.0)),
        *((300_000, 7.0), (500_000, 2.0)),
    ),
    Wish.BALANCE: Shares((0, 1.0)),
    Wish.PASSBOOK: Shares((0, 1.0)),
    Wish.TIME_DEPOSIT: Shares((10_000, 2.0), (50_000, 3.0), (100_000, 5.0), (300_000, 2.0)),
}


@dataclass(frozen=True)
class Demand:
    """What customers want of the fleet. Every figure is a guess to be fitted, not a fact.

    ``visits_per_hour`` is the mean of a machine at factor 1 of the hour's profile. Machines differ:
    each has its own mean, gamma-distributed with shape ``evenness`` (the higher, the more alike;
    infinity: all the same). ``handling_s`` is the shortest and the longest time from putting the
    media in to the last key, each time between them as likely. Saturdays are as Sundays.
    """

    visits_per_hour: float = 4.0
    evenness: float = 1.5
    sunday: HourProfile = SUNDAY_PROFILE
    weekday: HourProfile = WEEKDAY_PROFILE
    wishes: Shares[Wish] = field(
        default_factory=lambda: Shares(
            (Wish.WITHDRAWAL, 0.50),
            (Wish.DEPOSIT, 0.17),
            (Wish.BALANCE, 0.08),
            (Wish.PASSBOOK, 0.24),
            (Wish.TIME_DEPOSIT, 0.01),
        )
    )
    media: dict[Wish, Shares[Media]] = field(default_factory=lambda: _MEDIA_OF)
    amounts: dict[Wish, Shares[int]] = field(default_factory=lambda: _YEN_OF)
    terms: Shares[int] = field(default_factory=lambda: Shares((1, 1.0), (3, 2.0), (12, 7.0)))
    handling_s: tuple[float, float] = (20.0, 70.0)

    def __post_init__(self) -> None:
        assert self.visits_per_hour >= 0, "a rate is 0 or more"
        assert self.evenness > 0, "a gamma distribution has a shape above 0"
        assert 0 <= self.handling_s[0] <= self.handling_s[1]
        for wish in Wish:
            assert wish in self.media, f"say what is put in for a {wish}"
            assert all(yen % NOTE_YEN == 0 for yen in self.amounts[wish].items), "whole notes"


class _Stretch(NamedTuple):
    """Part of a day with an even rate: seconds of the day, a mean machine's arrivals a second."""

    begins: float
    ends: float
    rate: float


@lru_cache(maxsize=256)
def _day_plan(profile: HourProfile, hours: OpeningHours, per_hour: float) -> tuple[_Stretch, ...]:
    """The stretches of a day at which somebody may come, in order."""
    opens, closes = hours.opens * 60, hours.closes * 60
    stretches = []
    for hour, factor in enumerate(profile.factors):
        begins = max(hour * HOUR_S, opens)
        ends = min((hour + 1) * HOUR_S, closes)
        if begins < ends and factor > 0:
            stretches.append(_Stretch(begins, ends, per_hour * factor / HOUR_S))
    return tuple(stretches)


class Arrivals:
    """The endless row of customers of one machine."""

    def __init__(
        self,
        spec: TerminalSpec,
        demand: Demand,
        cards: CardSource,
        randomness: Randomness,
        starts_at: float,
    ) -> None:
        """Customers come from ``starts_at`` on, seconds since the epoch."""
        assert cards, "somebody must live here"
        self._demand = demand
        self._cards = cards
        # A stream of its own: drawing a gamma variate takes an uneven number of draws.
        self.busyness: Final = _busyness(demand, randomness.stream("busyness", spec.terminal))
        self._chance = randomness.stream("terminal", spec.terminal)
        self._weekday = _day_plan(demand.weekday, spec.weekday, demand.visits_per_hour)
        self._sunday = _day_plan(demand.sunday, spec.sunday, demand.visits_per_hour)
        self._at = starts_at
        self._number = 0

    def next(self) -> Visit | None:
        """The next customer, or None if nobody comes for `MAX_DAYS_BETWEEN_ARRIVALS`."""
        draw = self._chance.random
        # Seven draws for each arrival, always all seven, always in this order.
        gap, wanted, held, who = draw(), draw(), draw(), draw()
        how_much, how_long, pace = draw(), draw(), draw()
        at = self._after(self._at, -math.log1p(-gap) / self.busyness)
        if at is None:
            return None
        self._at = at
        self._number += 1
        demand = self._demand
        wish = demand.wishes.pick(wanted)
        shortest, longest = demand.handling_s
        return Visit(
            number=self._number,
            at=at,
            wish=wish,
            holder=self._cards[int(who * len(self._cards))],
            media=demand.media[wish].pick(held),
            amount=demand.amounts[wish].pick(how_much),
            term_months=demand.terms.pick(how_long) if wish is Wish.TIME_DEPOSIT else 0,
            handling_s=shortest + pace * (longest - shortest),
        )

    def pace(self, visit: Visit) -> float:
        """How slow the customer is among all, 0 to 1; independent of all else that was drawn."""
        shortest, longest = self._demand.handling_s
        return (visit.handling_s - shortest) / (longest - shortest) if longest > shortest else 0.0

    def _after(self, at: float, waits: float) -> float | None:
        """When, from ``at`` on, a mean machine's rate has added up to ``waits``."""
        day, second = divmod(at + JST_OFFSET_S, DAY_S)
        for _ in range(MAX_DAYS_BETWEEN_ARRIVALS):
            for stretch in self._plan_of(int(day)):
                begins = max(second, stretch.begins)
                span = (stretch.ends - begins) * stretch.rate
                if span > waits:
                    return day * DAY_S - JST_OFFSET_S + begins + waits / stretch.rate
                waits -= max(span, 0.0)
            day, second = day + 1, 0.0
        return None

    def _plan_of(self, day: int) -> tuple[_Stretch, ...]:
        return self._sunday if _is_weekend(day) else self._weekday


def _is_weekend(day: int) -> bool:
    # 1970-01-01, day 0, was a Thursday.
    return (day + 3) % 7 in {SATURDAY, SUNDAY}


def _busyness(demand: Demand, chance: "Random") -> float:
    """How much busier than the mean one machine is; its mean over the fleet is 1."""
    if math.isinf(demand.evenness):
        return 1.0
    return max(chance.gammavariate(demand.evenness, 1 / demand.evenness), MIN_BUSYNESS)
