"""Run the as-was morning and print its hash; processes of their own run this too."""

import sys

from tests.drills.half_days import half_day, runs_of


def mornings(seed: int | None, times: int = 1) -> list[str]:
    """Hash of the day until after the overflow, at a small scale, so many times."""
    library = half_day(ends="09:55")
    with runs_of(library, seed, scale=0.005) as runs:
        played = [runs.play(library.as_was, (), faulty=True) for _ in range(times)]
    assert all(run.evidence.first("reversal_log_full") for run in played)
    return [run.evidence.digest for run in played]


if __name__ == "__main__":
    sys.stdout.write(mornings(int(sys.argv[1]))[0])
