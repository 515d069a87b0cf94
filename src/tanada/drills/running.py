"""One run of a drill: the world opens, the day passes, the books are read."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from tanada.base.clock import LiveClock
from tanada.base.database import Connection, load_queries, translate_errors
from tanada.base.seams import simulated_seams
from tanada.base.simulation import SimulatedLoop, run_simulated
from tanada.batch.running import JobRun, Progress, run_paced
from tanada.batch.submitting import JobOrder, submit
from tanada.channels.atm.keys import AtmKeys
from tanada.controls.custody import CustodyMatrix
from tanada.controls.policies import Policy
from tanada.counterparts.customers import OpeningHours, TerminalSpec
from tanada.counterparts.fleet import FleetSnapshot, Sample
from tanada.counterparts.visits import VisitRecord
from tanada.customers.demonstration import Population
from tanada.drills.evidence import Evidence, gather
from tanada.drills.people import People
from tanada.drills.scenario import BatchPart, Scenario, at_clock
from tanada.drills.stage import Databases
from tanada.drills.timeline import Timeline, sleep_until
from tanada.drills.world import Cast, World, demand_of
from tanada.executions import EXECUTIONS
from tanada.ledger.accounts import atm_cash

_QUERIES: Final = load_queries("tanada.drills")

SETTLE_S: Final = 60.0
"""Simulated seconds that everything in doubt is given at the end."""

SUNDAY_HOURS: Final = OpeningHours(opens=8 * 60, closes=21 * 60)
WEEKDAY_HOURS: Final = OpeningHours(opens=7 * 60, closes=23 * 60)
"""When machines serve: guesses, like all of the demand."""


@dataclass(frozen=True)
class Setting:
    """What one run is made of."""

    scenario: Scenario
    policy: Policy
    custody: Mapping[str, CustodyMatrix]
    population: Population
    keys: AtmKeys
    seed: int
    scale: float
    machine_cash: int
    terminals: tuple[int, ...]


@dataclass(frozen=True)
class Played:
    """What a run leaves behind."""

    setting: Setting
    evidence: Evidence
    wall_seconds: float
    records: tuple[VisitRecord, ...]
    samples: tuple[Sample, ...]
    fleet: FleetSnapshot
    in_doubt: int
    rollback_error: str


def play(setting: Setting, databases: Databases) -> Played:
    """Run the drill once, in virtual time, on a fresh copy of its bank."""
    started = LiveClock().monotonic()
    loop = SimulatedLoop()
    run = _Run(setting, databases, loop)
    run_simulated(run.day(), loop)
    return run.result(LiveClock().monotonic() - started)


class _Run:
    def __init__(self, setting: Setting, databases: Databases, loop: SimulatedLoop) -> None:
        scenario = setting.scenario
        self._setting = setting
        self._scenario = scenario
        self._databases = databases
        seams = simulated_seams(loop, setting.seed, scenario.world.begins)
        self._timeline = Timeline(seams.clock)
        cast = Cast(
            terminals=tuple(_terminal(n, setting.machine_cash) for n in setting.terminals),
            population=setting.population,
            keys=setting.keys,
            demand=demand_of(scenario.load.online),
        )
        self._world = World(seams, setting.policy, setting.custody, databases, cast)
        self._people = People(self._world, self._timeline, scenario, setting.scale)
        self._rollback_error = ""

    async def day(self) -> None:
        """The whole drill, from opening to rollback."""
        world, scenario = self._world, self._scenario
        with world.connector(self._databases.core, None)() as connection, translate_errors():
            connection.execute(_QUERIES.forget_meters)
        await world.open()
        acting = [asyncio.create_task(self._people.act(person)) for person in scenario.people]
        if scenario.load.batch is not None:
            acting.append(asyncio.create_task(self._batch(scenario.load.batch)))
        await world.fleet.run(scenario.world.ends)
        for task in acting:
            task.cancel()
        outcomes = await asyncio.gather(*acting, return_exceptions=True)
        await self._settle()
        self._roll_back()
        await world.close()
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    async def _settle(self) -> None:
        await self._world.fleet.settle(SETTLE_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while self._world.door.in_doubt:
                    await asyncio.sleep(1.0)

    def _roll_back(self) -> None:
        try:
            self._people.roll_back()
        except Exception as error:  # a failed rollback fails the drill, and must not hide the run
            self._rollback_error = f"{type(error).__name__}: {error}"

    # -- the batch -----------------------------------------------------------------------------

    async def _batch(self, part: BatchPart) -> None:
        world, begins = self._world, self._scenario.world.begins
        connect = world.connector(self._databases.core, "tanada_batch")
        await sleep_until(world.seams.clock, at_clock(begins, part.submitted_at))
        with connect() as connection:
            accepted = self._submit(connection, part)
        await sleep_until(world.seams.clock, at_clock(begins, part.starts_at))
        for job_id in accepted:
            self._timeline.note("batch", "job_started", f"job {job_id}")
            run = JobRun(job_id, connect, EXECUTIONS, world.policy)
            progress = await run_paced(run, world.seams)
            self._note_end(progress)
            if progress.state != "finished":
                return

    def _submit(self, connection: Connection, part: BatchPart) -> list[int]:
        """Submit all jobs; of one that is refused, run what the proposal puts on this day."""
        now = self._world.seams.clock.now()
        accepted = []
        for job in part.jobs:
            whole = JobOrder(job.kind, "operations")
            submitted, verdict = submit(connection, self._world.policy, whole, now)
            refused = submitted.state == "refused"
            kind = "job_refused" if refused else "job_submitted"
            self._timeline.note("batch", kind, submitted.verdict)
            self._world.news.ring()
            if not refused:
                accepted.append(submitted.job_id)
                continue
            if part.on_refusal == "accept-proposal":
                today = verdict.level.business_date
                for piece in verdict.proposal:
                    if piece.day == today and piece.kind == job.kind:
                        order = JobOrder(job.kind, "operations", at_most=piece.items)
                        again = submit(connection, self._world.policy, order, now)
                        self._timeline.note("batch", "job_submitted", again.job.verdict)
                        accepted.append(again.job.job_id)
        return accepted

    def _note_end(self, progress: Progress) -> None:
        detail = f"job {progress.job_id}: {progress.done} of {progress.planned}, {progress.reason}"
        self._timeline.note("batch", f"job_{progress.state}", detail)
        self._world.news.ring()

    # -- what is left ----------------------------------------------------------------------------

    def result(self, wall_seconds: float) -> Played:
        """Read what the run that has ended left in its databases and machines."""
        fleet = self._world.fleet
        core = self._world.connector(self._databases.core, None)
        watch = self._world.connector(self._databases.watch, None)
        cash = {atm_cash(n): fleet.terminal(n).cash for n in self._setting.terminals}
        with core() as core_connection, watch() as watch_connection:
            evidence = gather(
                core_connection, watch_connection, self._timeline.lines, fleet.records, cash
            )
        return Played(
            setting=self._setting,
            evidence=evidence,
            wall_seconds=wall_seconds,
            records=tuple(fleet.records),
            samples=tuple(fleet.samples),
            fleet=fleet.snapshot(),
            in_doubt=len(self._world.door.in_doubt),
            rollback_error=self._rollback_error,
        )


def _terminal(number: int, cash: int) -> TerminalSpec:
    return TerminalSpec(number, cash=cash, weekday=WEEKDAY_HOURS, sunday=SUNDAY_HOURS)
