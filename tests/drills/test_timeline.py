"""What happens is noted in order, with the simulated time."""

from datetime import timedelta

from tanada.drills.timeline import Line, Timeline
from tests.watch.lines import MORNING, StoppedClock


def test_lines_carry_the_time_of_the_clock_in_the_order_of_their_notes() -> None:
    clock = StoppedClock()
    timeline = Timeline(clock)
    timeline.note("batch", "job_started", "job 1")
    clock.moment += timedelta(minutes=1)
    timeline.note("batch", "job_failed", "job 1")
    timeline.note("batch", "job_failed", "job 2")
    assert timeline.lines[0] == Line(MORNING, "batch", "job_started", "job 1")
    assert timeline.first("job_failed") == Line(clock.moment, "batch", "job_failed", "job 1")
    assert timeline.first("job_paused") is None
