"""Attempts per minute as bars, stacked by outcome: heights computed here, drawn by the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tanada.watch.reading import MinuteCount

MINUTES: Final = 30
WIDTH: Final = 600
HEIGHT: Final = 150
KINDS: Final = ("accepted", "declined", "failed", "unknown")
_BAR_SHARE: Final = 0.72
_LEAST_SEEN: Final = 2.5
"""A single failure among thousands must still be seen; in units of the picture."""


@dataclass(frozen=True)
class Bar:
    """One outcome of one minute."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """Bars, and what the axes say; ``rows`` are the same figures for those who cannot see them."""

    bars: tuple[Bar, ...]
    peak: int
    first: datetime
    last: datetime
    totals: dict[str, int]


def chart(counts: Sequence[MinuteCount], now: datetime) -> Chart:
    """The last half hour up to ``now``."""
    last = now.replace(second=0, microsecond=0)
    first = last - timedelta(minutes=MINUTES - 1)
    by_minute: dict[int, dict[str, int]] = {}
    for count in counts:
        place = (count.minute - first) // timedelta(minutes=1)
        if 0 <= place < MINUTES and count.kind in KINDS:
            by_minute.setdefault(place, {})[count.kind] = count.attempts
    peak = max((sum(kinds.values()) for kinds in by_minute.values()), default=0)
    bars = [bar for place, kinds in sorted(by_minute.items()) for bar in _stack(place, kinds, peak)]
    totals = {kind: sum(kinds.get(kind, 0) for kinds in by_minute.values()) for kind in KINDS}
    return Chart(tuple(bars), peak, first, last, totals)


def _stack(place: int, kinds: dict[str, int], peak: int) -> list[Bar]:
    slot = WIDTH / MINUTES
    foot = float(HEIGHT)
    bars = []
    # From the worst at the foot to the best at the top, so that failures share one base line.
    for kind in reversed(KINDS):
        attempts = kinds.get(kind, 0)
        if not attempts:
            continue
        height = max(_LEAST_SEEN, HEIGHT * attempts / peak)
        foot -= height
        x = place * slot + slot * (1 - _BAR_SHARE) / 2
        bars.append(Bar(kind, round(x, 1), round(foot, 1), slot * _BAR_SHARE, round(height, 1)))
    return bars
