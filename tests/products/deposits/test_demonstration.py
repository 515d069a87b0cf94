"""Balances of a demonstration bank look like those of people."""

from statistics import quantiles

from tanada.base.randomness import Randomness
from tanada.products.deposits.demonstration import MEDIAN_BALANCE, draw_balances


def _balances(seed: int) -> list[int]:
    return draw_balances(Randomness(seed).stream("balances"), 20_000)


def test_balances_scatter_like_a_log_normal_law() -> None:
    fifths = quantiles(_balances(1), n=100)
    assert 0.9 * MEDIAN_BALANCE < fifths[49] < 1.2 * MEDIAN_BALANCE
    # ln scatters by 1.5, so the 84th hundredth lies a factor of e ** 1.5 = 4.5 above the middle.
    assert 4 < fifths[83] / fifths[49] < 5
    assert 4 < fifths[49] / fifths[15] < 5


def test_every_balance_is_above_zero() -> None:
    assert min(_balances(2)) > 0


def test_same_seed_same_balances() -> None:
    assert _balances(3) == _balances(3) != _balances(4)
