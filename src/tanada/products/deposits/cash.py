"""Cash at a machine: deposit and withdrawal."""

from collections.abc import Sequence
from typing import Final

import msgspec

from tanada.customers.cards import CARDS, refusal_of_card, refusal_of_pin, withdrawn_today
from tanada.ledger.accounts import atm_cash
from tanada.ledger.book import Account, Posting
from tanada.operations.codes import Code
from tanada.operations.commands import Command
from tanada.operations.work import Decision, Work, accept, decline
from tanada.products.deposits.commands import CashPosted, DepositCash, WithdrawCash

PRODUCT: Final = "deposits"

MAX_CASH: Final = 2_000_000
"""Yen that a machine takes or pays in one operation: two hundred notes of 10,000."""


def open_deposit(work: Work, account_id: int) -> Account | Code:
    """The ordinary deposit account, or why nothing can be done with it."""
    account = work.account(account_id)
    if account is None:
        return Code.UNKNOWN_ACCOUNT
    if account.product != PRODUCT:
        return Code.WRONG_PRODUCT
    return account if account.open else Code.CLOSED_ACCOUNT


def deposit_cash(command: DepositCash, work: Work) -> Decision:
    """Credit cash that a machine has counted."""
    account = open_deposit(work, command.account)
    if isinstance(account, Code):
        return decline(account)
    if command.amount > MAX_CASH:
        return decline(Code.AMOUNT_ABOVE_LIMIT)
    if command.card:
        refused = refusal_of_card(work, command.card, command.account)
        if refused is not None:
            return decline(refused)
    # After this point the deposit must succeed.
    work.post(
        PRODUCT,
        (
            Posting(command.account, command.amount),
            Posting(atm_cash(command.terminal), -command.amount),
        ),
    )
    return accept(CashPosted(balance=account.balance))


def withdraw_cash(command: WithdrawCash, work: Work) -> Decision:
    """Debit what a machine is to pay out: card, PIN, limits and funds in this order."""
    account = open_deposit(work, command.account)
    if isinstance(account, Code):
        return decline(account)
    if command.amount > MAX_CASH:
        return decline(Code.AMOUNT_ABOVE_LIMIT)
    refused = refusal_of_pin(work, command.card, command.account, command.pin_proof)
    if refused is not None:
        return decline(refused)
    card = work.rows(CARDS).get(command.card)
    assert card is not None, "refused above"
    withdrawn = withdrawn_today(work, card) + command.amount
    if withdrawn > card.daily_limit:
        return decline(Code.DAILY_LIMIT)
    if command.amount > account.available:
        return decline(Code.INSUFFICIENT_FUNDS)
    # After this point the withdrawal must succeed.
    work.post(
        PRODUCT,
        (
            Posting(command.account, -command.amount),
            Posting(atm_cash(command.terminal), command.amount),
        ),
    )
    spent = msgspec.structs.replace(card, withdrawn_on=work.business_date, withdrawn=withdrawn)
    work.rows(CARDS).put(command.card, spent)
    return accept(CashPosted(balance=account.balance))


def undo_withdrawal(command: Command, postings: Sequence[Posting], work: Work) -> None:
    """Give back the card's limit of the day after a cancelled withdrawal."""
    cards = work.rows(CARDS)
    card = cards.get(getattr(command, "card", 0))
    if card is None or card.withdrawn_on != work.business_date:
        return
    if not any(posting.account == card.account_id for posting in postings):
        # Nobody holds the lock that guards the row of a card of another account.
        return
    amount = sum(posting.amount for posting in postings if posting.amount > 0)
    cards.put(
        card.card_number,
        msgspec.structs.replace(card, withdrawn=max(0, card.withdrawn - amount)),
    )
