"""Renewal to the yen, the switch to e-account, and what happens when either is asked twice."""

from collections.abc import Iterator

import pytest

from tanada.base.database import connect
from tanada.ledger.accounts import INTEREST_EXPENSE, LOCAL_TAX_PAYABLE, NATIONAL_TAX_PAYABLE
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Outcome, Reverse
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import DepositCash
from tanada.products.time_deposits.commands import (
    OpenTimeDeposit,
    RenewTimeDeposit,
    ShowTimeDeposit,
    SwitchToEAccount,
    TimeDepositOpened,
    TimeDepositRenewed,
    TimeDepositShown,
)
from tests.bank import Teller, balance_of, change, executor, findings, limit_log, residents, run

CLEAN: list[Finding] = []
WHO = residents()[0]


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    made = executor(bank_url)
    yield made
    assert findings(bank_url) == CLEAN
    made.close()


def _deposit(opened: Executor, url: str, principal: int, rate: int, term: int, since: str) -> int:
    """A time deposit opened ``since``, of which a term has just ended on the business date."""
    teller = Teller()
    cash = [
        teller.make(DepositCash, WHO.account, key=f"cash-{n}", amount=2_000_000, terminal=1)
        for n in range(principal // 2_000_000 + 1)
    ]
    opening = teller.make(OpenTimeDeposit, WHO.account, key="o", amount=principal, term_months=term)
    outcome = run(opened, *cash, opening)[-1]
    account = outcome.read(TimeDepositOpened).account
    change(
        url,
        "update time_deposits.contract set rate = %s, opened_on = %s::date,"
        " started_on = %s::date, matures_on = '2026-04-01' where account_id = %s",
        rate,
        since,
        since,
        account,
    )
    return account


def _renew(opened: Executor, account: int, key: str = "renewal") -> Outcome:
    [outcome] = run(opened, Teller("batch").make(RenewTimeDeposit, account, key=key))
    return outcome


def _own(url: str, account: int) -> int:
    with connect(url, application="test") as connection:
        row = connection.execute(
            "select coalesce(sum(amount), 0) from ledger.bank_entry where account_id = %s",
            (account,),
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_million_at_0200_percent_for_a_year_renews_with_1594_yen(
    opened: Executor, bank_url: str
) -> None:
    account = _deposit(opened, bank_url, 1_000_000, 200, 12, "2025-04-01")
    assert _renew(opened, account).read(TimeDepositRenewed) == TimeDepositRenewed(
        interest=2_000,
        national_tax=306,
        local_tax=100,
        principal=1_001_594,
        matures_on="2027-04-01",
    )
    assert balance_of(bank_url, account) == 1_001_594
    assert [
        _own(bank_url, own) for own in (INTEREST_EXPENSE, NATIONAL_TAX_PAYABLE, LOCAL_TAX_PAYABLE)
    ] == [-2_000, 306, 100]
    [shown] = run(opened, Teller().make(ShowTimeDeposit, account, key="show"))
    assert shown.read(TimeDepositShown) == TimeDepositShown(
        principal=1_001_594,
        rate=2,
        opened_on="2025-04-01",
        matures_on="2027-04-01",
        auto_renew=True,
        e_account=False,
    )


@pytest.mark.parametrize(
    ("principal", "rate", "term", "since", "interest", "taxes"),
    [
        (1_000_000, 2, 1, "2026-03-01", 1, (0, 0)),  # 31 days: 1.69 yen
        (300_000, 2, 1, "2026-03-01", 0, (0, 0)),
        (9_999_999, 2, 24, "2024-04-01", 399, (61, 19)),  # 730 days, 399.99 yen
        (5_000_000, 300, 60, "2021-04-01", 75_041, (11_492, 3_752)),  # 1,826 days: two 29 Feb
    ],
)
def test_renewals_worked_out_by_hand(
    opened: Executor,
    bank_url: str,
    principal: int,
    rate: int,
    term: int,
    since: str,
    interest: int,
    taxes: tuple[int, int],
) -> None:
    account = _deposit(opened, bank_url, principal, rate, term, since)
    renewed = _renew(opened, account).read(TimeDepositRenewed)
    assert (renewed.interest, (renewed.national_tax, renewed.local_tax)) == (interest, taxes)
    assert renewed.principal == principal + interest - sum(taxes)
    assert balance_of(bank_url, account) == renewed.principal


def test_it_renews_at_the_rate_posted_for_its_term(opened: Executor, bank_url: str) -> None:
    account = _deposit(opened, bank_url, 1_000_000, 200, 12, "2025-04-01")
    change(bank_url, "insert into time_deposits.posted_rate values (12, '2026-04-01', 125)")
    _renew(opened, account)
    [shown] = run(opened, Teller().make(ShowTimeDeposit, account, key="show"))
    assert shown.read(TimeDepositShown).rate == 125


def test_what_has_not_matured_is_not_renewed(opened: Executor, bank_url: str) -> None:
    account = _deposit(opened, bank_url, 1_000_000, 200, 12, "2025-04-01")
    assert _renew(opened, account, "first").code is Code.OK
    assert _renew(opened, account, "second").code is Code.NOT_DUE
    assert balance_of(bank_url, account) == 1_001_594


def test_a_renewal_repeated_with_its_key_pays_interest_once(
    opened: Executor, bank_url: str
) -> None:
    account = _deposit(opened, bank_url, 1_000_000, 200, 12, "2025-04-01")
    assert _renew(opened, account) == _renew(opened, account)
    assert balance_of(bank_url, account) == 1_001_594


def test_a_renewal_is_not_cancelled(opened: Executor, bank_url: str) -> None:
    account = _deposit(opened, bank_url, 1_000_000, 200, 12, "2025-04-01")
    _renew(opened, account)
    reverse = Teller().make(Reverse, account, original_key="renewal", product="time_deposits")
    [outcome] = run(opened, reverse)
    assert outcome.code is Code.NOT_REVERSIBLE


def test_a_matured_deposit_whose_term_is_no_longer_offered_stays_as_it_is(
    opened: Executor, bank_url: str
) -> None:
    account = _deposit(opened, bank_url, 1_000_000, 200, 12, "2025-04-01")
    change(bank_url, "delete from time_deposits.posted_rate where term_months = 12")
    assert _renew(opened, account).code is Code.BAD_TERM
    assert balance_of(bank_url, account) == 1_000_000


def test_what_is_no_time_deposit_is_unknown(opened: Executor) -> None:
    teller = Teller()
    commands: list[Command] = [
        teller.make(kind, account)
        for kind in (RenewTimeDeposit, SwitchToEAccount, ShowTimeDeposit)
        for account in (WHO.account, 1)
    ]
    assert {outcome.code for outcome in run(opened, *commands)} == {Code.UNKNOWN_ACCOUNT}


def test_the_switch_is_done_once_and_takes_one_row_of_the_log(
    opened: Executor, bank_url: str
) -> None:
    account = _deposit(opened, bank_url, 1_000_000, 200, 12, "2025-04-01")
    limit_log(bank_url, "time_deposits", 5)
    opened.close()
    teller = Teller()
    switches = [teller.make(SwitchToEAccount, account) for _ in range(3)]
    assert {outcome.code for outcome in run(opened, *switches)} == {Code.OK}
    [shown] = run(opened, teller.make(ShowTimeDeposit, account))
    assert shown.read(TimeDepositShown).e_account
    with connect(bank_url, application="test") as connection:
        rows = connection.execute(
            "select count(*) from ledger.reversal_log where product = 'time_deposits'"
        ).fetchone()
    assert rows == (2,)  # the opening, and one switch
    # The log has five rows: the opening took one and all the switches together another.
    assert opened.reserve("time_deposits", 5) == 3
    assert balance_of(bank_url, account) == 1_000_000
