"""A mailbox is bounded, keeps the order, and gives out what is still wanted, batch by batch."""

import asyncio
from typing import Any

import pytest

from tanada.controls.policies import MailboxRule
from tanada.operations.commands import InquireOutcome
from tanada.operations.mailbox import Mailbox, Waiting
from tanada.products.deposits.commands import DepositCash
from tests.bank import Teller

RULE = MailboxRule(capacity=4, batch=3)


def _deposit(key: str, deadline: int = 100) -> Waiting:
    command: Any = Teller().make(DepositCash, 1, key=key, deadline=deadline, amount=1, terminal=1)
    return Waiting(command, lambda _: None)


def _keys(waiting: list[Waiting]) -> list[str]:
    return [each.request.key for each in waiting]


def test_it_gives_out_batches_in_the_order_of_arrival() -> None:
    box = Mailbox(RULE)
    for key in "abcd":
        box.put(_deposit(key))
    assert _keys(box.take(now=0).batch) == ["a", "b", "c"]
    assert _keys(box.take(now=0).batch) == ["d"]
    assert len(box) == 0


def test_it_is_full_at_its_capacity_and_not_before() -> None:
    box = Mailbox(RULE)
    for key in "abc":
        box.put(_deposit(key))
    before = box.is_full
    box.put(_deposit("d"))
    assert [before, box.is_full] == [False, True]
    with pytest.raises(AssertionError):
        box.put(_deposit("e"))


def test_commands_past_their_deadline_take_no_place_in_a_batch() -> None:
    box = Mailbox(RULE)
    for key, deadline in (("a", 9), ("b", 10), ("c", 5), ("d", 11)):
        box.put(_deposit(key, deadline))
    taken = box.take(now=10)
    assert (_keys(taken.batch), _keys(taken.too_late)) == (["b", "d"], ["a", "c"])


def test_an_inquiry_is_never_too_late() -> None:
    box = Mailbox(RULE)
    inquiry = InquireOutcome(key="i", account=1, product="deposits", channel="atm", origin="x")
    box.put(Waiting(inquiry, lambda _: None))
    assert _keys(box.take(now=10**18).batch) == ["i"]


def test_who_waits_is_woken_by_an_arrival_only() -> None:
    async def scenario() -> list[bool]:
        box = Mailbox(RULE)
        waiting = asyncio.create_task(box.wait())
        await asyncio.sleep(0)
        before = waiting.done()
        box.put(_deposit("a"))
        await waiting
        box.take(now=0)
        again = asyncio.create_task(box.wait())
        await asyncio.sleep(0)
        after = again.done()
        again.cancel()
        return [before, after]

    assert asyncio.run(scenario()) == [False, False]


def test_what_is_cleared_out_is_handed_over_whole() -> None:
    box = Mailbox(RULE)
    for key in "ab":
        box.put(_deposit(key))
    assert _keys(box.clear()) == ["a", "b"]
    assert len(box) == 0
