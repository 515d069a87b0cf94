"""The demand of a drill file becomes the customers of the machines; the rest of a world is run.

That the parts of a world work together is what ``test_running.py`` is about.
"""

import pytest

from tanada.counterparts.visits import Wish
from tanada.drills.scenario import Online
from tanada.drills.world import POLL_S, demand_of
from tests.drills.played import LIBRARY


@pytest.mark.parametrize("share", [0.0, 0.13, 1.0])
def test_time_deposits_have_the_share_of_the_file_and_the_others_keep_their_ratios(
    share: float,
) -> None:
    demand = demand_of(Online(visits_per_hour=2.0, evenness=0.6, time_deposit_share=share))
    drawn = [demand.wishes.pick((n + 0.5) / 10_000) for n in range(10_000)]
    assert drawn.count(Wish.TIME_DEPOSIT) == pytest.approx(10_000 * share, abs=2)
    withdrawals, balances = drawn.count(Wish.WITHDRAWAL), drawn.count(Wish.BALANCE)
    assert withdrawals == pytest.approx(balances * 50 / 8, abs=10)
    assert (demand.visits_per_hour, demand.evenness) == (2.0, 0.6)


def test_alarms_are_looked_for_often_enough_for_what_the_drill_expects_of_them() -> None:
    assert LIBRARY.scenario.expect.alarm_within_seconds > POLL_S
