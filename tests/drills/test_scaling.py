"""A small drill has everything of the large one, in proportion."""

import pytest

from tanada.app.drills import library
from tanada.base.errors import SettingsError
from tanada.drills.scaling import check_scale, plan_of, policy_at, thin

LIBRARY = library("2021-02-28")
SCENARIO = LIBRARY.scenario


@pytest.mark.parametrize(
    ("number", "scale", "thinned"),
    [(5_395, 1, 5_395), (5_395, 0.01, 54), (3, 0.01, 1), (0, 0.5, 0), (644_000, 0.001, 644)],
)
def test_nothing_that_there_was_is_thinned_to_nothing(
    number: int, scale: float, thinned: int
) -> None:
    assert thin(number, scale) == thinned


@pytest.mark.parametrize("scale", [0.001, 0.5, 1.0])
def test_a_scale_in_range_is_taken(scale: float) -> None:
    assert check_scale(scale) == scale


@pytest.mark.parametrize("scale", [0.0, 1.5, -0.1, float("nan"), float("inf")])
def test_a_scale_out_of_range_is_refused_with_the_range(scale: float) -> None:
    with pytest.raises(SettingsError, match=r"scale must be 0\.001 to 1, not"):
        check_scale(scale)


def test_customers_machines_and_items_are_thinned_alike() -> None:
    whole, tenth = (plan_of(SCENARIO, scale, seed=3) for scale in (1.0, 0.1))
    assert tenth.seed == 3
    for part in ("customers", "branches", "maturing", "switching", "quiet"):
        assert getattr(tenth, part) == pytest.approx(getattr(whole, part) / 10, abs=1)
    assert len(whole.terminals) == SCENARIO.world.atms
    assert tenth.terminals == tuple(range(1, round(SCENARIO.world.atms / 10) + 1))


def test_capacity_pace_and_counts_of_errors_are_thinned_with_the_customers() -> None:
    as_was = LIBRARY.as_was
    small = policy_at(as_was, SCENARIO, 0.1, faulty=True)
    assert small.reversal_log.capacity["time_deposits"] == 64_400
    assert small.batch.items_per_second == as_was.batch.items_per_second * 0.1
    assert small.closing.double_errors == round(as_was.closing.double_errors * 0.1)
    assert small.prohibition.double_errors == round(as_was.prohibition.double_errors * 0.1)
    assert small.mailbox == as_was.mailbox


def test_a_layer_that_is_off_stays_off_at_every_scale() -> None:
    small = policy_at(LIBRARY.as_is, SCENARIO, 0.001, faulty=True)
    assert small.closing.double_errors == small.prohibition.double_errors == 0
    assert small.batch.items_per_second == 0


def test_the_fault_is_a_capacity_and_the_twin_has_none() -> None:
    faulty, twin = (policy_at(LIBRARY.as_is, SCENARIO, 1.0, faulty=f) for f in (True, False))
    assert faulty.reversal_log.capacity["time_deposits"] == 644_000
    assert twin.reversal_log.capacity == {}
