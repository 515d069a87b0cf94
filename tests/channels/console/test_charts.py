"""The chart shows the last half hour, and not one failure too small to be seen."""

from datetime import timedelta

from tanada.channels.console.charts import HEIGHT, MINUTES, chart
from tanada.watch.reading import MinuteCount
from tests.channels.console.views import NOW


def test_failures_stand_at_the_foot_and_are_seen_among_thousands() -> None:
    counts = [MinuteCount(NOW, "accepted", 9_999), MinuteCount(NOW, "failed", 1)]
    failed, accepted = chart(counts, NOW).bars
    assert (failed.kind, accepted.kind) == ("failed", "accepted")
    assert failed.y + failed.height == HEIGHT
    assert failed.height >= 2
    assert accepted.y + accepted.height == failed.y


def test_only_the_last_half_hour_is_shown() -> None:
    minute = timedelta(minutes=1)
    counts = [MinuteCount(NOW - minute * ago, "accepted", 10) for ago in (0, 29, 30, 31)]
    counts.append(MinuteCount(NOW + minute, "accepted", 10))
    drawn = chart(counts, NOW)
    assert len(drawn.bars) == 2
    assert drawn.totals["accepted"] == 20
    assert drawn.last - drawn.first == minute * (MINUTES - 1)


def test_a_bank_without_customers_has_an_empty_chart() -> None:
    drawn = chart([], NOW)
    assert (drawn.bars, drawn.peak) == ((), 0)
