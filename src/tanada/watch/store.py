"""The attempts store: gateways record here, and neither wait nor fail because of it.

What is recorded goes to a bounded buffer and from there, ten times a second, to the watch database.
While that database is away it goes to the spool on disk, and is loaded when the database is back:
nothing is counted twice, and nothing is lost but what a gateway that is killed had not flushed.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import psycopg

from tanada.base.database import (
    Connection,
    DatabaseError,
    int_array,
    load_queries,
    text_array,
    timestamp_array,
    translate_errors,
)
from tanada.base.errors import BankError
from tanada.base.seams import Seams
from tanada.base.volumes import Volume, VolumeError
from tanada.operations.commands import MICROSECONDS
from tanada.watch.alarm_kinds import alarm_kind
from tanada.watch.attempts import Attempt
from tanada.watch.spool import Batch, Settlement, Spool

BUFFER_LIMIT: Final = 100_000
"""Attempts and settlements that wait in memory; more are dropped, counted and told to people."""
FLUSH_SECONDS: Final = 0.1
"""What a gateway that is killed forgets: so short, although each flush is a transaction."""
UNSETTLED_LIMIT: Final = 100_000
"""Attempts without an outcome that a gateway takes up again; a door keeps as many in doubt."""
RETRY_SECONDS: Final = 2.0

_QUERIES = load_queries("tanada.watch")
_LOG = logging.getLogger(__name__)

_TEXTS: Final = (
    "channel",
    "origin",
    "operation",
    "product",
    "key",
    "kind",
    "code",
    "error_class",
    "media",
    "custody",
)
_NUMBERS: Final = ("attempt_id", "at", "answered_at", "account", "amount")


class AttemptStore:
    """Where one gateway leaves its attempts; see ``AttemptRecorder``.

    ``record`` and ``settle`` belong to the event loop's thread; the writing is done by a worker.
    """

    def __init__(
        self,
        seams: Seams,
        connect: Callable[[], Connection],
        volume: Volume,
        *,
        name: str,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        """``connect`` opens the watch database as ``tanada_gateway``; ``name`` is the gateway's.

        Raises ``VolumeError`` if the spool's volume does not work at the start.
        """
        self._seams = seams
        self._name = name
        self._flush_seconds = flush_seconds
        self._writer = _Writer(name, connect, Spool(volume, f"attempts-{name}"))
        self._attempts: list[Attempt] = []
        self._settlements: list[Settlement] = []
        self._dropped = 0
        self._flushing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to flush every ``flush_seconds``."""
        self._task = asyncio.create_task(self._keep_flushing(), name=f"attempts of {self._name}")

    async def close(self) -> None:
        """Flush what is left, to the database or to the spool, and close the connection."""
        if self._task is not None:
            # Not in the middle of a flush: its worker would go on beside the last one.
            async with self._flushing:
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()
        await self._seams.workers.run(self._writer.close)

    def record(self, attempt: Attempt) -> None:
        """Keep one attempt."""
        if self._has_room():
            self._attempts.append(attempt)

    def settle(self, key: str, kind: str, code: str) -> None:
        """The final outcome of an attempt that was recorded as ``unknown``."""
        if self._has_room():
            self._settlements.append(Settlement(key, kind, code, self._now()))

    @property
    def dropped(self) -> int:
        """Attempts and settlements dropped since the last flush, because the buffer was full."""
        return self._dropped

    async def flush(self) -> None:
        """Bring what is buffered to the database or, failing that, to the spool."""
        async with self._flushing:
            batch = self._take()
            if len(batch) or self._writer.has_spooled:
                now = self._seams.clock.now()
                self._put_back(await self._seams.workers.run(self._writer.keep, batch, now))

    async def unknown_attempts(self, channel: str) -> list[Attempt]:
        """Attempts of a channel whose outcome nobody knows; waits until the database answers.

        A gateway that was restarted goes on inquiring for these.
        """
        while True:
            try:
                await self.flush()
                async with self._flushing:
                    return await self._seams.workers.run(self._writer.unsettled, channel)
            except DatabaseError as error:
                _LOG.warning("the watch database did not say what is unsettled: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(self._flush_seconds)
            try:
                await self.flush()
            except Exception:  # A fault of ours may cost one batch, never the recording itself.
                _LOG.exception("a batch of attempts of %s could not be kept", self._name)

    def _has_room(self) -> bool:
        if len(self._attempts) + len(self._settlements) < BUFFER_LIMIT:
            return True
        self._dropped += 1
        return False

    def _take(self) -> Batch:
        batch = Batch(
            attempts=tuple(self._attempts),
            settlements=tuple(self._settlements),
            dropped=self._dropped,
        )
        self._attempts, self._settlements, self._dropped = [], [], 0
        return batch

    def _put_back(self, left: Batch) -> None:
        """Neither database nor disk took it: it waits in memory, before what came since."""
        self._attempts[:0] = left.attempts
        self._settlements[:0] = left.settlements
        self._dropped += left.dropped

    def _now(self) -> int:
        return int(self._seams.clock.now().timestamp() * MICROSECONDS)


class _Writer:
    """The blocking half of a store; used by one worker at a time."""

    def __init__(self, name: str, connect: Callable[[], Connection], spool: Spool) -> None:
        self._name = name
        self._connect = connect
        self._spool = spool
        self._connection: Connection | None = None
        self._away_since: datetime | None = None

    @property
    def has_spooled(self) -> bool:
        return not self._spool.is_empty

    def keep(self, batch: Batch, now: datetime) -> Batch:
        """Bring the batch in, behind whatever waits in the spool; return what nothing would take.

        What is spooled came first, and a settlement may belong to an attempt in there.
        """
        if self._spool.is_empty:
            try:
                self._bring(batch, now)
            except DatabaseError as error:
                self._note_away(error, now)
                return self._put_in_spool(batch)
            return Batch()
        left = self._put_in_spool(batch) if len(batch) else batch
        try:
            self._drain(now)
        except (DatabaseError, VolumeError) as error:
            self._note_away(error, now)
        return left

    def unsettled(self, channel: str) -> list[Attempt]:
        """Attempts of the channel without an outcome; raises ``DatabaseError``."""
        parameters = (channel, UNSETTLED_LIMIT)
        with translate_errors():
            rows = self._opened().execute(_QUERIES.unsettled_attempts, parameters).fetchall()
        names = Attempt.__struct_fields__
        return [Attempt(**dict(zip(names, row, strict=True))) for row in rows]

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _bring(self, batch: Batch, now: datetime) -> None:
        """Write the batch; what the database will never take is set aside by itself."""
        try:
            self._write(batch, now)
        except DatabaseError as error:
            if error.transient:
                self.close()
                raise
            if len(batch) <= 1:
                _LOG.error("an attempt was set aside, since %s: %s", error.code, error)
                self._spool.set_aside(batch)
                return
            for half in batch.halves():
                self._bring(half, now)

    def _write(self, batch: Batch, now: datetime) -> None:
        with translate_errors():
            connection = self._opened()
            with connection.transaction():
                if batch.attempts:
                    connection.execute(_QUERIES.write_attempts, _columns(batch.attempts))
                if batch.settlements:
                    connection.execute(_QUERIES.settle_attempts, _settled(batch.settlements))
                if batch.dropped:
                    self._tell(connection, "attempts_dropped", str(batch.dropped), now, now)

    def _drain(self, now: datetime) -> None:
        while not self._spool.is_empty:
            segment, batches = self._spool.oldest()
            for batch in batches:
                self._bring(batch, now)
            self._spool.remove(segment)
        since, self._away_since = self._away_since or now, None
        detail = f"attempts since {since:%H:%M:%S} were kept on disk and are loaded now"
        with translate_errors():
            self._tell(self._opened(), "watch_database_was_away", detail, since, now)

    def _put_in_spool(self, batch: Batch) -> Batch:
        try:
            self._spool.append(batch)
        except VolumeError as error:
            _LOG.error("attempts wait in memory, since the disk failed too: %s", error)
            return batch
        return Batch()

    def _note_away(self, error: BankError, now: datetime) -> None:
        if self._away_since is None:
            self._away_since = now
            _LOG.error("attempts go to the disk of this machine: %s", error)

    def _tell(
        self, connection: Connection, kind: str, detail: str, at: datetime, now: datetime
    ) -> None:
        connection.execute(
            _QUERIES.raise_alarms,
            {
                "at": timestamp_array([at]),
                "raised_at": timestamp_array([now]),
                "components": text_array([self._name]),
                "kinds": text_array([kind]),
                "severities": text_array([alarm_kind(kind).severity]),
                "details": text_array([detail]),
            },
        )

    def _opened(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection


def _columns(attempts: Sequence[Attempt]) -> dict[str, str]:
    columns = {name: int_array(getattr(a, name) for a in attempts) for name in _NUMBERS}
    columns.update({name: text_array(getattr(a, name) for a in attempts) for name in _TEXTS})
    return columns


def _settled(settlements: Sequence[Settlement]) -> dict[str, str]:
    return {
        "keys": text_array(s.key for s in settlements),
        "kinds": text_array(s.kind for s in settlements),
        "codes": text_array(s.code for s in settlements),
        "at": int_array(s.at for s in settlements),
    }
