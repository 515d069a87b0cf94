"""Which function executes which command: the whole bank on one page."""

from typing import Final

from tanada.customers.cards import CARDS
from tanada.operations.work import Execution, Executions, execution_table
from tanada.products.deposits import account, bulk, cash, passbooks
from tanada.products.deposits import commands as deposits
from tanada.products.time_deposits import commands as time_deposits
from tanada.products.time_deposits import keeping, opening
from tanada.products.time_deposits.contracts import BOOKS, CONTRACTS, RATES

EXECUTIONS: Final[Executions] = execution_table(
    [
        Execution(
            command=deposits.OpenDeposit,
            product="deposits",
            decide=account.open_account,
            tables=(passbooks.PASSBOOKS,),
            posts=False,
        ),
        Execution(
            command=deposits.DepositCash,
            product="deposits",
            decide=cash.deposit_cash,
            tables=(CARDS,),
            reversible=True,
        ),
        Execution(
            command=deposits.WithdrawCash,
            product="deposits",
            decide=cash.withdraw_cash,
            tables=(CARDS,),
            reversible=True,
            undo=cash.undo_withdrawal,
            undo_tables=(CARDS,),
        ),
        Execution(
            command=deposits.ShowBalance,
            product="deposits",
            decide=account.show_balance,
            tables=(CARDS,),
            posts=False,
        ),
        Execution(
            command=deposits.UpdatePassbook,
            product="deposits",
            decide=account.update_passbook,
            tables=(CARDS, passbooks.PASSBOOKS, passbooks.UNPOSTED),
            posts=False,
        ),
        Execution(
            command=deposits.StopCard,
            product="deposits",
            decide=account.stop_card,
            tables=(CARDS,),
            posts=False,
        ),
        Execution(
            command=deposits.CreditByFile,
            product="deposits",
            decide=bulk.credit_by_file,
        ),
        Execution(
            command=time_deposits.OpenTimeDeposit,
            product="time_deposits",
            decide=opening.open_time_deposit,
            tables=(CARDS, CONTRACTS, BOOKS, RATES),
            reversible=True,
            undo=opening.undo_opening,
            undo_tables=(CONTRACTS,),
        ),
        Execution(
            command=time_deposits.RenewTimeDeposit,
            product="time_deposits",
            decide=keeping.renew,
            tables=(CONTRACTS, RATES),
        ),
        Execution(
            command=time_deposits.SwitchToEAccount,
            product="time_deposits",
            decide=keeping.switch_to_e_account,
            tables=(CONTRACTS,),
        ),
        Execution(
            command=time_deposits.ShowTimeDeposit,
            product="time_deposits",
            decide=keeping.show,
            tables=(CONTRACTS,),
            posts=False,
        ),
    ]
)
