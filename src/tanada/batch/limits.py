"""The limit register: everything in the bank that is bounded, and how full it is.

Each limit has a name, a unit, an owner, and a sentence on what happens to customers when it is
reached. A limit that the database can tell is read here; those inside a process are told by
whoever runs it (``with_use``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tanada.base.database import Connection, translate_errors
from tanada.base.link import MAX_FRAME_BYTES
from tanada.base.volumes import MAX_FILE_BYTES as MAX_VOLUME_FILE_BYTES
from tanada.batch.jobs import MAX_OPEN_JOBS, QUERIES
from tanada.batch.posting_file import MAX_FILE_BYTES, MAX_LINES
from tanada.batch.submitting import level_on
from tanada.controls.policies import Policy
from tanada.ledger.book import business_date
from tanada.operations.door import MAX_IN_DOUBT
from tanada.products.time_deposits.opening import MAX_ITEMS

PERMILLE: Final = 1000
DEFAULT_WARN_PERMILLE: Final = 800


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One bounded thing. ``used`` is None where only a running process could tell."""

    name: str
    unit: str
    limit: int
    owner: str
    english: str
    """What happens when it is reached."""
    japanese: str
    warn_permille: int = DEFAULT_WARN_PERMILLE
    used: int | None = None

    @property
    def warning(self) -> int:
        """The use at which people are warned."""
        return self.limit * self.warn_permille // PERMILLE

    @property
    def permille(self) -> int | None:
        """How full it is, in thousandths."""
        return None if self.used is None else self.used * PERMILLE // self.limit

    @property
    def state(self) -> str:
        """``full``, ``warning``, ``fine``, or ``unread``."""
        if self.used is None:
            return "unread"
        if self.used >= self.limit:
            return "full"
        return "warning" if self.used >= self.warning else "fine"


def declared_limits(policy: Policy) -> tuple[Limit, ...]:
    """Every limit that is the same on all days, by policy and by code; nothing is read."""
    return (*_of_processes(policy), *_OF_FILES)


def read_limits(connection: Connection, policy: Policy) -> tuple[Limit, ...]:
    """The whole register with the present use, the reversal logs first.

    ``connection`` acts as ``tanada_batch`` or ``tanada_console``. Raises ``DatabaseError``.
    """
    return (*_reversal_logs(connection, policy), _open_jobs(connection), *declared_limits(policy))


def with_use(limits: Sequence[Limit], used: Mapping[str, int]) -> tuple[Limit, ...]:
    """The register with the use that processes have told, by name of the limit."""
    return tuple(replace(each, used=used.get(each.name, each.used)) for each in limits)


def _reversal_logs(connection: Connection, policy: Policy) -> list[Limit]:
    day = business_date(connection)
    levels = [level_on(connection, policy, p, day) for p in sorted(policy.reversal_log.capacity)]
    return [
        Limit(
            name=f"reversal log of {level.product}",
            unit="rows of a business date",
            limit=level.capacity,
            owner=level.product,
            english="no further operation of the product is taken on until the next date",
            japanese="翌営業日まで当該商品の取引を受け付けません",
            warn_permille=level.warn_permille,
            used=level.taken,
        )
        for level in levels
    ]


def _open_jobs(connection: Connection) -> Limit:
    with translate_errors():
        row = connection.execute(QUERIES.count_open_jobs).fetchone()
    assert row is not None
    return Limit(
        name="open jobs",
        unit="jobs",
        limit=MAX_OPEN_JOBS,
        owner="batch",
        english="a further job is refused until some have run",
        japanese="実行が進むまで新しいジョブを受け付けません",
        used=int(row[0]),
    )


def _of_processes(policy: Policy) -> tuple[Limit, ...]:
    return (
        Limit(
            name="mailbox of a compartment",
            unit="commands",
            limit=policy.mailbox.capacity,
            owner="operations",
            english="further operations fail at once (mailbox_full); nothing happens to them",
            japanese="以後の取引は直ちにエラーとなり、未実行で終わります",
        ),
        Limit(
            name="batch of a compartment",
            unit="commands",
            limit=policy.mailbox.batch,
            owner="operations",
            english="the rest waits for the next batch",
            japanese="残りは次のまとまりを待ちます",
            warn_permille=PERMILLE,
        ),
        Limit(
            name="operations in doubt at a gateway",
            unit="operations",
            limit=MAX_IN_DOUBT,
            owner="operations",
            english="further operations are refused until some are settled by inquiry",
            japanese="照会で結果が確定するまで新しい取引を受け付けません",
        ),
        Limit(
            name="frame of the link",
            unit="bytes",
            limit=MAX_FRAME_BYTES,
            owner="base",
            english="the message is refused where it was made",
            japanese="送信側で電文を拒否します",
        ),
    )


_OF_FILES: Final = (
    Limit(
        name="posting file",
        unit="bytes",
        limit=MAX_FILE_BYTES,
        owner="batch",
        english="the file is refused whole; divide it",
        japanese="ファイル全体を拒否します。分割してください",
    ),
    Limit(
        name="lines of a posting file",
        unit="lines",
        limit=MAX_LINES,
        owner="batch",
        english="the file is refused whole; divide it",
        japanese="ファイル全体を拒否します。分割してください",
    ),
    Limit(
        name="file on a volume",
        unit="bytes",
        limit=MAX_VOLUME_FILE_BYTES,
        owner="base",
        english="the file is not written, and the writer hears of it",
        japanese="書込みを拒否し、書込み元へ通知します",
    ),
    Limit(
        name="time deposits of a book",
        unit="deposits",
        limit=MAX_ITEMS,
        owner="time_deposits",
        english="a further deposit needs another book",
        japanese="新しい通帳が必要になります",
    ),
)
