"""The fleet: all machines of a bank, their customers, and the staff who free stopped machines.

The fleet counts as it goes, so that a drill can look at any moment without walking over 5,395
machines, and keeps one flat record of each visit for the comparison with a twin.
"""

import asyncio
import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from tanada.base.clock import Clock
from tanada.base.seams import Seams
from tanada.channels.atm.keys import AtmKeys
from tanada.controls.policies import Medium
from tanada.counterparts.customers import Arrivals, CardSource, Demand, TerminalSpec
from tanada.counterparts.host_line import HostLine, HostOutOfReach
from tanada.counterparts.terminal import RESTART_S, State, Terminal
from tanada.counterparts.visits import (
    MACHINE_STOPPED,
    QUEUE_TOO_LONG,
    STAYED_AWAY,
    Media,
    Visit,
    VisitKind,
    VisitRecord,
    VisitResult,
    Wish,
)

MAX_WAITING: Final = 4
"""People who wait before a busy machine; whoever finds more goes away."""
SAMPLE_EVERY_S: Final = 300.0
SIGN_ON_SPREAD_S: Final = 60.0
"""The machines of a fleet sign on one after another, over this time."""
HOUR_S: Final = 3_600.0


@dataclass(frozen=True)
class Dispatch:
    """Staff who go from stopped machine to stopped machine, longest stopped first.

    ``rates`` says from when on how many machines an hour they reach, in order of time; before the
    first, nobody goes. At each machine they take out what it holds and restart it.
    """

    rates: tuple[tuple[datetime, float], ...]

    def __post_init__(self) -> None:
        assert self.rates, "say from when on somebody goes"
        assert all(a[0] < b[0] for a, b in pairwise(self.rates)), "in order of time"
        assert all(rate >= 0 for _, rate in self.rates), "a rate is 0 or more"


@dataclass(frozen=True)
class FleetSnapshot:
    """What the fleet looks like at one moment. Counts are since the beginning; cash is yen."""

    at: datetime
    stopped_now: int
    stopped_peak: int
    stopped_peak_at: datetime
    stops: int
    machines_ever_stopped: int
    media_retained: Mapping[Medium, int]
    media_removed: Mapping[Medium, int]
    visits: Mapping[tuple[Wish, VisitKind, str], int]
    cash_in_machines: int
    cash_kept: int
    unconfirmed: int
    """Reversals that the bank has not yet confirmed."""

    @property
    def retained_in_all(self) -> int:
        """Cards, passbooks and bundles of cash that machines have kept."""
        return sum(self.media_retained.values())

    @property
    def retained_per_stop(self) -> float:
        """Media kept for each stop of a machine; 0.0 if none has stopped."""
        return self.retained_in_all / self.stops if self.stops else 0.0


@dataclass(frozen=True)
class Sample:
    """How many machines stood stopped at ``at``."""

    at: datetime
    stopped: int


class FleetCounts:
    """What is counted as it happens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.stopped_now = 0
        self.stopped_peak = 0
        self.stopped_peak_at = clock.now()
        self.stops = 0
        self.ever_stopped: set[int] = set()
        self.media_retained: Counter[Medium] = Counter()
        self.media_removed: Counter[Medium] = Counter()
        self.visits: Counter[tuple[Wish, VisitKind, str]] = Counter()
        self.records: list[VisitRecord] = []

    def visited(self, record: VisitRecord) -> None:
        """A visit has ended."""
        self.visits[record.wish, record.kind, record.code] += 1
        self.records.append(record)

    def machine_stopped(self, number: int, held: Media) -> None:
        """A machine has stopped with what it holds."""
        self.stops += 1
        self.ever_stopped.add(number)
        self.media_retained.update(held)
        self.stopped_now += 1
        if self.stopped_now > self.stopped_peak:
            self.stopped_peak = self.stopped_now
            self.stopped_peak_at = self._clock.now()

    def machine_ready_again(self) -> None:
        """A stopped machine serves again."""
        self.stopped_now -= 1


@dataclass(frozen=True)
class FleetSettings:
    """How the machines are built and run; every figure may be set by a drill."""

    restart_s: float = RESTART_S
    max_waiting: int = MAX_WAITING
    sign_on_spread_s: float = SIGN_ON_SPREAD_S


class _Time:
    """Seconds since the epoch; cheaper than a civil time, which half a million wake-ups ask for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._epoch = clock.now().timestamp() - clock.monotonic()

    def now(self) -> float:
        """The present moment."""
        return self._epoch + self._clock.monotonic()

    async def sleep_until(self, at: float) -> None:
        """Return at ``at``, or at once if it has passed."""
        if (left := at - self.now()) > 0:
            await asyncio.sleep(left)


