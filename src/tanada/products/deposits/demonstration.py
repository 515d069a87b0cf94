"""Passbooks and balances of ordinary deposits in a demonstration bank."""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

from tanada.base.copying import copy_lines
from tanada.base.database import Connection, load_queries

PRODUCT: Final = "deposits"
MEDIAN_BALANCE: Final = 300_000
"""Yen; half of the accounts hold more."""

_STEPS: Final = 256
_GROWTH: Final = (1_206, 1_000)
"""One step's ratio. Set bits of 256 random ones scatter by 8, so ln(balance) scatters by 1.5."""

_QUERIES: Final = load_queries(__package__, "demonstration.sql")


def _ladder() -> tuple[int, ...]:
    """Balances in yen by the number of set bits, the median at half of them; integers only."""
    up, down = _GROWTH
    ladder = [0] * (_STEPS + 2)
    ladder[_STEPS // 2] = MEDIAN_BALANCE
    for step in range(_STEPS // 2, _STEPS + 1):
        ladder[step + 1] = ladder[step] * up // down
    for step in range(_STEPS // 2, 0, -1):
        ladder[step - 1] = ladder[step] * down // up
    return tuple(ladder)


_LADDER: Final = _ladder()


def draw_balances(stream: Random, count: int) -> list[int]:
    """``count`` balances in yen, each at least 1, spread like a log-normal law."""
    draw = stream.getrandbits
    balances = []
    for _ in range(count):
        step = draw(_STEPS).bit_count()
        low, high = _LADDER[step], _LADDER[step + 1]
        balances.append(1 + low + ((high - low) * draw(16) >> 16))
    return balances


def load_passbooks(connection: Connection, accounts: Iterable[int]) -> None:
    """Give every account a passbook; each third has its only entry still to be printed."""
    copy_lines(connection, _QUERIES.copy_passbooks, _passbook_lines(accounts))


def _passbook_lines(accounts: Iterable[int]) -> Iterator[str]:
    for place, account in enumerate(accounts):
        yield f"{account}\t{1 if place % 3 else 0}\n"
