"""The words of the dialogue: message types, what a transaction is, how a reversal names it."""

from enum import StrEnum
from typing import Final, NamedTuple

from tanada.channels.atm import fields as f
from tanada.channels.atm.messages import FormatError, IsoMessage

FINANCIAL: Final = "0200"
FINANCIAL_REPEAT: Final = "0201"
REVERSAL: Final = "0420"
REVERSAL_REPEAT: Final = "0421"
NETWORK: Final = "0800"
REVERSALS: Final = (REVERSAL, REVERSAL_REPEAT)

ANSWER_TYPES: Final[dict[str, str]] = {
    FINANCIAL: "0210",
    FINANCIAL_REPEAT: "0210",
    REVERSAL: "0430",
    REVERSAL_REPEAT: "0430",
    NETWORK: "0810",
}
"""Every message type that the gateway reads, and the type of its answer."""

SIGN_ON: Final = "001"
SIGN_OFF: Final = "002"
ECHO: Final = "301"

YEN: Final = "392"
"""ISO 4217 number of the yen, which has no minor unit: field 4 counts yen."""


class Transaction(StrEnum):
    """First two digits of the processing code. 90 to 99 are ISO 8583's range for private use.

    The other four digits, account types, are not used: card and account say it all.
    """

    WITHDRAWAL = "01"
    DEPOSIT = "21"
    BALANCE = "31"
    PASSBOOK_UPDATE = "91"
    TIME_DEPOSIT = "92"

    @property
    def processing_code(self) -> str:
        """Field 3."""
        return f"{self.value}0000"


class Original(NamedTuple):
    """The part of original data elements (field 90) that a reversal needs."""

    mti: str
    stan: str
    sent_at: str
    """Field 7 of the original, MMDDhhmmss."""

    @classmethod
    def of(cls, message: IsoMessage) -> "Original":
        """How a reversal will name ``message``."""
        return cls(message.mti, message[f.STAN], message[f.SENT_AT])

    def write(self) -> str:
        """Field 90: message type, STAN, transmission time, and two institutions, not used."""
        return f"{self.mti}{self.stan}{self.sent_at}".ljust(42, "0")

    @classmethod
    def read(cls, text: str) -> "Original":
        """Take field 90 apart; ``FormatError`` if the original was no financial request."""
        original = cls(text[:4], text[4:10], text[10:20])
        if original.mti not in (FINANCIAL, FINANCIAL_REPEAT):
            raise FormatError(f.ORIGINAL, 0, "only a financial request (0200, 0201) is reversed")
        return original
