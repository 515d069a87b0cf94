"""Ids by name are the same everywhere; numbered ids rise strictly, whatever the clock does."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from tanada.base.ids import ID_EPOCH, MAX_NODE, IdSource, operation_id


class HandClock:
    """A clock that a test moves by hand, also backwards."""

    def __init__(self) -> None:
        self.time = datetime(2021, 2, 28, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0


def test_the_same_key_gives_the_same_operation_for_ever() -> None:
    # A literal, because stored operations depend on it: it must never change.
    assert operation_id("atm:0001:000123") == UUID("ff3840d9-3f42-836e-b7bf-f62775b5676a")


@given(st.text(), st.text())
def test_operations_differ_when_keys_do_and_are_uuids_of_version_8(one: str, other: str) -> None:
    assert (operation_id(one) == operation_id(other)) == (one == other)
    assert operation_id(one).version == 8
    assert operation_id(one).variant == RFC_4122


@given(st.lists(st.integers(-5_000, 5_000), max_size=50), st.integers(0, MAX_NODE))
def test_numbers_rise_strictly_even_when_the_clock_is_set_back(steps: list[int], node: int) -> None:
    clock = HandClock()
    source = IdSource(clock, node)
    numbers = [source.next_id()]
    for step in steps:
        clock.time += timedelta(milliseconds=step)
        numbers.append(source.next_id())
    assert numbers == sorted(set(numbers))
    assert all(0 < number < 1 << 63 for number in numbers)


def test_a_millisecond_that_is_used_up_borrows_from_the_next() -> None:
    source = IdSource(HandClock(), 7)
    numbers = [source.next_id() for _ in range(10_000)]
    assert numbers == sorted(set(numbers))
    assert {number >> 12 & MAX_NODE for number in numbers} == {7}


def test_two_nodes_never_give_the_same_number() -> None:
    clock = HandClock()
    first, second = IdSource(clock, 1), IdSource(clock, 2)
    assert not {first.next_id() for _ in range(9000)} & {second.next_id() for _ in range(9000)}


def test_a_number_tells_its_time() -> None:
    clock = HandClock()
    moment = ID_EPOCH + timedelta(milliseconds=IdSource(clock, 0).next_id() >> 22)
    assert moment == clock.time
