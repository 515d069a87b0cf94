"""The spool keeps batches in order, over a crash in the middle of a line, and loses none."""

import pytest

from tanada.base.volumes import MemoryVolume
from tanada.watch import spool as spool_module
from tanada.watch.spool import Batch, Settlement, Spool
from tests.watch.lines import attempt


def _batch(*numbers: int) -> Batch:
    return Batch(
        attempts=tuple(attempt(number) for number in numbers),
        settlements=(Settlement(f"atm:{numbers[0]}", "failed", "never_arrived", 5),),
        dropped=1,
    )


def _emptied(spool: Spool) -> list[Batch]:
    found = []
    while not spool.is_empty:
        segment, batches = spool.oldest()
        found += batches
        spool.remove(segment)
    return found


def test_batches_come_out_as_they_went_in() -> None:
    spool = Spool(MemoryVolume(), "gateway")
    batches = [_batch(1, 2), _batch(3), _batch(4, 5, 6)]
    for batch in batches:
        spool.append(batch)
    assert _emptied(spool) == batches
    assert spool.is_empty


def test_a_successor_finds_what_its_predecessor_left() -> None:
    volume = MemoryVolume()
    Spool(volume, "gateway").append(_batch(1))
    Spool(volume, "gateway").append(_batch(2))
    assert _emptied(Spool(volume, "gateway")) == [_batch(1), _batch(2)]
    assert _emptied(Spool(volume, "another")) == []


def test_a_torn_line_is_set_aside_and_the_rest_is_read() -> None:
    volume = MemoryVolume()
    Spool(volume, "gateway").append(_batch(1))
    volume.append("gateway/00000001", b'{"attempts":[{"attempt_id":2,')
    after_the_crash = Spool(volume, "gateway")
    after_the_crash.append(_batch(3))
    assert _emptied(after_the_crash) == [_batch(1), _batch(3)]
    assert volume.read("unreadable/gateway") == b'{"attempts":[{"attempt_id":2,'


def test_segments_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "SEGMENT_BYTES_MAX", 1_000)
    volume = MemoryVolume()
    spool = Spool(volume, "gateway")
    for number in range(1, 6):
        spool.append(_batch(number))
    assert len(volume.list("gateway/")) > 2
    assert _emptied(spool) == [_batch(number) for number in range(1, 6)]


@pytest.mark.parametrize("whole", [_batch(1, 2, 3), Batch(attempts=(attempt(1),), dropped=2)])
def test_halves_are_the_whole_and_smaller(whole: Batch) -> None:
    pieces = [whole]
    while any(len(piece) > 1 for piece in pieces):
        pieces = [
            half for piece in pieces for half in (piece.halves() if len(piece) > 1 else (piece,))
        ]
    assert all(len(piece) == 1 for piece in pieces)
    assert sum((piece.attempts for piece in pieces), ()) == whole.attempts
    assert sum((piece.settlements for piece in pieces), ()) == whole.settlements
    assert sum(piece.dropped for piece in pieces) == whole.dropped
