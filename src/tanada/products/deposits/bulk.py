"""Bulk credits (集中記帳): what a posting file brings in."""

from tanada.ledger.accounts import SUSPENSE
from tanada.ledger.book import Posting
from tanada.operations.codes import Code
from tanada.operations.work import Decision, Work, accept, decline
from tanada.products.deposits.cash import PRODUCT, open_deposit
from tanada.products.deposits.commands import CreditByFile, FileCredited


def credit_by_file(command: CreditByFile, work: Work) -> Decision:
    """Credit the account; whoever ordered the file has settled it into suspense (仮受金)."""
    account = open_deposit(work, command.account)
    if isinstance(account, Code):
        return decline(account)
    # After this point the credit must succeed.
    work.post(
        PRODUCT, (Posting(command.account, command.amount), Posting(SUSPENSE, -command.amount))
    )
    return accept(FileCredited(balance=account.balance))
