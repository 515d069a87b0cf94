"""Streams of chance are independent, named, and the same in every process."""

from itertools import combinations

from tanada.base.randomness import Randomness


def test_the_same_seed_and_name_give_the_same_stream_for_ever() -> None:
    # Literals, because the recorded results of drills depend on them.
    stream = Randomness(20210228).stream("atm", 1)
    assert [stream.randrange(1_000_000) for _ in range(3)] == [218810, 713432, 407733]


def test_streams_of_different_names_or_seeds_differ() -> None:
    one, two = Randomness(1), Randomness(2)
    streams = [
        one.stream("a"),
        one.stream("b"),
        one.stream("a", "b"),
        one.stream("ab"),
        one.stream("1"),
        one.stream(1),
        one.stream("a\0b"),
        one.stream(),
        two.stream("a"),
    ]
    draws = [stream.getrandbits(64) for stream in streams]
    assert all(first != second for first, second in combinations(draws, 2))


def test_a_draw_in_one_stream_moves_no_other() -> None:
    world, twin = Randomness(5), Randomness(5)
    for _ in range(10):
        world.stream("faults").random()
    assert world.stream("customers").random() == twin.stream("customers").random()


def test_without_a_seed_no_two_worlds_are_alike() -> None:
    assert Randomness(None).stream("a").random() != Randomness(None).stream("a").random()