class Public:
    """Those who might come to a machine, and what they have heard."""

    def __init__(self) -> None:
        self.stay_away = 0.0

    def hear(self, stay_away: float) -> None:
        """The public hears that machines stand still: that share of them does not even come.

        Who stays away follows from the visit itself, so that no further random number is drawn.
        """
        assert 0 <= stay_away <= 1, "a share is 0 to 1"
        self.stay_away = stay_away


class _Machine:
    """A machine and those who come to it, one after the other."""

    def __init__(
        self,
        spec: TerminalSpec,
        terminal: Terminal,
        arrivals: Arrivals,
        time: _Time,
        public: Public,
        max_waiting: int,
    ) -> None:
        self.terminal = terminal
        self._public = public
        self._spec = spec
        self._arrivals = arrivals
        self._time = time
        self._max_waiting = max_waiting
        self._begun: deque[float] = deque()
        """When those who may have been waiting got their turn."""

    async def serve(self, signs_on_after_s: float, ends: float, counts: FleetCounts) -> None:
        """Sign on and take everybody who comes before ``ends``."""
        await asyncio.sleep(signs_on_after_s)
        with suppress(HostOutOfReach):
            # Whoever comes first will make it try again.
            await self.terminal.line.sign_on()
        while (visit := self._arrivals.next()) is not None and visit.at < ends:
            await self._wait_for(visit)
            counts.visited(self._line_of_log(visit, await self._receive(visit)))

    async def _wait_for(self, visit: Visit) -> None:
        """Until the next customer comes; outside its hours the machine is out of service."""
        closes = self._spec.closes_after(self._time.now())
        if closes < visit.at:
            await self._time.sleep_until(closes)
            self.terminal.close()
        await self._time.sleep_until(visit.at)
        self.terminal.open()

    async def _receive(self, visit: Visit) -> VisitResult:
        if self._arrivals.pace(visit) < self._public.stay_away:
            return VisitResult("turned_away", STAYED_AWAY)
        begun = self._begun
        while begun and begun[0] <= visit.at:
            begun.popleft()
        if len(begun) >= self._max_waiting:
            return VisitResult("turned_away", QUEUE_TOO_LONG)
        if self.terminal.state is not State.READY:
            return VisitResult("turned_away", MACHINE_STOPPED)
        begun.append(self._time.now())
        return await self.terminal.perform(visit)

    def _line_of_log(self, visit: Visit, result: VisitResult) -> VisitRecord:
        return VisitRecord(
            self.terminal.number,
            visit.number,
            self._time.now(),
            visit.holder.customer,
            visit.holder.account,
            visit.wish,
            visit.amount,
            result.kind,
            result.code,
            result.retained,
        )


