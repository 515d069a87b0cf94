"""What happens to a time deposit while it lasts: renewal, the switch to e-account, a look at it."""

import msgspec

from tanada.base.money import interest, withholding_tax
from tanada.ledger.accounts import INTEREST_EXPENSE, LOCAL_TAX_PAYABLE, NATIONAL_TAX_PAYABLE
from tanada.ledger.book import Posting
from tanada.operations.codes import Code
from tanada.operations.work import Decision, Work, accept, decline
from tanada.products.time_deposits.commands import (
    EAccountSwitched,
    RenewTimeDeposit,
    ShowTimeDeposit,
    SwitchToEAccount,
    TimeDepositRenewed,
    TimeDepositShown,
)
from tanada.products.time_deposits.contracts import (
    CONTRACTS,
    PRODUCT,
    Contract,
    maturity,
    posted_rate,
)


def renew(command: RenewTimeDeposit, work: Work) -> Decision:
    """Renew with interest (元利継続): the net interest of the ended term joins the principal.

    The new term begins on the day the old one ended, at the rate posted on the renewal day.
    """
    contract = _contract(work, command.account)
    account = work.account(command.account)
    if contract is None or account is None:
        return decline(Code.UNKNOWN_ACCOUNT)
    if contract.matures_on > work.business_date:
        return decline(Code.NOT_DUE)
    rate = posted_rate(work, contract.term_months)
    if rate is None:
        return decline(Code.BAD_TERM)
    # After this point the renewal must succeed.
    days = (contract.matures_on - contract.started_on).days
    gross = interest(account.balance, contract.rate, days)
    national, local = withholding_tax(gross)
    work.post(PRODUCT, _interest_postings(command.account, gross, national, local))
    renewed = msgspec.structs.replace(
        contract,
        rate=rate,
        started_on=contract.matures_on,
        matures_on=maturity(contract.matures_on, contract.term_months),
        renewals=contract.renewals + 1,
    )
    work.rows(CONTRACTS).put(command.account, renewed)
    return accept(
        TimeDepositRenewed(
            interest=gross,
            national_tax=national,
            local_tax=local,
            principal=account.balance,
            matures_on=renewed.matures_on.isoformat(),
        )
    )


def _contract(work: Work, account: int) -> Contract | None:
    contract = work.rows(CONTRACTS).get(account)
    return None if contract is None or contract.cancelled else contract


def _interest_postings(account: int, gross: int, national: int, local: int) -> tuple[Posting, ...]:
    """Postings of the interest; those of nothing are left out, since an entry moves money."""
    postings = (
        Posting(account, gross - national - local),
        Posting(INTEREST_EXPENSE, -gross),
        Posting(NATIONAL_TAX_PAYABLE, national),
        Posting(LOCAL_TAX_PAYABLE, local),
    )
    return tuple(posting for posting in postings if posting.amount)


def switch_to_e_account(command: SwitchToEAccount, work: Work) -> Decision:
    """Switch to e-account (未記帳切替): a change of state that is logged like a posting."""
    contract = _contract(work, command.account)
    if contract is None:
        return decline(Code.UNKNOWN_ACCOUNT)
    if contract.e_account:
        return accept(EAccountSwitched(account=command.account))
    # After this point the switch must succeed.
    work.post(PRODUCT, ())
    work.rows(CONTRACTS).put(command.account, msgspec.structs.replace(contract, e_account=True))
    return accept(EAccountSwitched(account=command.account))


def show(command: ShowTimeDeposit, work: Work) -> Decision:
    """Show principal, rate and maturity."""
    contract = _contract(work, command.account)
    account = work.account(command.account)
    if contract is None or account is None:
        return decline(Code.UNKNOWN_ACCOUNT)
    return accept(_shown(contract, account.balance))


def _shown(contract: Contract, principal: int) -> TimeDepositShown:
    return TimeDepositShown(
        principal=principal,
        rate=contract.rate,
        opened_on=contract.opened_on.isoformat(),
        matures_on=contract.matures_on.isoformat(),
        auto_renew=contract.auto_renew,
        e_account=contract.e_account,
    )
