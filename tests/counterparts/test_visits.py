"""A machine's own words never pass for the bank's."""

from tanada.counterparts import visits
from tanada.operations.codes import Code


def test_a_machines_own_words_are_not_outcome_codes() -> None:
    own = {
        visits.MACHINE_STOPPED,
        visits.QUEUE_TOO_LONG,
        visits.CASH_SHORT,
        visits.HOST_OUT_OF_REACH,
    }
    assert own.isdisjoint(Code)
    # This one is meant to be the same: nobody knows what happened, on either side of the line.
    assert visits.NO_ANSWER in set(Code)


def test_every_part_of_both_media_is_a_medium_by_itself() -> None:
    assert visits.CARD + visits.PASSBOOK == visits.BOTH
