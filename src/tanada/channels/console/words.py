"""The console's words in English and Japanese: one table, so that no page has words of its own."""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

Language = Literal["en", "ja"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ja")


class Words(NamedTuple):
    """The same in both languages; ``{}`` takes values."""

    en: str
    ja: str


WORDS: Final[dict[str, Words]] = {
    "title": Words("Operations console", "運用コンソール"),
    "language": Words("日本語", "English"),
    "quiet": Words("Quiet", "平穏"),
    "watch": Words("Watch", "注意"),
    "storm": Words("Storm", "荒天"),
    "quiet_headline": Words("All terraces hold their water.", "すべての棚田に水が満ちています。"),
    "watch_headline": Words("Something needs a look.", "確認が必要なことがあります。"),
    "storm_headline": Words("Customers are being failed.", "お客さまの取引に失敗が出ています。"),
    "alarm_headline": Words("A critical alarm stands.", "緊急の警報が出ています。"),
    "out_others_hold": Words(
        "{} of {} terraces out. The others hold.",
        "{1}枚の棚田のうち{0}枚が停止。ほかは保たれています。",
    ),
    "out": Words("{} of {} terraces out.", "{1}枚の棚田のうち{0}枚が停止しています。"),
    "flow": Words(
        "{} attempts since {}, {} of them failed by the bank",
        "{1}以降の取引 {0} 件、うち銀行側の失敗 {2} 件",
    ),
    "picture": Words("The bank as a hill of terraces", "棚田として描いた銀行の状態"),
    "picture_note": Words(
        "Water: the share of the last minute's operations that did not fail. "
        "A closed compartment is a broken bank on its own terrace.",
        "水位は直近1分間に失敗しなかった取引の割合。閉塞した処理区画は、その棚田だけ土手が切れます。",
    ),
    "as_table": Words("The picture as a table", "図の内容を表で見る"),
    "terrace": Words("Terrace", "棚田"),
    "state": Words("State", "状態"),
    "open": Words("open", "稼働"),
    "strained": Words("strained", "不調"),
    "closed": Words("CLOSED", "閉塞"),
    "silent": Words("NO ANSWER", "応答なし"),
    "per_minute": Words("{}/min", "毎分{}件"),
    "rate": Words("Per minute", "毎分の件数"),
    "waiting": Words("Waiting", "待ち"),
    "waiting_count": Words("{} waiting", "待ち{}件"),
    "reason": Words("Reason", "理由"),
    "gateways": Words("gateways", "接続口"),
    "gateway": Words("{} gateway", "{} 接続口"),
    "alarms": Words("Alarms", "警報"),
    "no_alarms": Words("No alarm.", "警報はありません。"),
    "critical": Words("act now", "緊急"),
    "warning": Words("look now", "警告"),
    "notice": Words("notice", "通知"),
    "minutes": Words("Attempts per minute", "毎分の取引"),
    "minutes_note": Words("the last 30 minutes", "直近30分"),
    "accepted": Words("accepted", "成立"),
    "declined": Words("declined", "謝絶"),
    "failed": Words("failed", "失敗"),
    "unknown": Words("unknown", "不明"),
    "hurt": Words("Customers the bank failed today", "本日、取引に失敗したお客さま"),
    "nobody_hurt": Words("Nobody.", "いらっしゃいません。"),
    "service": Words("Service", "取引"),
    "refused": Words("refused", "停止中"),
    "settled_later": Words("settled later", "後で判明"),
    "customers": Words("accounts", "口座数"),
    "since": Words("from", "発生"),
    "limits": Words("Limits", "限度"),
    "no_limits": Words("No meter is known.", "計測値がありません。"),
    "switches": Words("Suspended services", "停止中のサービス"),
    "no_switches": Words("None: every service is offered.", "ありません。全サービス提供中です。"),
    "everywhere": Words("all channels", "全チャネル"),
    "machines": Words("Machines", "ATM"),
    "in_doubt": Words("operations in doubt", "結果照会中"),
    "machines_connected": Words("connected", "接続中"),
    "media_kept": Words("media kept", "取込媒体"),
    "not_counted": Words("Nobody counts them here.", "計数していません。"),
    "as_of": Words("as of {}", "{} 現在"),
    "never": Words("not heard of yet", "まだ情報がありません"),
    "stale": Words("does not answer; last known {}", "応答がありません。{} 時点の情報です"),
    "read_only": Words("read-only", "閲覧専用"),
    "reconnecting": Words("This page has lost the console. ", "コンソールとの接続が切れました。"),
    "rows of a business date": Words("rows today", "行(本日)"),
    "jobs": Words("jobs", "件"),
    "open jobs": Words("open jobs", "未完了のジョブ"),
    "deposits": Words("ordinary deposits", "普通預金"),
    "time_deposits": Words("time deposits", "定期預金"),
    "reversal log": Words("reversal log", "取消情報"),
    "atm": Words("ATM", "ATM"),
    "direct": Words("direct", "ダイレクト"),
    "desk": Words("desk", "営業店"),
    "batch": Words("batch", "バッチ"),
}


Translate = Callable[..., str]


def speaker(language: Language) -> Translate:
    """The function that words are taken with in pages of one language."""

    def translate(word: str, *values: object) -> str:
        return getattr(WORDS[word], language).format(*values)  # type: ignore[no-any-return]

    return translate


def name_in(language: Language, name: str) -> str:
    """A name of the bank's (``reversal log of deposits``) in words, as far as they are known."""
    known = [name] if name in WORDS else name.split(" of ")
    parts = [WORDS[part] if part in WORDS else Words(part, part) for part in known]
    return " · ".join(getattr(part, language) for part in parts)


def language_of(asked: str | None, accepted: str) -> Language:
    """The language asked for, else the first of an ``Accept-Language`` header that we speak."""
    wanted = [asked or "", *(part.partition(";")[0].strip() for part in accepted.split(","))]
    for tag in wanted:
        for language in LANGUAGES:
            if tag.lower().partition("-")[0] == language:
                return language
    return "en"
