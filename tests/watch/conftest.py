"""A watch database with lines to it, and a clock that stands still."""

import pytest

from tanada.base.network import LiveNetwork
from tanada.base.randomness import Randomness
from tanada.base.seams import Seams
from tanada.base.workers import InlineWorkers
from tests.watch.lines import Line, StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def seams(clock: StoppedClock) -> Seams:
    return Seams(clock, LiveNetwork(), Randomness(1), InlineWorkers())


@pytest.fixture
def gateway_line(watch_url: str) -> Line:
    return Line(watch_url, "tanada_gateway")


@pytest.fixture
def watch_line(watch_url: str) -> Line:
    return Line(watch_url, "tanada_watch")


@pytest.fixture
def core_line(database_url: str) -> Line:
    return Line(database_url, "tanada_watch")
