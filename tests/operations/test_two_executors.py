"""Two compartments at once: none has its effect twice, none waits for ever, none is lost."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest

from tanada.ledger.accounts import account_id
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import InquireOutcome, Outcome, Request, Reverse
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import DepositCash, OpenDeposit
from tanada.products.time_deposits.commands import OpenTimeDeposit
from tests.bank import Teller, balance_of, executor, findings, limit_log, residents, run

CLEAN: list[Finding] = []
ROUNDS = 25
BATCHES = 200


@pytest.fixture
def pair(bank_url: str) -> Iterator[tuple[Executor, Executor]]:
    made = executor(bank_url, name="all-0"), executor(bank_url, name="all-1")
    yield made
    for each in made:
        each.close()


def _at_once(
    pair: Sequence[Executor], work: Sequence[Sequence[Sequence[Request]]]
) -> list[list[list[Outcome]]]:
    """Each executor executes its batches, all beginning each round together."""
    together = Barrier(len(pair))

    def execute(place: int) -> list[list[Outcome]]:
        outcomes = []
        for batch in work[place]:
            together.wait(timeout=60)
            outcomes.append(run(pair[place], *batch))
        return outcomes

    with ThreadPoolExecutor(len(pair)) as threads:
        return list(threads.map(execute, range(len(pair))))


def test_the_same_key_at_two_executors_has_one_effect(
    pair: tuple[Executor, Executor], bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    deposits = [teller.make(DepositCash, who.account, amount=10, terminal=1) for _ in range(ROUNDS)]
    first, second = _at_once(pair, [[[each] for each in deposits]] * 2)
    assert first == second
    assert {outcome.code for [outcome] in first} == {Code.OK}
    assert balance_of(bank_url, who.account) == before + 10 * ROUNDS
    assert findings(bank_url) == CLEAN


def test_two_cancellations_at_once_cancel_once(
    pair: tuple[Executor, Executor], bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    deposits = [teller.make(DepositCash, who.account, amount=10, terminal=1) for _ in range(ROUNDS)]
    run(pair[0], *deposits)
    work = [
        [
            [teller.make(Reverse, who.account, original_key=each.key, product="deposits")]
            for each in deposits
        ]
        for _ in pair
    ]
    for outcomes in zip(*_at_once(pair, work), strict=True):
        codes = sorted(outcome.code for [outcome] in outcomes)
        assert codes == [Code.ALREADY_REVERSED, Code.OK]
    assert balance_of(bank_url, who.account) == before
    assert findings(bank_url) == CLEAN


def test_a_cancellation_and_its_original_at_once_leave_nothing(
    pair: tuple[Executor, Executor], bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    deposits = [teller.make(DepositCash, who.account, amount=10, terminal=1) for _ in range(ROUNDS)]
    reversals = [
        teller.make(Reverse, who.account, original_key=each.key, product="deposits")
        for each in deposits
    ]
    work = [[[each] for each in deposits], [[each] for each in reversals]]
    done, undone = _at_once(pair, work)
    assert {outcome.code for [outcome] in done} <= {Code.OK, Code.NEVER_ARRIVED}
    assert {outcome.code for [outcome] in undone} == {Code.OK}
    assert balance_of(bank_url, who.account) == before
    assert findings(bank_url) == CLEAN


def test_an_inquiry_beside_its_command_gets_the_answer_that_stands(
    pair: tuple[Executor, Executor], bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    before = balance_of(bank_url, who.account)
    deposits = [teller.make(DepositCash, who.account, amount=10, terminal=1) for _ in range(ROUNDS)]
    inquiries = [
        InquireOutcome(
            key=each.key, account=who.account, product="deposits", channel="desk", origin="test"
        )
        for each in deposits
    ]
    done, told = _at_once(pair, [[[each] for each in deposits], [[each] for each in inquiries]])
    assert done == told
    accepted = sum(outcome.kind == "accepted" for [outcome] in done)
    assert balance_of(bank_url, who.account) == before + 10 * accepted


def test_the_same_account_opened_twice_at_once_exists_once(
    pair: tuple[Executor, Executor], bank_url: str
) -> None:
    teller = Teller()
    accounts = [account_id(999, 1, number) for number in range(ROUNDS)]
    work = [[[teller.make(OpenDeposit, account, customer=1)] for account in accounts] for _ in pair]
    for outcomes in zip(*_at_once(pair, work), strict=True):
        codes = sorted(outcome.code for [outcome] in outcomes)
        assert codes == [Code.ACCOUNT_EXISTS, Code.OK]
    assert findings(bank_url) == CLEAN


def test_items_of_one_book_opened_at_once_get_numbers_of_their_own(
    pair: tuple[Executor, Executor], bank_url: str
) -> None:
    who, teller = residents()[0], Teller()
    run(pair[0], teller.make(DepositCash, who.account, amount=100_000, terminal=1))
    work = [
        [
            [teller.make(OpenTimeDeposit, who.account, amount=1_000, term_months=1)]
            for _ in range(ROUNDS)
        ]
        for _ in pair
    ]
    outcomes = [outcome for each in _at_once(pair, work) for [outcome] in each]
    assert {outcome.code for outcome in outcomes} == {Code.OK}
    assert findings(bank_url) == CLEAN


def test_two_holders_use_up_a_log_to_its_last_row_and_not_beyond(
    pair: tuple[Executor, Executor], bank_url: str
) -> None:
    limit_log(bank_url, "deposits", 60)
    teller = Teller()
    work = [
        [[teller.make(DepositCash, who.account, amount=1, terminal=1)] for _ in range(50)]
        for who in residents()[:2]
    ]
    codes = [o.code for each in _at_once(pair, work) for [o] in each]
    assert codes.count(Code.OK) == 60
    assert codes.count(Code.REVERSAL_LOG_FULL) == 40
    assert findings(bank_url) == CLEAN


def test_two_executors_on_the_same_accounts_never_lock_each_other_out(
    pair: tuple[Executor, Executor], bank_url: str
) -> None:
    chance, teller = Random(7), Teller()
    people = residents()
    before = {who.account: balance_of(bank_url, who.account) for who in people}

    def batch() -> list[Request]:
        chosen = chance.sample(people, 4)
        return [teller.make(DepositCash, who.account, amount=1, terminal=1) for who in chosen]

    work = [[batch() for _ in range(BATCHES)] for _ in pair]
    results = _at_once(pair, work)
    assert {o.code for each in results for outcomes in each for o in outcomes} == {Code.OK}
    assert [[len(outcomes) for outcomes in each] for each in results] == [[4] * BATCHES] * 2
    gained = sum(balance_of(bank_url, account) - was for account, was in before.items())
    assert gained == 2 * BATCHES * 4
    assert findings(bank_url) == CLEAN


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_commands_cancellations_and_inquiries_at_both_have_one_truth(
    pair: tuple[Executor, Executor], bank_url: str, seed: int
) -> None:
    chance, teller, people = Random(seed), Teller(), residents()[:4]
    before = {who.account: balance_of(bank_url, who.account) for who in people}
    deposits = [
        teller.make(DepositCash, chance.choice(people).account, amount=10, terminal=1)
        for _ in range(200)
    ]
    reversals = [
        teller.make(Reverse, each.account, original_key=each.key, product="deposits")
        for each in chance.sample(deposits, 80)
    ]
    inquiries = [
        InquireOutcome(
            key=each.key, account=each.account, product="deposits", channel="desk", origin="test"
        )
        for each in chance.sample(deposits, 80)
    ]

    def batches() -> list[list[Request]]:
        # Everyone gets everything in nearly the same order, so that the two meet all the time.
        everything: list[Request] = [*deposits, *reversals, *inquiries]
        ranks = {
            id(each): place % 200 + chance.randrange(20) for place, each in enumerate(everything)
        }
        everything.sort(key=lambda each: ranks[id(each)])
        return [everything[start : start + 9] for start in range(0, len(everything), 9)]

    told: dict[str, set[tuple[str, str]]] = {}
    work = [batches(), batches()]
    for mine, answered in zip(work, _at_once(pair, work), strict=True):
        for batch, outcomes in zip(mine, answered, strict=True):
            for request, outcome in zip(batch, outcomes, strict=True):
                # A repeat of what was cancelled since may be told so: it was accepted once.
                told.setdefault(request.key, set()).add(
                    ("accepted", "ok")
                    if outcome.code is Code.ALREADY_REVERSED and request in deposits
                    else (outcome.kind, outcome.code.value)
                )
    cancelled = {each.original_key for each in reversals}
    for key in cancelled:
        # Whoever repeats a command after it was cancelled is told so.
        told[key].discard(("declined", "already_reversed"))
    assert {key: len(answers) for key, answers in told.items()} == dict.fromkeys(told, 1)
    gained = dict.fromkeys(before, 0)
    for each in deposits:
        if told[each.key] == {("accepted", "ok")} and each.key not in cancelled:
            gained[each.account] += each.amount
    after = {account: balance_of(bank_url, account) - was for account, was in before.items()}
    assert after == gained
    assert {answer for each in reversals for answer in told[each.key]} == {("accepted", "ok")}
    assert findings(bank_url) == CLEAN
