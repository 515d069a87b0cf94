"""The load is a closed loop, counts what was accepted, and leaves nothing behind."""

import asyncio
from typing import Any

import pytest

from tanada.base.network import ConnectRefused
from tanada.base.randomness import Randomness
from tanada.base.simulation import SimulatedLoop, run_simulated
from tanada.channels.atm.keys import AtmKeys
from tanada.counterparts.host_line import HostOutOfReach
from tanada.counterparts.load import LoadReport, run_load
from tanada.counterparts.visits import Holder, Wish
from tanada.operations.codes import Code
from tests.counterparts import scripted_bank as bank
from tests.counterparts.atm_world import seams_of
from tests.counterparts.scripted_bank import ADDRESS, ScriptedBank, Turn

KEYS = AtmKeys.generate(Randomness(5))
HOLDERS = [Holder(9392001100000107 + 10 * n, "1234", 10**11 + n, n) for n in range(8)]


def load(turn: Turn, *, machines: int = 4, serve: bool = True, **options: Any) -> LoadReport:
    loop = SimulatedLoop()
    seams = seams_of(loop)
    host = ScriptedBank(seams, KEYS)
    host.decide = lambda _: turn

    async def run() -> LoadReport:
        if serve:
            await host.open()
        report = await run_load(
            seams, ADDRESS, KEYS, HOLDERS, terminals=range(1, machines + 1), seconds=10, **options
        )
        await asyncio.sleep(1)
        assert len(asyncio.all_tasks()) == 1, "all lines are closed"
        return report

    return run_simulated(run(), loop)


def test_the_rate_is_what_a_closed_loop_gives() -> None:
    report = load(Turn(delay_s=0.1))
    # One way over the line takes 10 to 15 ms.
    assert report.p50_ms == pytest.approx(125, abs=5)
    assert report.p99_ms == pytest.approx(130, abs=5)
    assert report.per_second == pytest.approx(4 / 0.125, rel=0.03)
    assert report.outcomes == {("accepted", "ok"): report.accepted}


def test_the_next_run_goes_on_with_the_trace_numbers() -> None:
    first = load(Turn(delay_s=0.1), machines=1)
    assert first.last_stan == first.accepted + 1, "one for the sign-on"
    assert load(Turn(delay_s=0.1), machines=1, last_stan=500).last_stan > 500


def test_what_is_not_accepted_is_no_throughput() -> None:
    report = load(Turn(Code.INSUFFICIENT_FUNDS, delay_s=0.1))
    assert report.accepted == 0
    assert report.per_second == report.p50_ms == report.p99_ms == 0.0
    assert report.outcomes["declined", "insufficient_funds"] > 100


def test_a_stopped_machine_loads_no_more() -> None:
    report = load(bank.C_ERROR)
    assert report.outcomes == {("failed", "compartment_closed"): 4}


def test_wishes_can_be_chosen() -> None:
    report = load(Turn(delay_s=0.1), wishes=(Wish.BALANCE,))
    assert report.accepted > 100


def test_without_a_gateway_the_load_says_so_at_once() -> None:
    with pytest.raises(HostOutOfReach) as caught:
        load(bank.ACCEPT, serve=False)
    assert isinstance(caught.value.__cause__, ConnectRefused)
