"""One small bank for all tests of drills in a process."""

from collections.abc import Iterator

import pytest

from tests.drills.half_days import HalfDay


@pytest.fixture(scope="session")
def day() -> Iterator[HalfDay]:
    half_day = HalfDay()
    yield half_day
    half_day.close()
