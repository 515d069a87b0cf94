"""The spool: what could not be brought to the watch database, kept in files until it can be.

It is a row of numbered segments, each of one batch a line as JSON. A process never appends to a
segment that another began, so that only the last line of a segment can have been torn by a crash.
"""

import logging
from collections.abc import Iterator
from typing import Final

import msgspec

from tanada.base.volumes import Volume
from tanada.watch.attempts import Attempt

SEGMENT_BYTES_MAX: Final = 8 * 1024 * 1024
"""A segment that has grown beyond this is followed by a new one; it is loaded as a whole."""
_UNREADABLE: Final = "unreadable"

_LOG = logging.getLogger(__name__)


class Settlement(msgspec.Struct, frozen=True, array_like=True):
    """The final outcome of an attempt that was ``unknown``; ``at`` in microseconds."""

    key: str
    kind: str
    code: str
    at: int


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway recorded between two flushes, and how much its buffer had no room for."""

    attempts: tuple[Attempt, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.attempts) + len(self.settlements) + (self.dropped > 0)

    def halves(self) -> tuple["Batch", "Batch"]:
        """Two smaller batches that are this one together; there must be two things inside."""
        if len(self.attempts) > 1:
            middle = len(self.attempts) // 2
            rest = msgspec.structs.replace(self, attempts=self.attempts[middle:])
            return Batch(attempts=self.attempts[:middle]), rest
        if self.attempts:
            return Batch(attempts=self.attempts), msgspec.structs.replace(self, attempts=())
        middle = len(self.settlements) // 2 or 1
        rest = msgspec.structs.replace(self, settlements=self.settlements[middle:])
        return Batch(settlements=self.settlements[:middle]), rest


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Batch)


class Spool:
    """Batches on a volume, in the order in which they were made. Blocks; raises ``VolumeError``."""

    def __init__(self, volume: Volume, name: str) -> None:
        """``name`` begins the names of its files; one process a name."""
        self._volume = volume
        self._name = name
        self._segments = volume.list(f"{name}/")
        self._last = self._number_of(self._segments[-1]) if self._segments else 0
        self._current: str | None = None
        self._current_bytes = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._segments

    def append(self, batch: Batch) -> None:
        """Keep a batch; on return it is on disk."""
        line = _ENCODER.encode(batch) + b"\n"
        if self._current is None or self._current_bytes + len(line) > SEGMENT_BYTES_MAX:
            self._begin_segment()
        assert self._current is not None
        self._volume.append(self._current, line)
        self._current_bytes += len(line)

    def oldest(self) -> tuple[str, list[Batch]]:
        """The oldest segment and its batches. What cannot be read is set aside, not lost."""
        segment = self._segments[0]
        return segment, list(self._batches(segment))

    def remove(self, segment: str) -> None:
        """Forget a segment whose batches have all been brought in."""
        self._volume.delete(segment)
        self._segments.remove(segment)
        if segment == self._current:
            self._current = None

    def set_aside(self, batch: Batch) -> None:
        """Keep what no database will take, for a person to look at."""
        self._volume.append(f"{_UNREADABLE}/{self._name}", _ENCODER.encode(batch) + b"\n")

    def _begin_segment(self) -> None:
        self._last += 1
        self._current = f"{self._name}/{self._last:08d}"
        self._current_bytes = 0
        self._segments.append(self._current)

    def _batches(self, segment: str) -> Iterator[Batch]:
        for line in self._volume.read(segment).splitlines(keepends=True):
            try:
                yield _DECODER.decode(line)
            except msgspec.MsgspecError:
                _LOG.warning("a line of the spool %s was torn and is set aside", segment)
                self._volume.append(f"{_UNREADABLE}/{self._name}", line)

    @staticmethod
    def _number_of(segment: str) -> int:
        return int(segment.rpartition("/")[2])
