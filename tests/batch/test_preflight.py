"""The pre-flight: the two jobs of 28 February, and that a proposal always fits."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tanada.base.calendar import is_business_day
from tanada.batch.preflight import Demand, Level, Slice, Verdict, describe, judge, propose

SUNDAY = date(2021, 2, 28)
LEVEL = Level("time_deposits", SUNDAY, capacity=644_000, taken=0, warn_permille=800)
RENEWALS = Demand("month-end-renewals", 250_000, due=True)
SWITCH = Demand("e-account-switch", 450_000, due=False)


def _judge(*demands: Demand) -> Verdict:
    return judge(LEVEL, demands, lambda _: LEVEL.room)


def test_each_job_of_28_february_fits_alone() -> None:
    assert _judge(RENEWALS).accepted
    assert _judge(SWITCH).accepted


def test_together_they_are_refused_by_so_much() -> None:
    verdict = _judge(SWITCH, RENEWALS)
    assert not verdict.accepted
    assert verdict.level.warning == 515_200
    assert verdict.forecast == 700_000 + verdict.level.online
    assert verdict.over == verdict.forecast - 515_200


def test_the_proposal_does_what_is_due_today_and_defers_what_can_wait() -> None:
    today = LEVEL.room - RENEWALS.items
    assert _judge(SWITCH, RENEWALS).proposal == (
        Slice(SUNDAY, "month-end-renewals", 250_000),
        Slice(SUNDAY, "e-account-switch", today),
        Slice(date(2021, 3, 1), "e-account-switch", 450_000 - today),
    )


def test_the_words_hold_every_figure_in_both_languages() -> None:
    verdict = _judge(SWITCH, RENEWALS)
    figures = ("706,440", "644,000", "515,200", "191,240", "450,000", "250,000", "2021-03-01")
    for text in (describe(verdict, "en"), describe(verdict, "ja")):
        assert not [figure for figure in figures if figure not in text]
    assert describe(verdict, "en").startswith("refused: ")
    assert describe(verdict, "ja").startswith("却下: ")
    assert "515,200" in describe(_judge(SWITCH), "ja")


def test_what_is_taken_already_counts() -> None:
    used = LEVEL._replace(taken=100_000)
    assert not judge(used, [SWITCH], lambda _: LEVEL.room).accepted


def test_a_limit_without_room_on_any_day_says_so() -> None:
    verdict = judge(LEVEL, [SWITCH, RENEWALS], lambda _: 0)
    assert verdict.proposal == ()
    assert "raise the capacity" in describe(verdict)


LEVELS = st.builds(
    Level,
    product=st.just("time_deposits"),
    business_date=st.dates(date(2000, 1, 1), date(2080, 1, 1)),
    capacity=st.integers(1_000, 2_000_000),
    taken=st.integers(0, 2_000_000),
    warn_permille=st.integers(500, 1000),
)
DEMANDS = st.lists(
    st.builds(
        Demand,
        kind=st.sampled_from(["a", "b", "c"]),
        items=st.integers(0, 300_000),
        due=st.booleans(),
    ),
    max_size=5,
)


@given(LEVELS, DEMANDS, st.lists(st.integers(-100, 500_000), min_size=1, max_size=9))
def test_a_proposal_fits_every_day_and_covers_every_item(
    level: Level, demands: list[Demand], rooms: list[int]
) -> None:
    rooms = [*rooms, 50_000]

    def room_on(day: date) -> int:
        return rooms[day.toordinal() % len(rooms)]

    plan = propose(level, demands, room_on)

    wanted = Counter({each.kind: 0 for each in demands})
    for demand in demands:
        wanted[demand.kind] += demand.items
    planned: Counter[str] = Counter()
    for slice_ in plan:
        planned[slice_.kind] += slice_.items
    assert +planned == +wanted
    for day in {slice_.day for slice_ in plan}:
        room = level.room if day == level.business_date else max(0, room_on(day))
        assert sum(slice_.items for slice_ in plan if slice_.day == day) <= room
        assert day == level.business_date or is_business_day(day)


@given(LEVELS, DEMANDS)
def test_nothing_that_can_wait_takes_the_place_of_what_is_due(
    level: Level, demands: list[Demand]
) -> None:
    plan = propose(level, demands, lambda _: 10_000)
    due = {each.kind for each in demands if each.due} - {d.kind for d in demands if not d.due}
    last_due = max((slice_.day for slice_ in plan if slice_.kind in due), default=date.min)
    waiting = {each.kind for each in demands} - {each.kind for each in demands if each.due}
    assert all(slice_.day >= last_due for slice_ in plan if slice_.kind in waiting)
