"""The collector is asked less often, and still finds cycles."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from tanada.base.memory import YOUNG_OBJECTS, collect_seldom


@pytest.fixture
def collector_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Ring:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("collector_as_before")
def test_what_is_loaded_is_left_alone_and_new_rings_are_found() -> None:
    collect_seldom()
    assert gc.get_threshold()[0] == YOUNG_OBJECTS
    assert gc.get_freeze_count() > 0
    gone = weakref.ref(Ring())
    gc.collect()
    assert gone() is None