class Fleet:
    """Machines with customers, until told to end."""

    def __init__(
        self,
        seams: Seams,
        terminals: Sequence[TerminalSpec],
        gateway_address: str,
        keys: AtmKeys,
        demand: Demand,
        cards: CardSource,
        settings: FleetSettings | None = None,
    ) -> None:
        """Customers come from the present moment on; nothing happens before `run`."""
        self._seams = seams
        self._gateway_address = gateway_address
        self._keys = keys
        self._settings = settings or FleetSettings()
        self._time = _Time(seams.clock)
        self.counts: Final = FleetCounts(seams.clock)
        self.samples: Final[list[Sample]] = []
        self.records: Final = self.counts.records
        """Every visit, in the order in which they ended."""
        self.public: Final = Public()
        self._machines = {spec.terminal: self._machine(spec, demand, cards) for spec in terminals}
        self._for_staff: dict[int, Terminal] = {}
        """Stopped machines that nobody has come to yet, longest stopped first."""

    def terminal(self, number: int) -> Terminal:
        """The machine with that number."""
        return self._machines[number].terminal

    async def run(self, until: datetime) -> None:
        """Let customers come until ``until``; whoever is being served then is served to the end.

        Reversals may be under way still: see `settle`.
        """
        ends = until.timestamp()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sample(ends))
            for number, machine in self._machines.items():
                chance = self._seams.randomness.stream("sign-on", number)
                after_s = chance.random() * self._settings.sign_on_spread_s
                tasks.create_task(machine.serve(after_s, ends, self.counts))

    async def settle(self, limit_s: float) -> int:
        """Wait, at most ``limit_s``, until all reversals are confirmed; how many are not."""
        ends = self._time.now() + limit_s
        while (left := self.unconfirmed) and self._time.now() < ends:
            await asyncio.sleep(1.0)
        return left

    async def close(self) -> None:
        """Hang up all lines."""
        for machine in self._machines.values():
            await machine.terminal.line.close()

    @property
    def unconfirmed(self) -> int:
        """Reversals that the bank has not yet confirmed."""
        return sum(machine.terminal.line.unconfirmed for machine in self._machines.values())

    def stopped_machines(self) -> tuple[int, ...]:
        """The machines that nobody has come to yet, longest stopped first."""
        return tuple(self._for_staff)

    def remove_media(self, number: int) -> Media:
        """Somebody opens the stopped machine and takes out what it holds, to give it back later."""
        self._for_staff.pop(number, None)
        removed = self.terminal(number).remove_media()
        self.counts.media_removed.update(removed)
        return removed

    async def restart(self, number: int) -> None:
        """Start the emptied machine again. If the bank has not healed, it will soon stop again."""
        await self.terminal(number).restart()

    async def dispatch(self, plan: Dispatch, until: datetime) -> None:
        """Send staff by ``plan`` until ``until``."""
        ends = [moment for moment, _ in plan.rates[1:]] + [until]
        async with asyncio.TaskGroup() as restarts:
            for (begins, rate), end in zip(plan.rates, ends, strict=True):
                await self._time.sleep_until(begins.timestamp())
                await self._go_round(rate, end.timestamp(), restarts)

    def snapshot(self) -> FleetSnapshot:
        """The fleet as it is now."""
        counts = self.counts
        terminals = [machine.terminal for machine in self._machines.values()]
        return FleetSnapshot(
            at=self._seams.clock.now(),
            stopped_now=counts.stopped_now,
            stopped_peak=counts.stopped_peak,
            stopped_peak_at=counts.stopped_peak_at,
            stops=counts.stops,
            machines_ever_stopped=len(counts.ever_stopped),
            media_retained=dict(counts.media_retained),
            media_removed=dict(counts.media_removed),
            visits=dict(counts.visits),
            cash_in_machines=sum(terminal.cash for terminal in terminals),
            cash_kept=sum(terminal.cash_kept for terminal in terminals),
            unconfirmed=self.unconfirmed,
        )

    def _machine(self, spec: TerminalSpec, demand: Demand, cards: CardSource) -> _Machine:
        seams, settings = self._seams, self._settings
        terminal = Terminal(
            spec.terminal,
            HostLine(seams, self._gateway_address, spec.terminal, self._keys),
            cash=spec.cash,
            restart_s=settings.restart_s,
            watcher=self._changed,
        )
        arrivals = Arrivals(spec, demand, cards, seams.randomness, self._time.now())
        return _Machine(spec, terminal, arrivals, self._time, self.public, settings.max_waiting)

    async def _sample(self, ends: float) -> None:
        while self._time.now() < ends:
            self.samples.append(Sample(self._seams.clock.now(), self.counts.stopped_now))
            await asyncio.sleep(SAMPLE_EVERY_S)

    async def _go_round(self, rate: float, ends: float, restarts: asyncio.TaskGroup) -> None:
        """Reach ``rate`` machines an hour until ``ends``."""
        way_s = HOUR_S / rate if rate else math.inf
        while self._time.now() + way_s < ends:
            await asyncio.sleep(way_s)
            if self._for_staff:
                number = next(iter(self._for_staff))
                self.remove_media(number)
                restarts.create_task(self.restart(number))

    def _changed(self, terminal: Terminal, before: State) -> None:
        if terminal.state is State.STOPPED_WITH_MEDIA:
            self._for_staff[terminal.number] = terminal
            self.counts.machine_stopped(terminal.number, terminal.held)
        elif before is State.RESTARTING:
            self.counts.machine_ready_again()
