"""A passbook prints every entry once, in order, and remembers how far it came."""

from collections.abc import Iterator

import pytest

from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Reverse
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import (
    DepositCash,
    PassbookLine,
    PassbookUpdated,
    StopCard,
    UpdatePassbook,
)
from tanada.products.deposits.passbooks import MAX_LINES, line_key
from tests.bank import Teller, balance_of, executor, findings, residents, run

CLEAN: list[Finding] = []
WHO = residents()[1]
"""The passbook of the second resident is printed up to the balance that it began with."""


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    made = executor(bank_url)
    yield made
    assert findings(bank_url) == CLEAN
    made.close()


def _deposits(teller: Teller, count: int) -> list[Command]:
    return [
        teller.make(DepositCash, WHO.account, amount=amount, terminal=1)
        for amount in range(1, count + 1)
    ]


def _printed(opened: Executor, teller: Teller, **content: int) -> PassbookUpdated:
    [outcome] = run(opened, teller.make(UpdatePassbook, WHO.account, **content))
    assert outcome.code is Code.OK
    return outcome.read(PassbookUpdated)


def test_it_prints_each_entry_with_its_balance(opened: Executor, bank_url: str) -> None:
    teller, before = Teller(), balance_of(bank_url, WHO.account)
    run(opened, *_deposits(teller, 3))
    assert _printed(opened, teller) == PassbookUpdated(
        lines=tuple(
            PassbookLine(sequence=sequence, booked_on="2026-04-01", amount=amount, balance=balance)
            for sequence, amount, balance in (
                (2, 1, before + 1),
                (3, 2, before + 3),
                (4, 3, before + 6),
            )
        ),
        remaining=0,
        balance=before + 6,
    )


def test_it_prints_nothing_twice_and_says_how_much_remains(opened: Executor) -> None:
    teller = Teller()
    run(opened, *_deposits(teller, 30))
    first = _printed(opened, teller)
    second = _printed(opened, teller, lines=2)
    third = _printed(opened, teller)
    fourth = _printed(opened, teller)
    assert [len(each.lines) for each in (first, second, third, fourth)] == [24, 2, 4, 0]
    assert [each.remaining for each in (first, second, third, fourth)] == [6, 4, 0, 0]
    sequences = [line.sequence for each in (first, second, third) for line in each.lines]
    assert sequences == list(range(2, 32))


def test_two_updates_in_one_batch_go_on_from_each_other(opened: Executor) -> None:
    teller = Teller()
    run(opened, *_deposits(teller, 5))
    updates = [teller.make(UpdatePassbook, WHO.account, lines=3) for _ in range(2)]
    first, second = (outcome.read(PassbookUpdated) for outcome in run(opened, *updates))
    assert [line.sequence for line in (*first.lines, *second.lines)] == [2, 3, 4, 5, 6]
    assert [first.remaining, second.remaining] == [2, 0]


def test_it_leaves_what_the_same_batch_books_to_the_next_update(opened: Executor) -> None:
    teller = Teller()
    [deposit] = _deposits(teller, 1)
    _, updated = run(opened, deposit, teller.make(UpdatePassbook, WHO.account))
    assert updated.read(PassbookUpdated).lines == ()
    assert updated.read(PassbookUpdated).remaining == 1
    assert len(_printed(opened, teller).lines) == 1


@pytest.mark.parametrize("lines", [0, -1, -(10**9)])
def test_a_wish_for_no_lines_prints_none(opened: Executor, lines: int) -> None:
    teller = Teller()
    run(opened, *_deposits(teller, 2))
    updated = _printed(opened, teller, lines=lines)
    assert (updated.lines, updated.remaining) == ((), 2)


def test_one_update_is_bounded(opened: Executor) -> None:
    teller = Teller()
    run(opened, *_deposits(teller, MAX_LINES + 5))
    updated = _printed(opened, teller, lines=10**9)
    assert (len(updated.lines), updated.remaining) == (MAX_LINES, 5)


def test_a_cancellation_is_a_line_like_any_other(opened: Executor) -> None:
    teller = Teller()
    [deposit] = _deposits(teller, 1)
    reverse = teller.make(Reverse, WHO.account, original_key=deposit.key, product="deposits")
    run(opened, deposit, reverse)
    assert [line.amount for line in _printed(opened, teller).lines] == [1, -1]


def test_an_update_repeated_with_its_key_prints_the_same_lines_again(opened: Executor) -> None:
    teller = Teller()
    run(opened, *_deposits(teller, 2))
    update = teller.make(UpdatePassbook, WHO.account)
    [first], [again] = run(opened, update), run(opened, update)
    assert first == again
    assert len(first.read(PassbookUpdated).lines) == 2


def test_lines_of_different_accounts_never_share_a_key() -> None:
    assert line_key(1, 2**63) < line_key(2, 0)


@pytest.mark.parametrize(("stolen", "code"), [(False, Code.CARD_STOPPED), (True, Code.CARD_STOLEN)])
def test_a_stopped_card_prints_nothing_and_the_passbook_alone_does(
    opened: Executor, stolen: bool, code: Code
) -> None:
    teller = Teller()
    run(opened, teller.make(StopCard, WHO.account, card=WHO.card, stolen=stolen))
    [outcome] = run(opened, teller.make(UpdatePassbook, WHO.account, card=WHO.card))
    assert outcome.code is code
    _printed(opened, teller)
