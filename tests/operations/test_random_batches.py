"""Whatever is done in whatever batches: the books agree with a model that knows no database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tanada.base.database import connect
from tanada.base.postgres import PostgresServer
from tanada.ledger.accounts import TIME, account_id
from tanada.ledger.books import Finding
from tanada.operations.codes import Code
from tanada.operations.commands import InquireOutcome, Outcome, Request, Reverse
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import DepositCash, WithdrawCash
from tanada.products.time_deposits.commands import OpenTimeDeposit
from tests.bank import Teller, executor, findings, proof_of, residents, run
from tests.conftest import clone
from tests.operations.random_bank import Model

CLEAN: list[Finding] = []
PEOPLE = residents()[:3]
DAILY_LIMIT = 500_000

people = some.integers(0, len(PEOPLE) - 1)
old_ones = some.integers(0, 40)
"""Now and then the key of an earlier command, mostly a new one."""
amounts = some.one_of(
    some.integers(1, 5_000),
    some.integers(1, 400_000),
    some.sampled_from([499_999, 500_000, 500_001, 2_000_000, 2_000_001, 10_000_000]),
)


def _read(url: str, sql: str) -> list[tuple[Any, ...]]:
    with connect(url, application="test") as connection:
        return list(connection.execute(sql).fetchall())


def _balances(url: str) -> dict[int, int]:
    return {row[0]: row[1] for row in _read(url, "select account_id, balance from ledger.account")}


class RandomBank(RuleBasedStateMachine):
    """Commands gather and are executed as one batch in ``url``, and one by one in ``twin_url``."""

    url = ""
    twin_url = ""

    def __init__(self) -> None:
        super().__init__()
        self.executor: Executor = executor(self.url)
        self.twin: Executor = executor(self.twin_url)
        self.teller = Teller()
        self.model = Model(_balances(self.url), {who.account: DAILY_LIMIT for who in PEOPLE})
        self.model.items.update(dict(_read(self.url, "select * from time_deposits.book")))
        self.keys: list[str] = []
        self.batch: list[tuple[Request, Callable[[], Code]]] = []

    def key(self, old: int) -> str:
        """A new key, or the ``old``-th of those that were used, if there are not too many."""
        if old < min(len(self.keys), 4):
            return self.keys[old]
        self.keys.append(f"key-{len(self.keys)}")
        return self.keys[-1]

    def earlier(self, back: int) -> str:
        """One of the last keys; 0: one that has not arrived yet."""
        return f"key-{max(0, len(self.keys) - back)}"

    @rule(old=old_ones, person=people, amount=amounts)
    def deposit(self, old: int, person: int, amount: int) -> None:
        key, who = self.key(old), PEOPLE[person]
        command = self.teller.make(DepositCash, who.account, key=key, amount=amount, terminal=1)
        self.batch.append((command, lambda: self.model.deposit(key, who.account, amount)))

    @rule(old=old_ones, person=people, amount=amounts)
    def withdraw(self, old: int, person: int, amount: int) -> None:
        key, who = self.key(old), PEOPLE[person]
        command = self.teller.make(
            WithdrawCash,
            who.account,
            key=key,
            amount=amount,
            terminal=2,
            card=who.card,
            pin_proof=proof_of(who),
        )
        self.batch.append((command, lambda: self.model.withdraw(key, who.account, amount)))

    @rule(old=old_ones, person=people, amount=amounts)
    def open_time_deposit(self, old: int, person: int, amount: int) -> None:
        key, who = self.key(old), PEOPLE[person]
        book = account_id(who.branch, TIME, who.number)
        command = self.teller.make(
            OpenTimeDeposit, who.account, key=key, amount=amount, term_months=12
        )
        self.batch.append(
            (command, lambda: self.model.open_time_deposit(key, who.account, amount, book))
        )

    @rule(old=old_ones, original=some.integers(0, 12), person=people, wrong=some.integers(0, 9))
    @precondition(lambda self: self.keys)
    def reverse(self, old: int, original: int, person: int, wrong: int) -> None:
        key = self.key(old)
        wanted = self.earlier(original)
        if key == wanted:
            return
        who = PEOPLE[person]
        made = self.model.keys.get(wanted)
        opened = made is not None and made.content[:1] == ("open",)
        product = "time_deposits" if opened != (wrong == 0) else "deposits"
        command = self.teller.make(
            Reverse, who.account, key=key, original_key=wanted, product=product, card=who.card
        )
        self.batch.append((command, lambda: self.model.reverse(key, wanted, who.account, product)))

    @rule(old=some.integers(0, 12))
    def inquire(self, old: int) -> None:
        key = self.earlier(old)
        inquiry = InquireOutcome(
            key=key, account=PEOPLE[0].account, product="deposits", channel="desk", origin="test"
        )
        self.batch.append((inquiry, lambda: self.model.inquire(key)))

    @rule(place=some.integers(0, 30))
    @precondition(lambda self: self.batch)
    def repeat(self, place: int) -> None:
        self.batch.append(self.batch[place % len(self.batch)])

    @rule()
    @precondition(lambda self: self.batch)
    def execute(self) -> None:
        expected = [decide() for _, decide in self.batch]
        requests = [request for request, _ in self.batch]
        self.batch.clear()
        outcomes = run(self.executor, *requests)
        assert [outcome.code for outcome in outcomes] == expected
        one_by_one: list[Outcome] = [run(self.twin, request)[0] for request in requests]
        assert one_by_one == outcomes

    def teardown(self) -> None:
        if self.batch:
            self.execute()
        for each in (self.executor, self.twin):
            each.close()
        assert _balances(self.url) == self.model.balances
        for url in (self.url, self.twin_url):
            assert findings(url) == CLEAN
        for sql in (
            (
                "select account_id, sequence, operation_id, amount, balance_after, business_date"
                " from ledger.entry order by 1, 2"
            ),
            (
                "select operation_id, account_id, amount, business_date from ledger.bank_entry"
                " order by 1, 2"
            ),
            (
                "select operation_id, product, account_ids, amounts, reversed_by"
                " from ledger.reversal_log order by 1"
            ),
            "select operation_id, key, kind, code, result from operations.operation order by 1",
            "select * from customers.card order by 1",
            "select * from time_deposits.contract order by 1",
            "select * from time_deposits.book order by 1",
        ):
            assert _read(self.url, sql) == _read(self.twin_url, sql)


@contextmanager
def _two_banks(server: PostgresServer, template: str) -> Iterator[type[RandomBank]]:
    with clone(server, template) as first, clone(server, template) as second:
        yield type("Bank", (RandomBank,), {"url": first, "twin_url": second})


@pytest.mark.slow
def test_a_batch_of_many_is_many_batches_of_one_and_both_are_right(
    postgres_server: PostgresServer, bank_template: str
) -> None:
    def machine() -> RuleBasedStateMachine:
        # Every run gets two banks of its own; they are dropped with its machine.
        holder = _two_banks(postgres_server, bank_template)
        made = holder.__enter__()()
        at_the_end = made.teardown

        def teardown() -> None:
            try:
                at_the_end()
            finally:
                holder.__exit__(None, None, None)

        made.teardown = teardown  # type: ignore[method-assign]  # hypothesis knows no fixtures
        return made

    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]  # it may be any function that makes one
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
