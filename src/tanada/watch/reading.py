"""What the watch database tells: alarms, attempts by minute and service, and who was hurt.

Synchronous functions that take a connection as ``tanada_console`` or ``tanada_watch``; all raise
``DatabaseError``.
"""

from datetime import datetime
from typing import Final

import msgspec

from tanada.base.database import Connection, load_queries, text_array, translate_errors
from tanada.operations.codes import MEANINGS

ALARMS_SHOWN: Final = 50

_QUERIES = load_queries("tanada.watch")
_BANK_REASONS: Final = text_array(
    code.value for code, meaning in MEANINGS.items() if meaning.bank_reason
)


class Alarm(msgspec.Struct, frozen=True):
    """One alarm. ``at`` when it happened, ``raised_at`` when people were told."""

    alarm_id: int
    at: datetime
    raised_at: datetime
    component: str
    kind: str
    severity: str
    detail: str
    occurrences: int
    last_at: datetime
    acknowledged_by: str


class MinuteCount(msgspec.Struct, frozen=True):
    """Attempts of one minute that ended as ``kind``."""

    minute: datetime
    kind: str
    attempts: int


class ServiceCount(msgspec.Struct, frozen=True):
    """Attempts of a product on a channel that ended as ``kind``."""

    product: str
    channel: str
    kind: str
    attempts: int


class Hurt(msgspec.Struct, frozen=True):
    """Customers of one service whom the bank failed; ``refused`` for a reason of the bank's own.

    ``unknown`` are still without an outcome; ``settled_later`` got theirs after they had left.
    """

    product: str
    channel: str
    failed: int
    unknown: int
    settled_later: int
    refused: int
    accounts: int
    first_at: datetime
    last_at: datetime


def recent_alarms(connection: Connection, limit: int = ALARMS_SHOWN) -> list[Alarm]:
    """The newest alarms, newest first."""
    with translate_errors():
        rows = connection.execute(_QUERIES.recent_alarms, (limit,)).fetchall()
    return [Alarm(*row) for row in rows]


def first_alarm(connection: Connection, kind: str, component: str = "") -> Alarm | None:
    """The first alarm of a kind, of one component if it is given; None if there was none."""
    parameters = {"kind": kind, "component": component}
    with translate_errors():
        row = connection.execute(_QUERIES.first_alarm, parameters).fetchone()
    return None if row is None else Alarm(*row)


def attempts_by_minute(connection: Connection, since: datetime) -> list[MinuteCount]:
    """Attempts of each minute from the one that holds ``since``, by outcome."""
    minute = since.replace(second=0, microsecond=0)
    with translate_errors():
        rows = connection.execute(_QUERIES.attempts_by_minute, (minute,)).fetchall()
    return [MinuteCount(*row) for row in rows]


def outcomes_by_service(connection: Connection, since: datetime) -> list[ServiceCount]:
    """Attempts by product, channel and outcome, in whole minutes from ``since``."""
    minute = since.replace(second=0, microsecond=0)
    with translate_errors():
        rows = connection.execute(_QUERIES.outcomes_by_service, (minute,)).fetchall()
    return [ServiceCount(*row) for row in rows]


def who_was_hurt(connection: Connection, since: datetime) -> list[Hurt]:
    """Whom the bank failed since then, by product and channel."""
    parameters = {"since": since, "bank_reasons": _BANK_REASONS}
    with translate_errors():
        rows = connection.execute(_QUERIES.who_was_hurt, parameters).fetchall()
    return [Hurt(*row) for row in rows]


def media_kept(connection: Connection, since: datetime) -> int:
    """Attempts since then after which a machine was told to keep a card, a passbook or cash."""
    with translate_errors():
        row = connection.execute(_QUERIES.media_kept, (since,)).fetchone()
    assert row is not None
    return int(row[0])
