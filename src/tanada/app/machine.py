"""A machine to try the bank with: one real ISO 8583 transaction against the gateway that runs."""

from datetime import datetime
from typing import Final

import msgspec

from tanada.app.places import LiveBank, Places
from tanada.app.preparation import TERMINALS, population_of_bank
from tanada.base.errors import SettingsError
from tanada.base.seams import live_seams
from tanada.batch.demonstration import MACHINE_CASH
from tanada.channels.atm.keys import AtmKeys
from tanada.counterparts.host_line import HostLine
from tanada.counterparts.terminal import Terminal
from tanada.counterparts.visits import CARD, PASSBOOK, Holder, Visit, VisitResult, Wish
from tanada.customers.demonstration import Resident

_TENTHS_A_SECOND: Final = 10
_PASSBOOK_ONLY: Final = frozenset({Wish.PASSBOOK})
_MOVES_MONEY: Final = frozenset({Wish.WITHDRAWAL, Wish.DEPOSIT})


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What to try: ``amount`` in yen counts for withdrawals and deposits only."""

    wish: Wish
    terminal: int
    customer: int
    amount: int


def customer_of(bank: LiveBank, trial: Trial) -> Resident:
    """Who tries it; raises ``SettingsError`` if the bank has no such customer or machine."""
    resident = resident_of(bank, trial.customer)
    if trial.terminal not in TERMINALS:
        raise SettingsError(f"machines are {TERMINALS[0]} to {TERMINALS[-1]}")
    return resident


def resident_of(bank: LiveBank, customer: int) -> Resident:
    """A customer of the demonstration bank; raises ``SettingsError`` if there is none."""
    if not 1 <= customer <= bank.customers:
        raise SettingsError(f"customers are 1 to {bank.customers}, not {customer}")
    return population_of_bank(bank).resident(customer)


async def try_machine(bank: LiveBank, places: Places, trial: Trial) -> VisitResult:
    """Go to a machine as a customer of the demonstration bank; what came of it."""
    resident = customer_of(bank, trial)
    seams = live_seams(worker_threads=1)
    line = HostLine(
        seams,
        bank.atm_address,
        trial.terminal,
        AtmKeys.load(places.keys),
        last_stan=_trace_number(seams.clock.now()),
    )
    holder = Holder(resident.card, resident.pin, resident.account, resident.customer)
    media = PASSBOOK if trial.wish in _PASSBOOK_ONLY else CARD
    amount = trial.amount if trial.wish in _MOVES_MONEY else 0
    try:
        machine = Terminal(trial.terminal, line, cash=MACHINE_CASH)
        return await machine.perform(Visit(1, 0.0, trial.wish, holder, media, amount))
    finally:
        await line.close()


def _trace_number(now: datetime) -> int:
    """Tenths of a second of the day: nobody tries one machine faster than that by hand."""
    second = now.hour * 3_600 + now.minute * 60 + now.second
    return second * _TENTHS_A_SECOND + now.microsecond // 100_000
