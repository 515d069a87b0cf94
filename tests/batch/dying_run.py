"""A run of a job that kills its own process at a given place in its third chunk.

Started by the tests with a database's URL, a job's number and the place.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from tanada.batch.running import JobRun
from tests.batch.banks import policy_of, run_of, to_its_end

DEADLY_CHUNK = 3
PLACES = {
    "before the chunk": "_next_chunk",
    "inside its transaction": "_write_checkpoint",
    "after its commit": "_progress",
}


def _deadly(original: Callable[..., Any], calls_survived: int) -> Callable[..., Any]:
    calls = 0

    def dying(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > calls_survived:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments)

    return dying


def main(url: str, job_id: int, place: str) -> None:
    name = PLACES[place]
    # Its beginning tells the progress once, before any chunk.
    survived = DEADLY_CHUNK if name == "_progress" else DEADLY_CHUNK - 1
    setattr(JobRun, name, _deadly(getattr(JobRun, name), survived))
    to_its_end(run_of(url, job_id, policy_of()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
