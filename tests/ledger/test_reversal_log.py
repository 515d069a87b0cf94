"""The reversal log is bounded, reserved before it is needed, and no holder's death loses rows."""

from tanada.base.database import Connection, connect
from tanada.controls.policies import ReversalLogRule
from tanada.ledger.book import business_date
from tanada.ledger.books import Finding
from tanada.ledger.reversal_log import UNBOUNDED, Meter, ReversalLog, declare, read_meters
from tanada.operations.codes import Code
from tanada.operations.commands import Reverse
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import DepositCash, ShowBalance, WithdrawCash
from tests.bank import (
    BUSINESS_DATE,
    POLICY_TEXT,
    Teller,
    balance_of,
    executor,
    facts,
    findings,
    limit_log,
    policy,
    proof_of,
    residents,
    run,
)

CLEAN: list[Finding] = []
RULE = ReversalLogRule(capacity={"deposits": 10}, lease=4)
AS_WAS = policy(
    POLICY_TEXT.replace("lease = 4", "lease = 1\nreserve = false") + "[breaker]\nerrors = 0\n"
)


def _holder(connection: Connection, name: str) -> ReversalLog:
    return ReversalLog(connection, RULE, name)


def _taken(connection: Connection) -> int:
    [meter] = read_meters(connection, BUSINESS_DATE)
    return meter.taken


def test_rows_are_leased_some_at_a_time_and_never_more_than_there_are(
    connection: Connection,
) -> None:
    log = _holder(connection, "one")
    log.ensure({"deposits": 1}, BUSINESS_DATE)
    assert (log.left("deposits", BUSINESS_DATE), _taken(connection)) == (4, 4)
    log.ensure({"deposits": 9}, BUSINESS_DATE)
    assert (log.left("deposits", BUSINESS_DATE), _taken(connection)) == (9, 9)
    log.ensure({"deposits": 50}, BUSINESS_DATE)
    assert (log.left("deposits", BUSINESS_DATE), _taken(connection)) == (10, 10)
    assert log.last_meter["deposits"] == Meter("deposits", 10, 10)
    assert [log.take("deposits", BUSINESS_DATE) for _ in range(11)] == [True] * 10 + [False]


def test_two_holders_share_one_meter(connection: Connection) -> None:
    one, two = _holder(connection, "one"), _holder(connection, "two")
    for log in (one, two, one, two):
        log.ensure({"deposits": log.left("deposits", BUSINESS_DATE) + 1}, BUSINESS_DATE)
    lefts = [log.left("deposits", BUSINESS_DATE) for log in (one, two)]
    assert (lefts, _taken(connection)) == ([6, 4], 10)


def test_what_a_holder_did_not_use_is_given_back(connection: Connection) -> None:
    log = _holder(connection, "one")
    log.ensure({"deposits": 3}, BUSINESS_DATE)
    log.give_back(BUSINESS_DATE)
    assert _taken(connection) == 0
    assert not log.take("deposits", BUSINESS_DATE)


def test_a_row_put_back_can_be_taken_again(connection: Connection) -> None:
    log = _holder(connection, "one")
    log.ensure({"deposits": 1}, BUSINESS_DATE)
    assert log.take("deposits", BUSINESS_DATE)
    log.put_back("deposits", BUSINESS_DATE)
    assert log.left("deposits", BUSINESS_DATE) == 4


def test_declaring_again_leaves_what_is_taken(connection: Connection) -> None:
    log = _holder(connection, "one")
    log.ensure({"deposits": 1}, BUSINESS_DATE)
    declare(connection, RULE, "deposits", BUSINESS_DATE)
    assert _taken(connection) == 4


def test_a_product_that_the_policy_does_not_name_is_not_bounded(connection: Connection) -> None:
    declare(connection, RULE, "lottery", BUSINESS_DATE)
    assert read_meters(connection, BUSINESS_DATE) == [Meter("lottery", UNBOUNDED, 0)]


# -- through an executor ---------------------------------------------------------------------------


