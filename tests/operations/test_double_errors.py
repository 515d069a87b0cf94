"""Double errors suspend their own service first and close the whole compartment after."""

from tanada.controls.policies import ClosingRule, ProhibitionRule
from tanada.operations.double_errors import DoubleErrors, Service

TIME = Service("time_deposits", "atm")
CASH = Service("deposits", "atm")


def _counted(close_at: int, prohibit_at: int) -> DoubleErrors:
    return DoubleErrors(
        ClosingRule(double_errors=close_at), ProhibitionRule(double_errors=prohibit_at)
    )


def test_a_service_is_suspended_once_at_its_own_count() -> None:
    counted = _counted(0, 2)
    services = [TIME, CASH, TIME, TIME, CASH]
    assert [counted.note(each) for each in services] == [False, False, True, False, True]


def test_the_compartment_counts_all_services_together() -> None:
    counted = _counted(3, 0)
    for each, closes in ((TIME, False), (CASH, False), (TIME, True)):
        assert not counted.note(each)
        assert counted.too_many is closes


def test_without_limits_nothing_follows() -> None:
    counted = _counted(0, 0)
    assert not any(counted.note(TIME) for _ in range(100))
    assert not counted.too_many


def test_relaxing_the_guard_moves_its_limit_and_not_the_compartments() -> None:
    counted = _counted(3, 1)
    assert counted.note(TIME)
    counted.relax(2)
    assert [counted.note(TIME), counted.note(TIME)] == [False, True]
    assert counted.too_many


def test_what_is_forgotten_is_counted_anew() -> None:
    counted = _counted(2, 2)
    counted.note(TIME)
    counted.forget()
    assert not counted.note(TIME)
    assert (counted.count, counted.of(TIME), counted.too_many) == (1, 1, False)
