"""Response codes (field 39): one for every outcome code and for every refusal of the gateway.

The two digits are ISO 8583's own where it has a fitting one; 80 and 82 lie in the range that it
leaves to private use (76 to 89). The outcome's word goes along in field 44: nothing is lost.
"""

from enum import StrEnum
from typing import Final

from tanada.operations.codes import Code


class Refusal(StrEnum):
    """Why the gateway itself refuses a message. Nothing has reached the bank's door then.

    In the attempts these are of kind ``declined`` and class D.
    """

    FORMAT_ERROR = "format_error"
    BAD_MAC = "bad_mac"
    BAD_PIN_BLOCK = "bad_pin_block"
    NOT_SIGNED_ON = "not_signed_on"


APPROVED: Final = "00"

RESPONSE_CODES: Final[dict[Code, str]] = {
    Code.OK: APPROVED,
    Code.NO_KEY: "30",
    Code.KEY_TOO_LONG: "30",
    Code.SAME_KEY_OTHER_CONTENT: "94",
    Code.AMOUNT_NOT_POSITIVE: "13",
    Code.AMOUNT_ABOVE_LIMIT: "61",
    Code.UNKNOWN_ACCOUNT: "53",
    Code.CLOSED_ACCOUNT: "57",
    Code.ACCOUNT_EXISTS: "12",
    Code.WRONG_PRODUCT: "57",
    Code.INSUFFICIENT_FUNDS: "51",
    Code.DAILY_LIMIT: "61",
    Code.UNKNOWN_CARD: "14",
    Code.CARD_STOPPED: "62",
    Code.CARD_STOLEN: "43",
    Code.WRONG_PIN: "55",
    Code.PIN_TRIES_EXCEEDED: "38",
    Code.NOT_DUE: "12",
    Code.BAD_TERM: "12",
    Code.NOT_REVERSIBLE: "21",
    Code.ALREADY_REVERSED: "21",
    Code.UNKNOWN_COMMAND: "40",
    Code.SERVICE_SUSPENDED: "80",
    Code.BREAKER_OPEN: "80",
    Code.REVERSAL_LOG_FULL: "80",
    Code.INTERNAL_ERROR: "96",
    Code.CANCELLED_AFTER_ERROR: "96",
    Code.COMPARTMENT_CLOSED: "91",
    Code.COMPARTMENT_UNREACHABLE: "91",
    Code.MAILBOX_FULL: "91",
    Code.DEADLINE_PASSED: "91",
    Code.NEVER_ARRIVED: "91",
    Code.DATABASE_DOWN: "91",
    Code.DOUBLE_ERROR: "82",
    Code.NO_ANSWER: "68",
}

REFUSAL_CODES: Final[dict[Refusal, str]] = {
    Refusal.FORMAT_ERROR: "30",
    Refusal.BAD_MAC: "63",
    Refusal.BAD_PIN_BLOCK: "63",
    Refusal.NOT_SIGNED_ON: "58",
}

RESPONSE_MEANINGS: Final[dict[str, str]] = {
    "00": "accepted",
    "12": "invalid transaction",
    "13": "invalid amount",
    "14": "no such card",
    "21": "no action taken: cancelled before, or never to be cancelled",
    "30": "format error",
    "38": "too many wrong PINs; the card is kept",
    "40": "function not supported",
    "43": "stolen card; the card is kept",
    "51": "insufficient funds",
    "53": "no such account",
    "55": "wrong PIN",
    "57": "not permitted on this account",
    "58": "not permitted to this terminal: sign on first",
    "61": "above a limit",
    "62": "restricted card",
    "63": "security violation: wrong MAC, or a PIN block that holds no PIN",
    "68": "no answer in time: the outcome is unknown, so reverse",
    "80": "service suspended by the bank; nothing happened",
    "82": "system error, and its cancellation failed: the outcome is unknown, the bank settles it",
    "91": "the system that executes this cannot be reached; nothing happened",
    "94": "the same trace number was used for another transaction",
    "96": "system error; nothing happened",
}
