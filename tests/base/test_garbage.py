"""Rarely is not never."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from tanada.base.garbage import YOUNG_OBJECTS, collect_rarely


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Ring:
    def __init__(self) -> None:
        self.ring = self


@pytest.mark.usefixtures("collector")
def test_cycles_are_still_found() -> None:
    collect_rarely()
    lost = weakref.ref(Ring())
    assert lost() is not None
    alive: list[list[int]] = [[] for _ in range(YOUNG_OBJECTS + 1)]
    assert lost() is None
    assert alive
