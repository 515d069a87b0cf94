"""A product with a mistake in it: what its neighbours must not notice."""

from typing import Final, Literal

from tanada.base.errors import BankError
from tanada.customers.cards import CARDS
from tanada.executions import EXECUTIONS
from tanada.ledger.accounts import atm_cash
from tanada.ledger.book import Posting
from tanada.operations.codes import Code
from tanada.operations.commands import Command
from tanada.operations.work import (
    Decision,
    Execution,
    Executions,
    Work,
    decline,
    execution_table,
)

Mistake = Literal["bug", "other bug", "invariant", "operating", "none", "before the lock"]


class Stumble(Command, frozen=True, kw_only=True):
    """Posts a deposit of ``amount`` and then makes the mistake that it is told to make."""

    amount: int = 1_000
    mistake: Mistake


class _Upset(BankError):
    code = "upset"


def _accounts(command: Stumble) -> tuple[int, ...]:
    if command.mistake == "before the lock":
        raise LookupError("no accounts today")
    return (command.account,)


def _stumble(command: Stumble, work: Work) -> Decision:
    cash = Posting(atm_cash(1), -command.amount)
    work.post("deposits", (Posting(command.account, command.amount), cash))
    for card in list(work.rows(CARDS)):
        work.rows(CARDS).put(card.card_number, card)
    match command.mistake:
        case "bug":
            raise ZeroDivisionError("a bug")
        case "other bug":
            raise KeyError("another bug")
        case "invariant":
            raise AssertionError("this cannot be")
        case "operating":
            raise _Upset("an operating error")
        case _:
            return decline(Code.BAD_TERM) if command.amount == 13 else Decision(Code.OK)


WITH_MISTAKES: Final[Executions] = execution_table(
    [
        *EXECUTIONS.values(),
        Execution(
            command=Stumble,
            product="deposits",
            decide=_stumble,
            accounts=_accounts,
            tables=(CARDS,),
            reversible=True,
        ),
    ]
)
