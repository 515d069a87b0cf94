"""A breaker opens on few errors, tries again by itself, and closes when that goes well."""

from tanada.controls.policies import BreakerRule
from tanada.operations.breakers import BreakerKey, Breakers

KEY = BreakerKey("deposits", "atm", "WithdrawCash")
OTHER = BreakerKey("deposits", "direct", "WithdrawCash")


def _breakers(errors: int = 3) -> Breakers:
    return Breakers(BreakerRule(errors=errors, window_seconds=3600, probe_seconds=60))


def test_it_opens_at_the_third_error_of_one_kind_and_says_so_once() -> None:
    breakers = _breakers()
    assert [breakers.failed(KEY, "bug", 0.0) for _ in range(5)] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert not breakers.allows(KEY, 1.0)
    assert breakers.open() == ("deposits/atm/WithdrawCash",)


def test_successes_in_between_do_not_hide_a_defect_that_hurts_few() -> None:
    breakers = _breakers()
    for victim, opens in enumerate((False, False, True)):
        assert not breakers.succeeded(KEY)
        assert breakers.failed(KEY, "bug", 600.0 * victim) is opens


def test_errors_of_different_days_do_not_add_up() -> None:
    breakers = _breakers()
    times = (0.0, 1.0, 3_601.0, 3_602.0, 7_300.0)
    assert not any(breakers.failed(KEY, "bug", at) for at in times)
    assert breakers.failed(KEY, "bug", 7_301.0) is False
    assert breakers.failed(KEY, "bug", 7_302.0) is True


def test_errors_of_different_kinds_do_not_add_up() -> None:
    breakers = _breakers()
    assert not any(breakers.failed(KEY, kind, 0.0) for kind in ("a", "a", "b", "b", "a", "b"))
    assert breakers.allows(KEY, 0.0)


def test_a_broken_invariant_opens_it_at_once() -> None:
    breakers = _breakers()
    assert breakers.failed(KEY, "AssertionError", 0.0, invariant=True)
    assert not breakers.allows(KEY, 0.0)


def test_what_it_does_not_protect_goes_on() -> None:
    breakers = _breakers()
    breakers.failed(KEY, "bug", 0.0, invariant=True)
    assert breakers.allows(OTHER, 0.0)


def test_one_probe_at_a_time_goes_through_an_open_breaker() -> None:
    breakers = _breakers()
    breakers.failed(KEY, "bug", 0.0, invariant=True)
    assert [breakers.allows(KEY, at) for at in (59.9, 60.0, 60.1, 119.9, 120.0)] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_probe_that_succeeds_closes_it_and_forgets_the_errors() -> None:
    breakers = _breakers()
    breakers.failed(KEY, "bug", 0.0, invariant=True)
    assert breakers.allows(KEY, 60.0)
    assert breakers.succeeded(KEY)
    assert breakers.open() == ()
    assert not breakers.failed(KEY, "bug", 61.0)
    assert not breakers.succeeded(KEY)


def test_a_probe_that_fails_keeps_it_open() -> None:
    breakers = _breakers()
    breakers.failed(KEY, "bug", 0.0, invariant=True)
    assert breakers.allows(KEY, 60.0)
    assert not breakers.failed(KEY, "other", 60.0)
    assert not breakers.allows(KEY, 119.0)


def test_a_batch_that_is_undone_leaves_no_trace() -> None:
    breakers = _breakers()
    before = breakers.remember()
    breakers.failed(KEY, "bug", 0.0, invariant=True)
    breakers.go_back(before)
    assert breakers.allows(KEY, 0.0)
    assert breakers.open() == ()
    breakers.failed(KEY, "bug", 0.0)
    assert before == {}


def test_a_policy_can_do_without() -> None:
    breakers = _breakers(errors=0)
    assert not any(breakers.failed(KEY, "bug", 0.0, invariant=True) for _ in range(9))
    assert breakers.allows(KEY, 0.0)
