"""The transactions of a machine: one row says what a message needs, commands, and gets back."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple, TypedDict

from tanada.channels.atm import fields as f
from tanada.channels.atm import private_data as tags
from tanada.channels.atm.dialogue import YEN, Transaction
from tanada.channels.atm.keys import TerminalKeys
from tanada.channels.atm.messages import FormatError, IsoMessage
from tanada.channels.atm.requests import (
    ACCOUNT_DIGITS,
    Request,
    operation_key,
    read_account,
    read_amount,
    read_pin_proof,
)
from tanada.controls.policies import TransactionClass
from tanada.operations.commands import Command, Outcome, Reverse
from tanada.products.deposits.commands import (
    BalanceShown,
    CashPosted,
    DepositCash,
    PassbookLine,
    PassbookUpdated,
    ShowBalance,
    UpdatePassbook,
    WithdrawCash,
)
from tanada.products.time_deposits.commands import OpenTimeDeposit, TimeDepositOpened

CHANNEL: Final = "atm"
PASSBOOK_LINES_MAX: Final = 24
"""Lines of one answer: 24 of 34 characters fit field 62, and two pages of a passbook."""

LEDGER_BALANCE: Final = "01"
AVAILABLE_BALANCE: Final = "02"

Answer = dict[int, str]


class Times(NamedTuple):
    """When the command was made and until when its answer is awaited, microseconds."""

    made_at: int
    deadline: int


class Row(NamedTuple):
    """``command`` makes the command, ``answer`` the fields that an accepted outcome adds.

    ``moves_money``: if its answer is lost, the operation must be cancelled should it have happened.
    """

    name: str
    product: str
    transaction_class: TransactionClass
    command: Callable[[Request, Times], Command]
    answer: Callable[[Outcome], Answer]
    card_needed: bool = False
    pin_needed: bool = False
    amount_needed: bool = False
    moves_money: bool = False


def read_request(
    message: IsoMessage,
    row: Row,
    terminal: int,
    private: Mapping[str, str],
    keys: TerminalKeys,
    pvk: bytes,
    today: date,
) -> Request:
    """The values that ``row`` needs; raises ``FormatError`` or ``RequestRefused``."""
    key = operation_key(terminal, message[f.STAN], message[f.LOCAL_DATE], today)
    amount = read_amount(message, needed=row.amount_needed)
    card, account = read_account(message, card_needed=row.card_needed)
    # With the passbook alone there is no card to which a PIN could belong.
    proof = read_pin_proof(message, card, keys, pvk) if row.pin_needed and card else b""
    return Request(terminal, key, account, card, proof, amount, private)


def reversal_of(
    original_key: str, product: str, account: int, card: int, origin: str, times: Times
) -> Reverse:
    """The command that cancels the operation with ``original_key``; ``card`` 0: there was none."""
    return Reverse(
        key=f"{original_key}:reverse",
        channel=CHANNEL,
        origin=origin,
        made_at=times.made_at,
        deadline=times.deadline,
        account=account,
        original_key=original_key,
        product=product,
        card=card,
    )


class _Common(TypedDict):
    key: str
    channel: str
    origin: str
    made_at: int
    deadline: int
    account: int


def _common(request: Request, times: Times) -> _Common:
    """What every command has."""
    return _Common(
        key=request.key,
        channel=CHANNEL,
        origin=request.origin,
        made_at=times.made_at,
        deadline=times.deadline,
        account=request.account,
    )


def _withdraw(request: Request, times: Times) -> Command:
    return WithdrawCash(
        **_common(request, times),
        amount=request.amount,
        terminal=request.terminal,
        card=request.card,
        pin_proof=request.pin_proof,
    )


def _deposit(request: Request, times: Times) -> Command:
    return DepositCash(
        **_common(request, times),
        amount=request.amount,
        terminal=request.terminal,
        card=request.card,
    )


def _balance(request: Request, times: Times) -> Command:
    return ShowBalance(
        **_common(request, times),
        card=request.card,
        pin_proof=request.pin_proof,
    )


def _passbook_update(request: Request, times: Times) -> Command:
    return UpdatePassbook(
        **_common(request, times),
        lines=PASSBOOK_LINES_MAX,
        card=request.card,
    )


def _time_deposit(request: Request, times: Times) -> Command:
    months = request.tags.get(tags.TERM_MONTHS, "")
    renew = request.tags.get(tags.AUTO_RENEW, "Y")
    if not (months.isascii() and months.isdigit()) or renew not in ("Y", "N"):
        raise FormatError(f.PRIVATE, 0, "tag TM (months) is needed; AR is Y or N")
    return OpenTimeDeposit(
        **_common(request, times),
        amount=request.amount,
        term_months=int(months),
        card=request.card,
        pin_proof=request.pin_proof,
        auto_renew=renew == "Y",
    )


def _cash_posted(outcome: Outcome) -> Answer:
    return {f.BALANCES: _amounts((LEDGER_BALANCE, outcome.read(CashPosted).balance))}


def _balance_shown(outcome: Outcome) -> Answer:
    shown = outcome.read(BalanceShown)
    ledger, available = (LEDGER_BALANCE, shown.balance), (AVAILABLE_BALANCE, shown.available)
    return {f.BALANCES: _amounts(ledger, available)}


def _passbook_updated(outcome: Outcome) -> Answer:
    updated = outcome.read(PassbookUpdated)
    answer = {
        f.BALANCES: _amounts((LEDGER_BALANCE, updated.balance)),
        f.PRIVATE: tags.write_tags({tags.LINES_LEFT: str(updated.remaining)}),
    }
    if updated.lines:
        answer[f.PASSBOOK_LINES] = "".join(map(_line, updated.lines))
    return answer


def _time_deposit_opened(outcome: Outcome) -> Answer:
    opened = outcome.read(TimeDepositOpened)
    matures_on = opened.matures_on.replace("-", "")
    private = {tags.MATURES_ON: matures_on, tags.RATE: str(opened.rate)}
    return {
        f.BALANCES: _amounts((LEDGER_BALANCE, opened.balance)),
        f.PRIVATE: tags.write_tags(private),
        f.NEW_ACCOUNT: f"{opened.account:0{ACCOUNT_DIGITS}d}",
    }


def _amounts(*balances: tuple[str, int]) -> str:
    """Field 54: account type 10 (savings), amount type, currency, C or D and twelve digits."""
    return "".join(f"10{kind}{YEN}{_signed(yen)}" for kind, yen in balances)


def _line(line: PassbookLine) -> str:
    """34 characters of field 62: YYYYMMDD, then amount and balance, each C or D and 12 digits."""
    return f"{line.booked_on.replace('-', '')}{_signed(line.amount)}{_signed(line.balance)}"


def _signed(yen: int) -> str:
    return f"{'D' if yen < 0 else 'C'}{abs(yen):012d}"


TRANSACTIONS: Final[dict[Transaction, Row]] = {
    Transaction.WITHDRAWAL: Row(
        "WithdrawCash",
        "deposits",
        "monetary",
        _withdraw,
        _cash_posted,
        card_needed=True,
        pin_needed=True,
        amount_needed=True,
        moves_money=True,
    ),
    Transaction.DEPOSIT: Row(
        "DepositCash",
        "deposits",
        "monetary",
        _deposit,
        _cash_posted,
        amount_needed=True,
        moves_money=True,
    ),
    Transaction.BALANCE: Row(
        "ShowBalance", "deposits", "inquiry", _balance, _balance_shown, pin_needed=True
    ),
    Transaction.PASSBOOK_UPDATE: Row(
        "UpdatePassbook", "deposits", "monetary", _passbook_update, _passbook_updated
    ),
    Transaction.TIME_DEPOSIT: Row(
        "OpenTimeDeposit",
        "time_deposits",
        "monetary",
        _time_deposit,
        _time_deposit_opened,
        card_needed=True,
        pin_needed=True,
        amount_needed=True,
        moves_money=True,
    ),
}
