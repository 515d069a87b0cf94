"""The live bank, over real sockets and processes: killed compartments, one outcome each."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tanada.app.books import check_all_books
from tanada.app.live import status
from tanada.app.places import LiveBank, Places
from tanada.app.preparation import population_of_bank
from tanada.base.database import connect
from tanada.base.seams import live_seams
from tanada.channels.atm.keys import AtmKeys
from tanada.counterparts.host_line import HostLine
from tanada.counterparts.terminal import Terminal
from tanada.counterparts.visits import CARD, Holder, Visit, VisitResult, Wish
from tanada.watch.store import FLUSH_SECONDS

TANADA = (sys.executable, "-c", "import sys; from tanada.cli import main; sys.exit(main())")
FREE_PORTS = ("--atm-port", "0", "--console-port", "0")
STOPS_WITHIN_S = 60
BACK_WITHIN_S = 10
MACHINES = 12
CASH = 1_000_000
AMOUNT = 1_000

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Running:
    """A bank that runs in a process of its own."""

    process: subprocess.Popen[str]
    places: Places

    @property
    def bank(self) -> LiveBank:
        return self.places.load()

    def pids(self) -> dict[str, int]:
        answer = asyncio.run(status(self.bank, self.places))
        return {each.name: each.pid for each in answer.processes}


def _start(folder: Path) -> Running:
    process = subprocess.Popen(
        [*TANADA, "up", "--data-dir", str(folder), *FREE_PORTS, "--customers", "400"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Ctrl-C"):
            return Running(process, Places(folder))
    pytest.fail("the bank did not open:\n" + "".join(said))


def _stop(running: Running) -> None:
    running.process.send_signal(signal.SIGINT)
    assert running.process.stdout is not None
    running.process.stdout.read()
    running.process.stdout.close()
    assert running.process.wait(STOPS_WITHIN_S) == 0


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Running]:
    running = _start(tmp_path)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            _stop(running)


class Customer:
    """Goes to one machine again and again, and remembers what came of each visit."""

    def __init__(self, running: Running, number: int) -> None:
        bank, places = running.bank, running.places
        seams = live_seams(worker_threads=1)
        resident = population_of_bank(bank).resident(number)
        line = HostLine(seams, bank.atm_address, number, AtmKeys.load(places.keys))
        self.machine = Terminal(number, line, cash=CASH)
        self.account = resident.account
        self._holder = Holder(resident.card, resident.pin, resident.account, number)
        self.results: list[VisitResult] = []

    async def come_and_go(self, enough: asyncio.Event) -> None:
        while not enough.is_set() and not self.machine.is_stopped:
            wish = Wish.DEPOSIT if len(self.results) % 2 == 0 else Wish.WITHDRAWAL
            visit = Visit(len(self.results) + 1, 0.0, wish, self._holder, CARD, AMOUNT)
            self.results.append(await self.machine.perform(visit))


@asynccontextmanager
async def _customers(running: Running) -> AsyncIterator[list[Customer]]:
    """Customers at work for as long as the block lasts; then every visit has ended."""
    customers = [Customer(running, number) for number in range(1, MACHINES + 1)]
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for customer in customers:
            group.create_task(customer.come_and_go(enough))
        yield customers
        enough.set()
    for customer in customers:
        await _until_confirmed(customer)
        await customer.machine.line.close()


async def _until_confirmed(customer: Customer) -> None:
    async with asyncio.timeout(60):
        while customer.machine.line.unconfirmed:
            await asyncio.sleep(0.1)


async def _kill_each_compartment(running: Running) -> list[str]:
    bank, places = running.bank, running.places
    before = await status(bank, places)
    for name in before.compartments:
        pid = next(each.pid for each in before.processes if each.name == name)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(BACK_WITHIN_S):
            while not await _is_back(bank, places, name, pid):
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
    return list(before.compartments)


async def _is_back(bank: LiveBank, places: Places, name: str, old_pid: int) -> bool:
    now = await status(bank, places)
    process = next(each for each in now.processes if each.name == name)
    return process.pid not in {0, old_pid} and now.compartments[name] is not None


def test_a_killed_compartment_comes_back_and_every_operation_has_one_outcome(
    bank: Running,
) -> None:
    async def scenario() -> list[Customer]:
        async with _customers(bank) as customers:
            await asyncio.sleep(0.5)
            await _kill_each_compartment(bank)
            await asyncio.sleep(0.5)
        return customers

    customers = asyncio.run(scenario())

    assert sum(len(customer.results) for customer in customers) > 100
    assert {result.kind for customer in customers for result in customer.results} <= {
        *("accepted", "declined", "failed", "unknown"),
    }
    assert check_all_books(bank.bank.core_url) == []
    assert _attempts_without_an_outcome(bank.bank) == 0
    with connect(bank.bank.core_url, application="test") as connection:
        for customer in customers:
            # Machine and ledger agree to the yen, whatever was killed in between.
            row = connection.execute(
                "select coalesce(sum(amount), 0)::bigint from ledger.entry"
                " where account_id = %s and sequence > 1",
                (customer.account,),
            ).fetchone()
            assert row == (customer.machine.cash - CASH,)


def _attempts_without_an_outcome(bank: LiveBank) -> int:
    """In the watch database, once the gateway has brought in what it learnt last."""
    time.sleep(2 * FLUSH_SECONDS)
    with connect(bank.watch_url, application="test") as connection:
        row = connection.execute("select count(*) from watch.unsettled_attempt").fetchone()
    assert row is not None
    return int(row[0])


def test_a_stop_leaves_no_process_and_the_next_start_finds_the_data(
    bank: Running, tmp_path: Path
) -> None:
    pids = bank.pids()
    with connect(bank.bank.core_url, application="test") as connection:
        before = connection.execute("select sum(balance) from ledger.account").fetchone()
    _stop(bank)
    assert not [name for name, pid in pids.items() if Path(f"/proc/{pid}").exists()]
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()

    again = _start(tmp_path)
    try:
        with connect(again.bank.core_url, application="test") as connection:
            after = connection.execute("select sum(balance) from ledger.account").fetchone()
        assert after == before
    finally:
        _stop(again)


def test_what_the_bank_suggests_to_try_works(bank: Running) -> None:
    where = ["--data-dir", str(bank.places.root)]
    for words in (["status"], ["atm", "try"], ["atm", "try", "passbook"], ["books", "check"]):
        done = subprocess.run(
            [*TANADA, *words, *where], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        assert not re.search(r"\b9392\d{12}\b", done.stdout), "a card number is shown"
