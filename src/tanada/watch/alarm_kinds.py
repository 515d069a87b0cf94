"""Every kind of alarm: how severe it is, whether it is folded, and its words for people.

A change of state and a rare event always raise an alarm of their own, at once. Only what comes in
floods is folded into one alarm a minute for each component, with a count: so a line such as
"compartment closed" is never lost among a hundred thousand errors, as it was on 28 February 2021.
"""

from typing import Final, Literal, NamedTuple

Severity = Literal["critical", "warning", "notice"]
"""``critical``: act now. ``warning``: look now. ``notice``: good to know, or good news."""


class AlarmKind(NamedTuple):
    """What is known of a kind. ``alone``: how many a minute stand for themselves; None: all."""

    severity: Severity
    alone: int | None
    english: str
    japanese: str


def _always(severity: Severity, english: str, japanese: str) -> AlarmKind:
    return AlarmKind(severity, None, english, japanese)


def _folded(severity: Severity, english: str, japanese: str, *, alone: int = 0) -> AlarmKind:
    return AlarmKind(severity, alone, english, japanese)


ALARM_KINDS: Final[dict[str, AlarmKind]] = {
    "compartment_closed": _always("critical", "compartment closed", "処理区画が閉塞"),
    "compartment_reopened": _always("notice", "compartment open again", "処理区画の閉塞を解除"),
    "compartment_started": _always("notice", "compartment started", "処理区画が起動"),
    "reversal_log_full": _always(
        "critical", "reversal log full: nothing more can be cancelled", "取消情報管理テーブルが満杯"
    ),
    "reversal_log_warning": _always(
        "warning", "reversal log nearly full", "取消情報管理テーブルが警戒水準に到達"
    ),
    "breaker_opened": _always("warning", "breaker opened: service paused", "遮断器が作動"),
    "breaker_closed": _always("notice", "breaker closed: service resumed", "遮断器が復帰"),
    "service_prohibited": _always("critical", "service prohibited by rule", "取引サービスを禁止"),
    "job_refused": _always("warning", "job refused before its start", "ジョブの起動を拒否"),
    "job_paused": _always("warning", "job paused at a safe point", "ジョブを安全に中断"),
    "job_failed": _always("critical", "job failed", "ジョブが異常終了"),
    "database_unreachable": _always(
        "critical", "core database does not answer", "勘定系データベースが応答なし"
    ),
    "database_reachable": _always(
        "notice", "core database answers again", "勘定系データベースが復旧"
    ),
    "watch_database_was_away": _always(
        "warning", "watch database was away; nothing was lost", "監視データベースが一時停止"
    ),
    "attempts_dropped": _always(
        "critical", "attempts not recorded: no room left", "取引試行の記録もれが発生"
    ),
    # Rare, but a fault below the door may bring very many of the same.
    "operation_refused_by_database": _folded(
        "critical", "database refused an operation", "データベースが取引を拒否", alone=20
    ),
    "internal_error": _folded("warning", "internal errors", "システムエラー"),
    "system_messages": _folded("warning", "messages of the core", "勘定系のシステムメッセージ"),
    "double_errors": _folded("critical", "cancellations failed too", "二重エラー"),
    "attempts_failed": _folded("warning", "customers' attempts failed", "お客さまの取引が失敗"),
    "attempts_unknown": _folded("warning", "attempts without an answer", "応答のない取引"),
}
"""By the kind of a fact, or of what the watch itself notices."""

_SELDOM_SEEN: Final = 20


def alarm_kind(kind: str) -> AlarmKind:
    """The entry of a kind; one that nobody foresaw is taken seriously and shown by its name."""
    known = ALARM_KINDS.get(kind)
    if known is not None:
        return known
    words = kind.replace("_", " ")
    return AlarmKind("warning", _SELDOM_SEEN, words, words)
