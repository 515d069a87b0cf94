"""What a product sees while it decides one command."""

import pytest

from tanada.executions import EXECUTIONS
from tanada.ledger.accounts import SUSPENSE
from tanada.ledger.book import Book, Posting
from tanada.operations.codes import Code
from tanada.operations.work import Work, about_account, decline, execution_table
from tanada.products.deposits.commands import DepositCash
from tests.bank import BUSINESS_DATE, NOW, Teller

ACCOUNT = 10**11


def _work(asked: list[str]) -> Work:
    book = Book(BUSINESS_DATE, NOW, "test")
    book.load([(ACCOUNT, "deposits", 100, 0, 1, True)])
    return Work(book, {}, NOW, asked.append)


def test_it_sees_locked_accounts_and_the_banks_date() -> None:
    work = _work([])
    account = work.account(ACCOUNT)
    assert account is not None
    assert (account.balance, account.available) == (100, 100)
    assert work.account(ACCOUNT + 1) is None
    assert (work.business_date, work.now) == (BUSINESS_DATE, NOW)


def test_its_postings_ask_for_a_row_of_the_log_first() -> None:
    asked: list[str] = []
    work = _work(asked)
    work.post("deposits", (Posting(ACCOUNT, -40), Posting(SUSPENSE, 40)))
    account = work.account(ACCOUNT)
    assert account is not None
    assert (asked, account.balance, account.last_sequence) == (["deposits"], 60, 2)


def test_a_refusal_carries_no_result() -> None:
    assert decline(Code.WRONG_PIN) == (Code.WRONG_PIN, None)


def test_most_commands_lock_the_account_that_they_name() -> None:
    assert about_account(Teller().make(DepositCash, 7, amount=1, terminal=1)) == (7,)


def test_a_command_with_two_executions_is_a_mistake_of_ours() -> None:
    execution = EXECUTIONS[DepositCash]
    assert execution.operation == "DepositCash"
    with pytest.raises(AssertionError):
        execution_table([execution, execution])
