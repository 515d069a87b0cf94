"""An ordinary deposit account: open it, show it, print its passbook, stop its card."""

import msgspec

from tanada.customers.cards import CARDS, refusal_of_card, refusal_of_pin
from tanada.ledger.accounts import is_ordinary
from tanada.operations.codes import Code
from tanada.operations.work import Decision, Work, accept, decline
from tanada.products.deposits.cash import PRODUCT, open_deposit
from tanada.products.deposits.commands import (
    BalanceShown,
    CardStopped,
    DepositOpened,
    OpenDeposit,
    PassbookLine,
    PassbookUpdated,
    ShowBalance,
    StopCard,
    UpdatePassbook,
)
from tanada.products.deposits.passbooks import (
    MAX_LINES,
    PASSBOOKS,
    UNPOSTED,
    Passbook,
    line_key,
)


def open_account(command: OpenDeposit, work: Work) -> Decision:
    """Open the account whose number the command brings."""
    if not is_ordinary(command.account):
        return decline(Code.WRONG_PRODUCT)
    if work.account(command.account) is not None:
        return decline(Code.ACCOUNT_EXISTS)
    # After this point the opening must succeed.
    work.book.open_account(command.account, PRODUCT, command.customer)
    passbook = Passbook(
        account_id=command.account, printed_sequence=0, e_account=not command.passbook
    )
    work.rows(PASSBOOKS).put(command.account, passbook)
    return accept(DepositOpened(account=command.account))


def show_balance(command: ShowBalance, work: Work) -> Decision:
    """Show balance and available funds; a card needs its PIN, a passbook does not."""
    account = open_deposit(work, command.account)
    if isinstance(account, Code):
        return decline(account)
    if command.card:
        refused = refusal_of_pin(work, command.card, command.account, command.pin_proof)
        if refused is not None:
            return decline(refused)
    return accept(BalanceShown(balance=account.balance, available=account.available))


def update_passbook(command: UpdatePassbook, work: Work) -> Decision:
    """Print the oldest unposted entries and remember the last one printed.

    Entries that this very batch books are left for the next update.
    """
    account = open_deposit(work, command.account)
    if isinstance(account, Code):
        return decline(account)
    if command.card:
        refused = refusal_of_card(work, command.card, command.account)
        if refused is not None:
            return decline(refused)
    passbooks = work.rows(PASSBOOKS)
    passbook = passbooks.get(command.account)
    if passbook is None or passbook.e_account:
        return decline(Code.WRONG_PRODUCT)
    lines = _unposted(work, passbook, min(command.lines, MAX_LINES))
    if lines:
        printed = lines[-1].sequence
        passbooks.put(command.account, msgspec.structs.replace(passbook, printed_sequence=printed))
    remaining = account.last_sequence - passbook.printed_sequence - len(lines)
    return accept(PassbookUpdated(lines=lines, remaining=remaining, balance=account.balance))


def _unposted(work: Work, passbook: Passbook, most: int) -> tuple[PassbookLine, ...]:
    shelf = work.rows(UNPOSTED)
    lines = []
    for sequence in range(passbook.printed_sequence + 1, passbook.printed_sequence + 1 + most):
        line = shelf.get(line_key(passbook.account_id, sequence))
        if line is None:
            break
        lines.append(line)
    return tuple(lines)


def stop_card(command: StopCard, work: Work) -> Decision:
    """Stop a card; needs nothing but the card, so that it works while much else does not.

    A stolen card stays stolen: a machine must go on keeping it.
    """
    cards = work.rows(CARDS)
    card = cards.get(command.card)
    if card is None or card.account_id != command.account:
        return decline(Code.UNKNOWN_CARD)
    status = "stolen" if command.stolen or card.status == "stolen" else "stopped"
    cards.put(command.card, msgspec.structs.replace(card, status=status))
    return accept(CardStopped(card=command.card))
