"""Credits by file: to open ordinary deposits only, against suspense."""

import pytest

from tanada.base.database import Connection, connect
from tanada.executions import EXECUTIONS
from tanada.ledger.accounts import SUSPENSE
from tanada.operations.commands import Outcome
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import CreditByFile, FileCredited
from tests.batch.banks import NOW, findings, load_bank, policy_of


def _credit(url: str, account: int, amount: int, key: str = "line 1") -> Outcome:
    command = CreditByFile(
        key=key, channel="batch", origin="job-1", made_at=0, deadline=1, account=account,
        amount=amount,
    )  # fmt: skip
    executor = Executor("job-1", lambda: connect(url, application="test"), EXECUTIONS, policy_of())
    try:
        return executor.execute([command], NOW, 0.0)[0]
    finally:
        executor.close()


def test_a_credit_comes_out_of_suspense_once(database_url: str, connection: Connection) -> None:
    load_bank(connection)
    find = "select account_id, balance from ledger.account where product = 'deposits' limit 1"
    account, balance = connection.execute(find).fetchone() or (0, 0)
    for _ in range(2):
        outcome = _credit(database_url, account, 500)
        assert outcome.read(FileCredited).balance == balance + 500
    suspense = "select sum(amount)::bigint from ledger.bank_entry where account_id = %s"
    assert connection.execute(suspense, (SUSPENSE,)).fetchone() == (-500,)
    assert findings(connection) == []


@pytest.mark.parametrize(
    ("product", "code"), [("deposits", "closed_account"), ("time_deposits", "wrong_product")]
)
def test_other_accounts_decline(
    database_url: str, connection: Connection, product: str, code: str
) -> None:
    load_bank(connection)
    connection.execute("alter table ledger.account drop constraint closed_accounts_are_empty")
    connection.execute("update ledger.account set open = false where product = 'deposits'")
    find = "select account_id from ledger.account where product = %s limit 1"
    row = connection.execute(find, (product,)).fetchone() or (0,)
    assert _credit(database_url, row[0], 500).code == code


def test_an_unknown_account_declines(database_url: str, connection: Connection) -> None:
    load_bank(connection)
    assert _credit(database_url, 99_910_000_001_000, 500).code == "unknown_account"
