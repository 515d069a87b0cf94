"""A whole demonstration bank, loaded with COPY in one transaction.

Same plan, same rows. The books are right from the first moment: balances come in as accepted
operations against the bank's own account ``OPENING_BALANCES``, booked on the day before the bank
opens, and every machine's cash came from the counters.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Final

from tanada.base.clock import JST
from tanada.base.database import Connection
from tanada.base.randomness import Randomness
from tanada.customers.branches import branches_of
from tanada.customers.demonstration import Population, load_customers
from tanada.ledger.accounts import CASH_AT_COUNTERS, OPENING_BALANCES, atm_cash
from tanada.ledger.opening import (
    BankMovement,
    BroughtIn,
    Opening,
    bring_in,
    move_own_money,
    open_business_day,
    refuse_if_opened,
)
from tanada.operations.opening import OpeningOperation, record_opening
from tanada.products.deposits import demonstration as deposits
from tanada.products.time_deposits import demonstration as time_deposits
from tanada.products.time_deposits.demonstration import ContractCounts, Contracts

ORIGIN: Final = "demonstration"
MACHINE_CASH: Final = 30_000_000
"""Yen put into each machine."""
REVERSAL_ROWS: Final = 20_000_000
"""Capacity of a product's reversal log where the policy names none, in rows of a business date."""

_COUNTER_RESERVE: Final = 1_000_000_000
_STEPS_PER_CUSTOMER: Final = 1
_STEPS_PER_CONTRACT: Final = 2

Progress = Callable[[int, int], None]
"""Hears steps done and steps in all, a few times a second."""


@dataclass(frozen=True)
class BankPlan:
    """What to load. ``maturing``, ``switching`` and ``quiet`` count time deposits.

    Maturing ones renew on ``business_date``, switching ones are eligible for the e-account switch
    (see ``time_deposits.demonstration``). ``terminals`` are the machines that get cash.
    ``reversal_capacity`` is each product's reversal log in rows of one business date.
    """

    business_date: date
    customers: int = 10_000
    branches: int = 40
    maturing: int = 0
    switching: int = 0
    quiet: int = 0
    terminals: tuple[int, ...] = ()
    machine_cash: int = MACHINE_CASH
    reversal_capacity: Mapping[str, int] = field(default_factory=dict)
    seed: int = 1

    def __post_init__(self) -> None:
        """Counts are not negative and there is somebody to own the deposits."""
        assert min(self.customers, self.branches, self.machine_cash) > 0
        assert min(self.maturing, self.switching, self.quiet) >= 0

    @property
    def contracts(self) -> ContractCounts:
        """Time deposits by kind."""
        return ContractCounts(self.maturing, self.switching, self.quiet)

    @property
    def steps(self) -> int:
        """Steps that the progress counts to."""
        return self.customers * _STEPS_PER_CUSTOMER + self.contracts.total * _STEPS_PER_CONTRACT


@dataclass(frozen=True)
class LoadedBank:
    """What was loaded: the people to act as, and totals in yen."""

    plan: BankPlan
    population: Population
    ordinary_total: int
    time_total: int


def population_of(plan: BankPlan) -> Population:
    """The customers of the plan, over the first branches of the real bank; reads no database."""
    numbers = [branch.number for branch in branches_of()]
    return Population(plan.customers, tuple(numbers[: min(plan.branches, plan.customers)]))


def load(
    connection: Connection, plan: BankPlan, *, pvk: bytes, progress: Progress | None = None
) -> LoadedBank:
    """Load the whole bank; raises ``AlreadyOpened`` unless the ledger is empty.

    ``pvk`` is the PIN verification key of the gateways that will serve this bank.
    """
    with connection.transaction():
        return _Loading(connection, plan, progress).run(pvk)


