"""Worlds for the tests of the seams."""

import pytest

from tests.base.worlds import World


@pytest.fixture(params=["asyncio", "uvloop", "simulated"])
def world(request: pytest.FixtureRequest) -> World:
    """Real sockets on two event loops, and the simulated world."""
    return World(request.param)
