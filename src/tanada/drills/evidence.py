"""What a run leaves in its databases: the proof of what happened, and the hash of all of it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from tanada.base.database import Connection, load_queries, translate_errors
from tanada.checks import ALL_CHECKS
from tanada.counterparts.visits import VisitRecord
from tanada.drills.timeline import Line
from tanada.ledger.accounts import atm_cash
from tanada.ledger.book import QUERIES as LEDGER
from tanada.ledger.books import Finding, check_books

_QUERIES: Final = load_queries("tanada.drills")
_LAST_TERMINAL: Final = 9_999_999


class RaisedAlarm(NamedTuple):
    """One alarm of the run."""

    raised_at: datetime
    at: datetime
    component: str
    kind: str


@dataclass(frozen=True)
class Evidence:
    """All that was read after the end.

    ``digest`` is the SHA-256 over ledger, operations, attempts, timeline and visits.
    ``money_difference`` is in yen: machines' cash against the ledger, each machine by itself.
    """

    digest: str
    timeline: tuple[Line, ...]
    alarms: tuple[RaisedAlarm, ...]
    findings: tuple[Finding, ...]
    unsettled: int
    money_difference: int

    def first(self, kind: str) -> Line | None:
        """The first line of a kind in the timeline."""
        return next((line for line in self.timeline if line.kind == kind), None)

    def first_alarm(self, *kinds: str, since: datetime | None = None) -> RaisedAlarm | None:
        """The first alarm of one of the kinds, or of any, about something at or after ``since``."""
        return next(
            (
                alarm
                for alarm in self.alarms
                if (not kinds or alarm.kind in kinds) and (since is None or alarm.at >= since)
            ),
            None,
        )


def gather(
    core: Connection,
    watch: Connection,
    lines: Sequence[Line],
    records: Sequence[VisitRecord],
    machine_cash: Mapping[int, int],
) -> Evidence:
    """Read both databases; ``machine_cash`` is what each machine holds, by its ledger account."""
    timeline = _with_facts(lines, core)
    return Evidence(
        digest=_digest(core, watch, timeline, records),
        timeline=timeline,
        alarms=_alarms(watch),
        findings=tuple(check_books(core, ALL_CHECKS)),
        unsettled=_unsettled(watch),
        money_difference=_money_difference(core, machine_cash),
    )


def _with_facts(lines: Sequence[Line], core: Connection) -> tuple[Line, ...]:
    with translate_errors():
        facts = [Line(*row) for row in core.execute(_QUERIES.facts)]
    return tuple(sorted([*lines, *facts]))


def _alarms(watch: Connection) -> tuple[RaisedAlarm, ...]:
    with translate_errors():
        return tuple(RaisedAlarm(*row) for row in watch.execute(_QUERIES.alarms))


def _unsettled(watch: Connection) -> int:
    with translate_errors():
        row = watch.execute(_QUERIES.unsettled).fetchone()
    assert row is not None
    return int(row[0])


def _money_difference(core: Connection, machine_cash: Mapping[int, int]) -> int:
    with translate_errors():
        rows = core.execute(LEDGER.atm_cash, (atm_cash(0), atm_cash(_LAST_TERMINAL))).fetchall()
    ledger = {account: int(cash) for account, cash in rows}
    accounts = ledger.keys() | machine_cash.keys()
    return sum(abs(ledger.get(a, 0) - machine_cash.get(a, 0)) for a in accounts)


def _digest(
    core: Connection,
    watch: Connection,
    timeline: Sequence[Line],
    records: Sequence[VisitRecord],
) -> str:
    digest = hashlib.sha256()
    for query in ("hash_entries", "hash_bank_entries", "hash_operations"):
        _add_copy(digest, core, query)
    _add_copy(digest, watch, "hash_attempts")
    digest.update(msgspec.msgpack.encode(timeline))
    for chunk in _chunks(records):
        digest.update(msgspec.msgpack.encode(chunk))
    return digest.hexdigest()


def _add_copy(digest: "hashlib._Hash", connection: Connection, query: str) -> None:
    with translate_errors(), connection.cursor().copy(_QUERIES[query]) as rows:
        for block in rows:
            digest.update(block)


def _chunks(records: Sequence[VisitRecord]) -> Iterator[Sequence[VisitRecord]]:
    for start in range(0, len(records), 10_000):
        yield records[start : start + 10_000]
