"""From a message to what it asks for: typed values instead of fields, or the reason why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from tanada.base.errors import BankError
from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import YEN, Transaction
from tanada.channels.atm.keys import TerminalKeys, terminal_id
from tanada.channels.atm.messages import FormatError, IsoMessage
from tanada.channels.atm.pin import PinBlockError
from tanada.channels.atm.private_data import MEDIA, read_media, read_tags
from tanada.channels.atm.response_codes import Refusal
from tanada.controls.policies import Medium
from tanada.customers.card_numbers import account_of_card
from tanada.customers.pin import pin_proof
from tanada.ledger.accounts import is_customer
from tanada.operations.codes import Code

ACCOUNT_DIGITS: Final = 14
_TRANSACTIONS: Final = {transaction.value: transaction for transaction in Transaction}


class RequestRefused(BankError):
    """The gateway answers this request itself, with ``why``."""

    code = "atm_request_refused"

    def __init__(self, why: Code | Refusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A request that makes sense. ``card`` 0: with the passbook alone; ``amount`` in yen."""

    terminal: int
    key: str
    account: int
    card: int
    pin_proof: bytes
    amount: int
    tags: Mapping[str, str]

    @property
    def origin(self) -> str:
        """The terminal as the attempts and the outcomes name it."""
        return terminal_id(self.terminal)

    def __repr__(self) -> str:
        return f"<Request {self.key}>"


def read_transaction(message: IsoMessage) -> Transaction:
    """What field 3 asks for; ``RequestRefused`` if it is nothing that we do."""
    transaction = _TRANSACTIONS.get(message[f.PROCESSING_CODE][:2])
    if transaction is None:
        raise RequestRefused(Code.UNKNOWN_COMMAND)
    return transaction


def read_private(message: IsoMessage) -> tuple[dict[str, str], tuple[Medium, ...]]:
    """The tags of field 48 and the media that the machine holds; ``FormatError``."""
    tags = read_tags(message[f.PRIVATE])
    return tags, read_media(tags.get(MEDIA, ""))


def read_amount(message: IsoMessage, *, needed: bool) -> int:
    """Field 4 in yen; ``FormatError`` if it is needed and missing, or in another currency."""
    if needed and not (message[f.AMOUNT] and message[f.CURRENCY] == YEN):
        raise FormatError(f.AMOUNT, 0, "amount (4) and currency (49) 392 are needed")
    return int(message[f.AMOUNT] or 0)


def read_account(message: IsoMessage, *, card_needed: bool) -> tuple[int, int]:
    """Card and account: the card's own, or field 102's where a passbook alone will do."""
    card = message[f.PAN]
    if card:
        account = account_of_card(int(card))
        if account is None:
            raise RequestRefused(Code.UNKNOWN_CARD)
        return int(card), account
    text = message[f.ACCOUNT].strip()
    if card_needed or not text:
        raise FormatError(f.PAN, 0, "a card (2), or an account (102) by passbook, is needed")
    account = int(text) if text.isascii() and text.isdigit() else 0
    # The bank's own accounts have numbers too, and no passbook.
    if not is_customer(account) or len(text) > ACCOUNT_DIGITS:
        raise RequestRefused(Code.UNKNOWN_ACCOUNT)
    return 0, account


def read_pin_proof(message: IsoMessage, card: int, keys: TerminalKeys, pvk: bytes) -> bytes:
    """The keyed digest of the PIN in field 52; ``FormatError`` if there is none."""
    block = message[f.PIN_BLOCK]
    if not block:
        raise FormatError(f.PIN_BLOCK, 0, "a PIN block is needed")
    try:
        return pin_proof(pvk, card, keys.pin.decipher(bytes.fromhex(block), card))
    except PinBlockError:
        raise RequestRefused(Refusal.BAD_PIN_BLOCK) from None


def operation_key(terminal: int, stan: str, local_date: str, today: date) -> str:
    """The idempotency key: terminal, local date (field 13) and STAN name a transaction for ever.

    A repeat (0201) and a reversal (0420) carry the same date, and the same STAN in field 11 or 90.
    """
    if not stan:
        raise FormatError(f.STAN, 0, "a trace number is needed")
    return f"atm:{terminal_id(terminal)}:{full_date(local_date, today).isoformat()}:{stan}"


@lru_cache(maxsize=8)
def full_date(month_day: str, today: date) -> date:
    """The date MMDD that lies nearest to ``today``; ``FormatError`` if there is none."""
    near = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            near.append(date(year, int(month_day[:2] or 0), int(month_day[2:] or 0)))
        except ValueError:
            continue  # 29 February exists in some of the years only
    if not near:
        raise FormatError(f.LOCAL_DATE, 0, "not a date MMDD")
    return min(near, key=lambda day: abs(day - today))
