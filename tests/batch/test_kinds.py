"""Keys of items: a job never has two effects at one position, and two jobs never share one."""

from tanada.batch.kinds import DEADLINE_S, Origin


def test_a_key_names_job_and_position() -> None:
    keys = {Origin(job, 0).key(position) for job in (1, 11) for position in (1, 11, 111)}
    assert len(keys) == 6
    assert Origin(7, 0).key(12310000001000) == "job:7:12310000001000"
    # The time at which an item is made again does not change it.
    assert Origin(7, 5).key(1) == Origin(7, 6).key(1)


def test_the_deadline_follows_the_making() -> None:
    assert Origin(1, 1_000_000).deadline == (1 + DEADLINE_S) * 1_000_000
