"""One command that fails does not spoil its batch, and a service that keeps failing is stopped."""

from collections.abc import Iterator

import pytest

from tanada.base.errors import BankError
from tanada.controls.policies import Policy
from tanada.ledger.books import Finding
from tanada.operations.breakers import BreakerKey
from tanada.operations.codes import Code
from tanada.operations.commands import Outcome, Reverse
from tanada.operations.deciding import fingerprint, products_posting
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import DepositCash, ShowBalance
from tests.bank import (
    NOW,
    POLICY_TEXT,
    Teller,
    balance_of,
    executor,
    facts,
    findings,
    limit_log,
    policy,
    residents,
    run,
)
from tests.operations.broken_product import WITH_MISTAKES, Mistake, Stumble

CLEAN: list[Finding] = []
BREAKER = "deposits/desk/Stumble"
AS_WAS = policy(
    POLICY_TEXT.replace("lease = 4", "lease = 1\nreserve = false") + "[breaker]\nerrors = 0\n"
)


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    yield from _opened(bank_url)


def _opened(url: str, rules: Policy | None = None) -> Iterator[Executor]:
    made = executor(url, rules, executions=WITH_MISTAKES)
    yield made
    made.close()


class _Passing(BankError):
    transient = True


class _Disturbance:
    """What a batch writes beside itself, and fails to, so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, *_: object) -> None:
        if self.left:
            self.left -= 1
            raise _Passing("try again")


def _stumble(teller: Teller, mistake: Mistake, **content: object) -> Stumble:
    made: Stumble = teller.make(Stumble, residents()[0].account, mistake=mistake, **content)
    return made


def _codes(outcomes: list[Outcome]) -> list[Code]:
    return [outcome.code for outcome in outcomes]


@pytest.mark.parametrize("mistake", ["bug", "operating", "invariant", "before the lock"])
def test_a_command_that_fails_leaves_its_neighbours_alone(
    opened: Executor, bank_url: str, mistake: Mistake
) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    deposits = [teller.make(DepositCash, who.account, amount=100, terminal=1) for _ in range(6)]
    batch = [*deposits[:3], _stumble(teller, mistake), *deposits[3:]]
    outcomes = run(opened, *batch)
    assert _codes(outcomes) == [Code.OK] * 3 + [Code.INTERNAL_ERROR] + [Code.OK] * 3
    assert outcomes[3].kind == "failed" and outcomes[3].error_class == "B"
    assert balance_of(bank_url, who.account) == before + 600
    assert findings(bank_url) == CLEAN


def test_a_declined_command_gives_its_row_of_the_log_back(opened: Executor, bank_url: str) -> None:
    left = opened.reserve("deposits", 4)
    who, teller = residents()[0], Teller()
    run(opened, *(teller.make(DepositCash, 1, amount=1, terminal=1) for _ in range(3)))
    run(opened, teller.make(DepositCash, who.account, amount=1, terminal=1))
    assert opened._log is not None
    assert opened._business_date is not None
    assert opened._log.left("deposits", opened._business_date) == left - 1


def test_the_third_error_of_one_kind_opens_the_breaker_and_a_probe_closes_it(
    opened: Executor, bank_url: str
) -> None:
    teller = Teller()
    outcomes = run(opened, *(_stumble(teller, "bug") for _ in range(4)))
    assert _codes(outcomes) == [Code.INTERNAL_ERROR] * 3 + [Code.BREAKER_OPEN]
    assert (BREAKER, "breaker_opened") in facts(bank_url)
    assert _codes(run(opened, _stumble(teller, "none"), monotonic=59.0)) == [Code.BREAKER_OPEN]
    probes = [_stumble(teller, "bug"), _stumble(teller, "none")]
    assert _codes(run(opened, *probes, monotonic=60.0)) == [Code.INTERNAL_ERROR, Code.BREAKER_OPEN]
    assert _codes(run(opened, _stumble(teller, "none"), monotonic=120.0)) == [Code.OK]
    assert facts(bank_url)[-1] == (BREAKER, "breaker_closed")
    assert facts(bank_url).count((BREAKER, "breaker_opened")) == 1


def test_a_broken_invariant_opens_the_breaker_at_once_and_only_its_own(opened: Executor) -> None:
    who, teller = residents()[0], Teller()
    assert _codes(run(opened, _stumble(teller, "invariant"), _stumble(teller, "none"))) == [
        Code.INTERNAL_ERROR,
        Code.BREAKER_OPEN,
    ]
    others = [
        teller.make(DepositCash, who.account, amount=1, terminal=1),
        teller.make(ShowBalance, who.account),
        _stumble(teller, "none", channel="direct"),
    ]
    assert _codes(run(opened, *others)) == [Code.OK] * 3


def test_errors_of_a_batch_that_is_begun_anew_count_once_and_their_facts_are_told(
    opened: Executor, bank_url: str
) -> None:
    disturb = _Disturbance(2)
    teller = Teller()
    twice = [_stumble(teller, "bug"), _stumble(teller, "bug")]
    assert _codes(opened.execute(twice, NOW, 0.0, disturb)) == [Code.INTERNAL_ERROR] * 2
    assert disturb.left == 0
    assert opened.breakers.open() == ()
    run(opened, _stumble(teller, "bug"))
    assert opened.breakers.open() == (BREAKER,)
    assert facts(bank_url).count((BREAKER, "breaker_opened")) == 1


def test_a_failure_stands_under_its_key(opened: Executor) -> None:
    failed = _stumble(Teller(), "bug")
    assert run(opened, failed) == run(opened, failed)


def test_a_cancellation_refused_by_a_breaker_can_be_tried_again_under_its_key(
    opened: Executor, bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    run(opened, teller.make(DepositCash, who.account, key="d", amount=500, terminal=1))
    reverse = teller.make(Reverse, who.account, key="r", original_key="d", product="deposits")
    key = BreakerKey("deposits", "desk", "Reverse")
    opened.breakers.failed(key, "bug", 0.0, invariant=True)
    assert _codes(run(opened, reverse)) == [Code.BREAKER_OPEN]
    assert _codes(run(opened, reverse, monotonic=60.0)) == [Code.OK]
    assert balance_of(bank_url, who.account) == before


@pytest.mark.parametrize("mistake", ["bug", "operating"])
def test_as_it_was_a_failed_update_is_cancelled_with_a_row_of_its_own(
    bank_url: str, mistake: Mistake
) -> None:
    for opened in _opened(bank_url, AS_WAS):
        [outcome] = run(opened, _stumble(Teller(), mistake))
        assert (outcome.kind, outcome.code) == ("failed", Code.CANCELLED_AFTER_ERROR)
    assert findings(bank_url) == CLEAN


def test_as_it_was_a_batch_begun_anew_takes_no_second_row(bank_url: str) -> None:
    limit_log(bank_url, "deposits", 1)
    for opened in _opened(bank_url, AS_WAS):
        disturb = _Disturbance(2)
        [outcome] = opened.execute([_stumble(Teller(), "bug")], NOW, 0.0, disturb)
        assert (outcome.code, disturb.left) == (Code.CANCELLED_AFTER_ERROR, 0)


def test_as_it_was_a_cancellation_takes_a_row_while_there_are_any(bank_url: str) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    for opened in _opened(bank_url, AS_WAS):
        run(opened, teller.make(DepositCash, who.account, key="d", amount=500, terminal=1))
        reverse = teller.make(Reverse, who.account, original_key="d", product="deposits")
        assert _codes(run(opened, reverse)) == [Code.OK]
    assert balance_of(bank_url, who.account) == before
    assert findings(bank_url) == CLEAN


def test_times_are_no_part_of_what_a_command_says() -> None:
    teller = Teller()
    made = {"key": "k", "amount": 1, "terminal": 1}
    early = teller.make(DepositCash, 1, deadline=1, **made)
    late = teller.make(DepositCash, 1, deadline=2, **made)
    other = teller.make(DepositCash, 1, deadline=1, **(made | {"terminal": 2}))
    assert fingerprint(early) == fingerprint(late) != fingerprint(other)


def test_only_what_posts_needs_rows_and_a_cancellation_only_without_reservation() -> None:
    teller = Teller()
    requests = [
        teller.make(DepositCash, 1, amount=1, terminal=1),
        teller.make(ShowBalance, 1),
        teller.make(Reverse, 1, original_key="x", product="time_deposits"),
    ]
    assert products_posting(requests, WITH_MISTAKES, reserves=True) == {"deposits": 1}
    assert products_posting(requests, WITH_MISTAKES, reserves=False) == {
        "deposits": 1,
        "time_deposits": 1,
    }