class _Loading:
    """One load in its transaction; the order is that of the index pages: ids rise."""

    def __init__(self, connection: Connection, plan: BankPlan, progress: Progress | None) -> None:
        self._connection = connection
        self._plan = plan
        self._progress = progress
        self._done = 0
        self._chance = Randomness(plan.seed)
        self._population = population_of(plan)
        eve = plan.business_date - timedelta(days=1)
        self._opening = Opening(eve, datetime.combine(eve, time_of_day(21), JST))

    def run(self, pvk: bytes) -> LoadedBank:
        refuse_if_opened(self._connection)
        load_customers(self._connection, list(self._population.residents()), self._chance, pvk)
        ordinary_accounts = self._population.ordinary_accounts()
        ordinary = self._load_deposits(ordinary_accounts)
        time = self._load_time_deposits(ordinary_accounts)
        self._load_cash()
        open_business_day(self._connection, self._plan.business_date, self._capacity())
        return LoadedBank(self._plan, self._population, ordinary, time)

    def _load_deposits(self, accounts: list[int]) -> int:
        stream = self._chance.stream("demonstration", "balances")
        balances = deposits.draw_balances(stream, len(accounts))
        opened = [
            (self._plan.business_date - timedelta(days=400 + place % 5_000)).isoformat()
            for place in range(len(accounts))
        ]
        owners = range(1, len(accounts) + 1)
        self._bring_in(BroughtIn(deposits.PRODUCT, accounts, balances, opened, owners))
        deposits.load_passbooks(self._connection, accounts)
        return sum(balances)

    def _load_time_deposits(self, ordinary_accounts: list[int]) -> int:
        drawn = time_deposits.draw_contracts(
            self._plan.contracts,
            self._population.time_accounts(),
            self._plan.business_date,
            self._chance,
        )
        self._bring_in(_brought_in(drawn))
        time_deposits.load_contracts(self._connection, drawn, ordinary_accounts, self._advance)
        return sum(drawn.principals)

    def _bring_in(self, brought: BroughtIn) -> None:
        bring_in(self._connection, brought, self._opening, self._advance)
        self._record(
            OpeningOperation(
                key=brought.key(chunk),
                command="BringInBalances",
                product=brought.product,
                account=OPENING_BALANCES,
                amount=sum(brought.balances[chunk]),
            )
            for chunk in brought.chunks()
        )

    def _load_cash(self) -> None:
        cash = self._plan.machine_cash
        stock = cash * len(self._plan.terminals) + _COUNTER_RESERVE
        movements = [
            BankMovement("opening:counters", {CASH_AT_COUNTERS: -stock, OPENING_BALANCES: stock})
        ]
        movements += [
            BankMovement(f"opening:atm:{terminal}", {CASH_AT_COUNTERS: cash, account: -cash})
            for terminal in self._plan.terminals
            for account in (atm_cash(terminal),)
        ]
        move_own_money(self._connection, movements, self._opening)
        self._record(_cash_operation(movement) for movement in movements)

    def _record(self, operations: Iterator[OpeningOperation]) -> None:
        record_opening(
            self._connection,
            operations,
            origin=ORIGIN,
            business_date=self._opening.business_date,
            booked_at=self._opening.booked_at,
        )

    def _capacity(self) -> Mapping[str, int]:
        products = (deposits.PRODUCT, time_deposits.PRODUCT)
        return dict.fromkeys(products, REVERSAL_ROWS) | dict(self._plan.reversal_capacity)

    def _advance(self, rows: int) -> None:
        self._done += rows
        if self._progress is not None:
            self._progress(self._done, self._plan.steps)


def _brought_in(drawn: Contracts) -> BroughtIn:
    customers = [owner + 1 for owner in drawn.owners]
    return BroughtIn(
        time_deposits.PRODUCT, drawn.accounts, drawn.principals, drawn.opened_on, customers
    )


def _cash_operation(movement: BankMovement) -> OpeningOperation:
    account = min(movement.amounts, key=lambda each: movement.amounts[each])
    return OpeningOperation(
        key=movement.key,
        command="LoadCash",
        product=deposits.PRODUCT,
        account=account,
        amount=-movement.amounts[account],
    )
