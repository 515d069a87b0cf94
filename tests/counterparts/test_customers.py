"""Demand does not depend on outcomes, and follows its parameters."""

import math
from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from statistics import fmean, pvariance

import pytest

from tanada.base.clock import JST
from tanada.base.randomness import Randomness
from tanada.counterparts.customers import (
    Arrivals,
    Demand,
    HourProfile,
    OpeningHours,
    Shares,
    TerminalSpec,
)
from tanada.counterparts.visits import Holder, Visit, Wish

SUNDAY = datetime(2021, 2, 28, tzinfo=JST).timestamp()
MONDAY = datetime(2021, 3, 1, tzinfo=JST).timestamp()
DAY_S = 86_400
HOLDERS = [Holder(9392_0000 + n, "1234", 10**11 + n, n) for n in range(500)]
EVEN_DAY = HourProfile((1.0,) * 24)


def arrivals(terminal: int = 1, seed: int = 7, demand: Demand | None = None) -> Arrivals:
    return Arrivals(TerminalSpec(terminal), demand or Demand(), HOLDERS, Randomness(seed), SUNDAY)


def first(count: int, source: Arrivals) -> list[Visit]:
    return [visit for _ in range(count) if (visit := source.next()) is not None]


def within(source: Arrivals, ends: float) -> list[Visit]:
    visits = []
    while (visit := source.next()) is not None and visit.at < ends:
        visits.append(visit)
    return visits


def test_the_same_seed_brings_the_same_customers() -> None:
    assert first(200, arrivals()) == first(200, arrivals())
    assert first(200, arrivals()) != first(200, arrivals(seed=8))
    assert first(200, arrivals()) != first(200, arrivals(terminal=2))


def test_what_customers_want_does_not_move_when_they_come() -> None:
    """Each arrival draws the same number of random numbers, whatever the numbers say."""
    only_balances = replace(Demand(), wishes=Shares((Wish.BALANCE, 1.0)))
    usual = [(v.at, v.holder, v.handling_s) for v in first(300, arrivals())]
    assert usual == [
        (v.at, v.holder, v.handling_s) for v in first(300, arrivals(demand=only_balances))
    ]


def test_arrivals_are_in_order_and_numbered_from_one() -> None:
    visits = first(500, arrivals())
    assert [v.number for v in visits] == list(range(1, 501))
    assert all(a.at < b.at for a, b in pairwise(visits))


def test_machines_differ_by_the_shape_asked_for() -> None:
    demand = Demand(evenness=2.0)
    busyness = [arrivals(terminal, demand=demand).busyness for terminal in range(4000)]
    assert fmean(busyness) == pytest.approx(1.0, abs=0.05)
    assert pvariance(busyness) == pytest.approx(1 / 2.0, rel=0.12)
    assert arrivals(demand=Demand(evenness=math.inf)).busyness == 1.0


def test_the_mean_rate_is_the_one_asked_for() -> None:
    demand = Demand(visits_per_hour=5.0, evenness=math.inf, sunday=EVEN_DAY, weekday=EVEN_DAY)
    counts = [len(within(arrivals(t, demand=demand), SUNDAY + DAY_S)) for t in range(300)]
    assert fmean(counts) == pytest.approx(5.0 * 24, rel=0.02)
    assert pvariance(counts) == pytest.approx(fmean(counts), rel=0.3), "Poisson"


def test_each_hour_gets_its_share_and_sunday_is_not_monday() -> None:
    noon_only = HourProfile(tuple(1.0 if hour == 12 else 0.0 for hour in range(24)))
    evening_only = HourProfile(tuple(1.0 if hour == 20 else 0.0 for hour in range(24)))
    demand = Demand(evenness=math.inf, sunday=noon_only, weekday=evening_only)
    visits = within(arrivals(demand=demand), MONDAY + DAY_S)
    hours = {int((v.at - SUNDAY) // 3600) for v in visits}
    assert hours == {12, 24 + 20}


def test_nobody_comes_while_the_machine_is_closed() -> None:
    hours = OpeningHours(8 * 60 + 45, 18 * 60)
    spec = TerminalSpec(1, weekday=hours, sunday=OpeningHours(0, 0))
    source = Arrivals(spec, Demand(), HOLDERS, Randomness(3), SUNDAY)
    visits = first(400, source)
    minutes = [(v.at - SUNDAY) % DAY_S / 60 for v in visits]
    assert min(visits, key=lambda v: v.at).at >= MONDAY
    assert all(hours.opens <= minute < hours.closes for minute in minutes)


def test_a_machine_that_never_opens_has_no_customers() -> None:
    spec = TerminalSpec(1, weekday=OpeningHours(0, 0), sunday=OpeningHours(0, 0))
    assert Arrivals(spec, Demand(), HOLDERS, Randomness(3), SUNDAY).next() is None


def test_media_of_a_visit_average_what_their_shares_say() -> None:
    visits = [v for t in range(40) for v in first(500, arrivals(t)) if v.wish is not Wish.BALANCE]
    assert fmean(len(v.media) for v in visits) == pytest.approx(1.15, abs=0.02)


def test_a_withdrawal_always_brings_the_card_and_whole_notes() -> None:
    visits = first(3000, arrivals())
    assert all("card" in v.media for v in visits if v.wish is Wish.WITHDRAWAL)
    assert all(v.amount % 1_000 == 0 for v in visits)
    moved = {Wish.WITHDRAWAL, Wish.DEPOSIT, Wish.TIME_DEPOSIT}
    assert all((v.amount > 0) == (v.wish in moved) for v in visits)


def test_shares_pick_in_proportion_and_never_beyond_the_end() -> None:
    shares = Shares(("a", 1.0), ("b", 3.0))
    picked = Counter(shares.pick(n / 1000) for n in range(1000))
    assert picked == {"a": 250, "b": 750}
    assert shares.pick(1 - 1e-16) == "b"