def test_a_full_log_declines_before_anything_is_posted(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 3)
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    opened = executor(bank_url)
    deposits = [teller.make(DepositCash, who.account, amount=100, terminal=1) for _ in range(5)]
    outcomes = run(opened, *deposits)
    assert [o.code for o in outcomes] == [Code.OK] * 3 + [Code.REVERSAL_LOG_FULL] * 2
    assert {(o.kind, o.error_class) for o in outcomes[3:]} == {("declined", "D")}
    assert balance_of(bank_url, who.account) == before + 300
    assert findings(bank_url) == CLEAN
    # What needs no row goes on, cancellations above all: their rows are those of the updates.
    reverse = teller.make(Reverse, who.account, original_key=deposits[0].key, product="deposits")
    shown = teller.make(ShowBalance, who.account)
    assert [o.code for o in run(opened, reverse, shown)] == [Code.OK, Code.OK]
    assert balance_of(bank_url, who.account) == before + 200
    opened.close()


def test_what_fills_it_is_told_once_at_the_warning_level_and_once_when_full(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 10)
    opened, teller, who = executor(bank_url), Teller(), residents()[0]
    told = []
    for _ in range(12):
        run(opened, teller.make(DepositCash, who.account, amount=1, terminal=1))
        told.append([kind for _, kind in facts(bank_url)])
    opened.close()
    assert told[0] == told[3] == []
    assert told[4] == ["reversal_log_warning"]
    assert told[-1] == ["reversal_log_warning", "reversal_log_full"]
    assert facts(bank_url)[0] == ("reversal_log/deposits", "reversal_log_warning")


def test_rows_of_a_dead_holder_come_back_when_its_successor_starts(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 4)
    who, teller = residents()[0], Teller()
    dead = executor(bank_url)
    run(dead, teller.make(DepositCash, who.account, amount=1, terminal=1))
    dead._drop_connection()
    other = executor(bank_url, name="all-1")
    refused = teller.make(DepositCash, who.account, amount=1, terminal=1)
    assert [o.code for o in run(other, refused)] == [Code.REVERSAL_LOG_FULL]
    successor = executor(bank_url)
    assert [_meter(bank_url).taken, successor.reserve("deposits", 1)] == [1, 1]
    deposits = [teller.make(DepositCash, who.account, amount=1, terminal=1) for _ in range(4)]
    codes = [o.code for o in run(successor, *deposits)]
    assert codes == [Code.OK] * 3 + [Code.REVERSAL_LOG_FULL]
    for opened in (other, successor):
        opened.close()
    assert _meter(bank_url).taken == 4
    assert findings(bank_url) == CLEAN


def _meter(url: str) -> Meter:
    with connect(url, application="test") as connection:
        meters = read_meters(connection, business_date(connection))
    return next(meter for meter in meters if meter.product == "deposits")


def _as_was(url: str) -> Executor:
    return executor(url, AS_WAS)


def test_as_it_was_a_full_log_fails_the_update_and_its_cancellation_too(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 1)
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    opened = _as_was(bank_url)
    withdrawals = [
        teller.make(
            WithdrawCash,
            who.account,
            amount=1_000,
            terminal=1,
            card=who.card,
            pin_proof=proof_of(who),
        )
        for _ in range(2)
    ]
    outcomes = run(opened, *withdrawals)
    assert [(o.kind, o.code) for o in outcomes] == [
        ("accepted", Code.OK),
        ("unknown", Code.DOUBLE_ERROR),
    ]
    # The contra entry of what was done needs a row as well, and there is none.
    reverse = teller.make(
        Reverse, who.account, original_key=withdrawals[0].key, product="deposits", card=who.card
    )
    assert [o.code for o in run(opened, reverse)] == [Code.DOUBLE_ERROR]
    opened.close()
    assert balance_of(bank_url, who.account) == before - 1_000
    assert findings(bank_url) == CLEAN


def test_no_double_error_is_remembered_so_that_an_inquiry_settles_it(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 0)
    who, teller = residents()[0], Teller()
    opened = _as_was(bank_url)
    deposit = teller.make(DepositCash, who.account, amount=1, terminal=1)
    assert [o.code for o in run(opened, deposit)] == [Code.DOUBLE_ERROR]
    with connect(bank_url, application="test") as connection:
        rows = connection.execute(
            "select count(*) from operations.operation where key = %s", (deposit.key,)
        ).fetchone()
    assert rows == (0,)
    opened.close()


def test_a_job_that_asks_for_rows_is_told_how_many_it_holds(bank_url: str) -> None:
    limit_log(bank_url, "time_deposits", 6)
    opened = executor(bank_url)
    assert [opened.reserve("time_deposits", rows) for rows in (5, 6, 9)] == [5, 6, 6]
    opened.close()
    late = _as_was(bank_url)
    assert late.reserve("time_deposits", 9) == 9
    late.close()
