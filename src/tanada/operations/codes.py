"""Outcome codes: one reason, one word.

A code belongs to exactly one kind of outcome and to one error class of the report's table
③ATM仕様: A 通信障害, B a product's system error, C a closed compartment, D 業務エラー.
"""

from enum import StrEnum
from typing import Final, Literal, NamedTuple

Kind = Literal["accepted", "declined", "failed", "unknown"]
ErrorClass = Literal["", "A", "B", "C", "D"]


class Code(StrEnum):
    """Every reason that an outcome can give."""

    OK = "ok"
    NO_KEY = "no_key"
    KEY_TOO_LONG = "key_too_long"
    SAME_KEY_OTHER_CONTENT = "same_key_other_content"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_ABOVE_LIMIT = "amount_above_limit"
    UNKNOWN_ACCOUNT = "unknown_account"
    CLOSED_ACCOUNT = "closed_account"
    ACCOUNT_EXISTS = "account_exists"
    WRONG_PRODUCT = "wrong_product"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    DAILY_LIMIT = "daily_limit"
    UNKNOWN_CARD = "unknown_card"
    CARD_STOPPED = "card_stopped"
    CARD_STOLEN = "card_stolen"
    WRONG_PIN = "wrong_pin"
    PIN_TRIES_EXCEEDED = "pin_tries_exceeded"
    NOT_DUE = "not_due"
    BAD_TERM = "bad_term"
    NOT_REVERSIBLE = "not_reversible"
    ALREADY_REVERSED = "already_reversed"
    UNKNOWN_COMMAND = "unknown_command"
    SERVICE_SUSPENDED = "service_suspended"
    BREAKER_OPEN = "breaker_open"
    REVERSAL_LOG_FULL = "reversal_log_full"
    INTERNAL_ERROR = "internal_error"
    CANCELLED_AFTER_ERROR = "cancelled_after_error"
    COMPARTMENT_CLOSED = "compartment_closed"
    COMPARTMENT_UNREACHABLE = "compartment_unreachable"
    MAILBOX_FULL = "mailbox_full"
    DEADLINE_PASSED = "deadline_passed"
    NEVER_ARRIVED = "never_arrived"
    DATABASE_DOWN = "database_down"
    DOUBLE_ERROR = "double_error"
    NO_ANSWER = "no_answer"


class Meaning(NamedTuple):
    """What a code says: outcome, error class, whose reason it is, and the words for people."""

    kind: Kind
    error_class: ErrorClass
    bank_reason: bool
    english: str
    japanese: str


def _declined(english: str, japanese: str, *, bank: bool = False) -> Meaning:
    return Meaning("declined", "D", bank, english, japanese)


def _failed(error_class: ErrorClass, english: str, japanese: str) -> Meaning:
    return Meaning("failed", error_class, True, english, japanese)


MEANINGS: Final[dict[Code, Meaning]] = {
    Code.OK: Meaning("accepted", "", False, "done", "お取扱いしました"),
    Code.NO_KEY: _declined("the command carries no idempotency key", "取引キーがありません"),
    Code.KEY_TOO_LONG: _declined("the idempotency key is too long", "取引キーが長すぎます"),
    Code.SAME_KEY_OTHER_CONTENT: _declined(
        "the key was used before for another command", "取引キーが別の取引で使用済です"
    ),
    Code.AMOUNT_NOT_POSITIVE: _declined("the amount is not above zero", "金額が正しくありません"),
    Code.AMOUNT_ABOVE_LIMIT: _declined("the amount is above the limit", "限度額を超えています"),
    Code.UNKNOWN_ACCOUNT: _declined("no such account", "該当する口座がありません"),
    Code.CLOSED_ACCOUNT: _declined("the account is closed", "口座は解約済です"),
    Code.ACCOUNT_EXISTS: _declined("the account exists already", "口座は開設済です"),
    Code.WRONG_PRODUCT: _declined("the account is of another kind", "口座の種類が異なります"),
    Code.INSUFFICIENT_FUNDS: _declined("the balance does not suffice", "残高が不足しています"),
    Code.DAILY_LIMIT: _declined("above the card's limit of the day", "1日の限度額を超えています"),
    Code.UNKNOWN_CARD: _declined("no such card", "該当するカードがありません"),
    Code.CARD_STOPPED: _declined("the card is stopped", "カードは利用停止中です"),
    Code.CARD_STOLEN: _declined(
        "the card is reported lost or stolen", "紛失・盗難の届出があるカードです"
    ),
    Code.WRONG_PIN: _declined("wrong PIN", "暗証番号が違います"),
    Code.PIN_TRIES_EXCEEDED: _declined(
        "too many wrong PINs", "暗証番号の誤りが規定回数に達しました"
    ),
    Code.NOT_DUE: _declined("the time deposit has not matured", "満期日前です"),
    Code.BAD_TERM: _declined("no such term", "お取扱いできない期間です"),
    Code.NOT_REVERSIBLE: _declined("the operation cannot be cancelled", "取消できない取引です"),
    Code.ALREADY_REVERSED: _declined("the operation was cancelled before", "取消済の取引です"),
    Code.UNKNOWN_COMMAND: _declined("no such command", "お取扱いできない取引です"),
    Code.SERVICE_SUSPENDED: _declined(
        "the service is suspended on this channel", "ただいまお取扱いを停止しています", bank=True
    ),
    Code.BREAKER_OPEN: _declined(
        "the service is suspended after errors", "ただいまお取扱いを停止しています", bank=True
    ),
    Code.REVERSAL_LOG_FULL: _declined(
        "no room to guarantee a cancellation today", "ただいまお取扱いできません", bank=True
    ),
    Code.INTERNAL_ERROR: _failed("B", "system error; nothing happened", "システムエラー"),
    Code.CANCELLED_AFTER_ERROR: _failed(
        "B", "system error; the operation was cancelled", "システムエラー(取消済)"
    ),
    Code.COMPARTMENT_CLOSED: _failed("C", "the compartment is closed", "処理区画閉塞中"),
    Code.COMPARTMENT_UNREACHABLE: _failed(
        "C", "the compartment cannot be reached", "処理区画に接続できません"
    ),
    Code.MAILBOX_FULL: _failed("C", "too many operations are waiting", "処理が混み合っています"),
    Code.DEADLINE_PASSED: _failed("C", "too late to begin", "処理時間切れ(未実行)"),
    Code.NEVER_ARRIVED: _failed("A", "the command never arrived", "取引は届いていません"),
    Code.DATABASE_DOWN: _failed("C", "the database cannot be reached", "データベース停止中"),
    Code.DOUBLE_ERROR: Meaning(
        "unknown", "B", True, "the cancellation failed too", "二重エラー(取引状態不明)"
    ),
    Code.NO_ANSWER: Meaning("unknown", "A", True, "no answer in time", "応答なし(取引状態不明)"),
}
