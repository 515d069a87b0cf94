"""The same seed gives the same world, event for event, in this process and in any other."""

import os
import subprocess
import sys
from pathlib import Path

from tests.base.traced_world import trace

ROOT = Path(__file__).resolve().parents[2]


def test_the_same_seed_gives_the_same_trace_twice_in_one_process() -> None:
    first = trace(7)
    # Whatever depends on memory addresses now finds other ones.
    ballast = [[n] for n in range(100_000)]
    assert trace(7) == first
    assert len(ballast) == 100_000


def test_the_same_seed_gives_the_same_trace_in_two_processes() -> None:
    def in_a_process(hash_seed: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", "from tests.base.traced_world import trace; print(trace(7))"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    assert in_a_process("1") == in_a_process("2") == trace(7)


def test_another_seed_gives_another_trace() -> None:
    assert trace(7) != trace(8)
