"""Every decision leaves one row that says who asked for what, when, and what came of it."""

from datetime import UTC, datetime

from tanada.base.database import connect
from tanada.operations.commands import InquireOutcome, Reverse
from tanada.products.deposits.commands import DepositCash, ShowBalance
from tests.bank import NOW, Teller, executor, residents, run

WHO = residents()[0]


def test_a_row_tells_the_whole_story(bank_url: str) -> None:
    opened = executor(bank_url)
    made_at = datetime(2026, 4, 1, 0, 59, 59, 123456, tzinfo=UTC)
    deposit = DepositCash(
        key='ключ 鍵 \\ "quoted"',
        channel="atm",
        origin="00000001",
        made_at=int(made_at.timestamp() * 1_000_000),
        deadline=2**60,
        account=WHO.account,
        amount=700,
        terminal=1,
    )
    [outcome] = run(opened, deposit)
    with connect(bank_url, application="test") as connection:
        row = connection.execute(
            "select operation_id, key, command, product, channel, origin, account_id, amount, kind,"
            " code, result, compartment, made_at, decided_at"
            " from operations.operation where key = %s",
            (deposit.key,),
        ).fetchone()
    assert row == (
        outcome.operation_id,
        deposit.key,
        "DepositCash",
        "deposits",
        "atm",
        "00000001",
        WHO.account,
        700,
        "accepted",
        "ok",
        outcome.result,
        "all-0",
        made_at,
        NOW,
    )
    assert run(opened, deposit) == [outcome]
    opened.close()


def test_what_is_barred_names_who_barred_it(bank_url: str) -> None:
    opened, teller = executor(bank_url), Teller()
    inquiry = InquireOutcome(
        key="a", account=WHO.account, product="deposits", channel="atm", origin="7"
    )
    reverse = teller.make(Reverse, WHO.account, key="r", original_key="b", product="deposits")
    run(opened, inquiry, reverse, teller.make(ShowBalance, 1, key="c"))
    with connect(bank_url, application="test") as connection:
        rows = connection.execute(
            "select key, command, kind, code, origin from operations.operation"
            " where key in ('a', 'b', 'c', 'r') order by key"
        ).fetchall()
    assert rows == [
        ("a", "InquireOutcome", "failed", "never_arrived", "7"),
        ("b", "Reverse", "failed", "never_arrived", "test"),
        ("c", "ShowBalance", "declined", "unknown_account", "test"),
        ("r", "Reverse", "accepted", "ok", "test"),
    ]
    opened.close()
