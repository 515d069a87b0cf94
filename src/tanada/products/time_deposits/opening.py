"""Opening a time deposit from the ordinary deposit of the same customer."""

from collections.abc import Sequence
from typing import Final

import msgspec

from tanada.customers.cards import refusal_of_pin
from tanada.ledger.accounts import TIME, account_id, account_number
from tanada.ledger.book import Posting
from tanada.operations.codes import Code
from tanada.operations.commands import Command
from tanada.operations.work import Decision, Work, accept, decline
from tanada.products.time_deposits.commands import OpenTimeDeposit, TimeDepositOpened
from tanada.products.time_deposits.contracts import (
    BOOKS,
    CONTRACTS,
    PRODUCT,
    Contract,
    TimeDepositBook,
    maturity,
    posted_rate,
)

MAX_ITEMS: Final = 999
"""Time deposits in one book: the account id has three digits for the item."""

MAX_DEPOSIT: Final = 9_999_999
"""Yen; from ten million on it is another product (大口定期)."""


def open_time_deposit(command: OpenTimeDeposit, work: Work) -> Decision:
    """Debit the ordinary deposit and open the next item of the time-deposit book."""
    refused = _refusal(command, work)
    if refused is not None:
        return decline(refused)
    funding = work.account(command.account)
    assert funding is not None, "refused above"
    rate = posted_rate(work, command.term_months)
    if rate is None:
        return decline(Code.BAD_TERM)
    book = work.rows(BOOKS).get(command.account)
    item = 1 if book is None else book.last_item + 1
    if item > MAX_ITEMS:
        return decline(Code.AMOUNT_ABOVE_LIMIT)
    # After this point the opening must succeed.
    contract = _contract(command, work, item, rate)
    work.book.open_account(contract.account_id, PRODUCT, funding.customer)
    work.post(
        PRODUCT,
        (
            Posting(command.account, -command.amount),
            Posting(contract.account_id, command.amount),
        ),
    )
    work.rows(CONTRACTS).put(contract.account_id, contract)
    new_book = TimeDepositBook(ordinary_account=command.account, last_item=item)
    work.rows(BOOKS).put(command.account, new_book)
    return accept(
        TimeDepositOpened(
            account=contract.account_id,
            balance=funding.balance,
            matures_on=contract.matures_on.isoformat(),
            rate=rate,
        )
    )


def _refusal(command: OpenTimeDeposit, work: Work) -> Code | None:
    account = work.account(command.account)
    if account is None:
        return Code.UNKNOWN_ACCOUNT
    if account.product != "deposits":
        return Code.WRONG_PRODUCT
    if not account.open:
        return Code.CLOSED_ACCOUNT
    if command.amount > MAX_DEPOSIT:
        return Code.AMOUNT_ABOVE_LIMIT
    if command.card:
        refused = refusal_of_pin(work, command.card, command.account, command.pin_proof)
        if refused is not None:
            return refused
    return Code.INSUFFICIENT_FUNDS if command.amount > account.available else None


def _contract(command: OpenTimeDeposit, work: Work, item: int, rate: int) -> Contract:
    funding = account_number(command.account)
    today = work.business_date
    return Contract(
        account_id=account_id(funding.branch, TIME, funding.number, item),
        ordinary_account=command.account,
        term_months=command.term_months,
        rate=rate,
        opened_on=today,
        started_on=today,
        matures_on=maturity(today, command.term_months),
        auto_renew=command.auto_renew,
        e_account=False,
        renewals=0,
        cancelled=False,
    )


def undo_opening(command: Command, postings: Sequence[Posting], work: Work) -> None:  # noqa: ARG001
    """Mark the contract of a cancelled opening; its account has gone back to nothing."""
    contracts = work.rows(CONTRACTS)
    for account, _ in postings:
        contract = contracts.get(account)
        if contract is not None:
            contracts.put(account, msgspec.structs.replace(contract, cancelled=True))
