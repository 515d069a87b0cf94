"""A bank told by a script, on a quiet morning and in the storm of 28 February 2021."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from tanada.base.clock import JST
from tanada.base.database import DatabaseUnreachable
from tanada.channels.console.view import ConsoleView, Machines, Meter
from tanada.controls.switches import Suspended
from tanada.operations.commands import CompartmentStatus
from tanada.watch.reading import Alarm, Hurt, MinuteCount, ServiceCount

T = TypeVar("T")

NOW = datetime(2021, 2, 28, 12, 14, 40, tzinfo=JST)


def compartment(name: str, **changes: object) -> CompartmentStatus:
    """An open compartment that has done some work, but for ``changes``."""
    usual = CompartmentStatus(
        name=name,
        open=True,
        closed_reason="",
        waiting=0,
        mailbox_limit=4096,
        accepted=10_000,
        declined=200,
        failed=0,
        unknown=0,
        batches=900,
        double_errors=0,
        open_breakers=(),
    )
    return msgspec.structs.replace(usual, **changes)


@dataclass
class ToldClock:
    """The time that the script tells."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()


@dataclass
class ToldBank:
    """Answers to every question of the console; a test changes them as it goes."""

    clock: ToldClock = field(default_factory=ToldClock)
    compartments: dict[str, CompartmentStatus | None] = field(default_factory=dict)
    gateways: dict[str, bool] = field(default_factory=dict)
    switches: list[Suspended] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    minutes: list[MinuteCount] = field(default_factory=list)
    services: list[ServiceCount] = field(default_factory=list)
    hurt: list[Hurt] = field(default_factory=list)
    meters: list[Meter] = field(default_factory=list)
    machines: Machines | None = None
    silent: set[str] = field(default_factory=set)
    """Questions that are not answered now."""

    def view(self) -> ConsoleView:
        """The questions, as the console is handed them."""
        return ConsoleView(
            compartments=self._answer("compartments", lambda: dict(self.compartments)),
            gateways=self._answer("gateways", lambda: dict(self.gateways)),
            switches=self._answer("switches", lambda: tuple(self.switches)),
            alarms=self._answer("alarms", lambda: tuple(self.alarms)),
            minutes=self._answer("minutes", lambda: tuple(self.minutes)),
            services=self._answer("services", lambda: tuple(self.services)),
            hurt=self._answer("hurt", lambda: tuple(self.hurt)),
            meters=self._answer("meters", lambda: tuple(self.meters)),
            machines=self._answer("machines", lambda: self.machines),
        )

    def _answer(self, name: str, value: Callable[[], T]) -> Callable[[], Awaitable[T]]:
        async def answer() -> T:
            if name in self.silent:
                raise DatabaseUnreachable("the line is cut")
            return value()

        return answer

    def work(self, name: str, **counts: int) -> None:
        """Let a compartment do more."""
        status = self.compartments[name]
        assert status is not None
        more = {count: getattr(status, count) + added for count, added in counts.items()}
        self.compartments[name] = msgspec.structs.replace(status, **more)

    def alarm(self, kind: str, component: str, severity: str, **more: object) -> None:
        """Raise an alarm now."""
        told = Alarm(
            alarm_id=len(self.alarms) + 1,
            at=self.clock.moment,
            raised_at=self.clock.moment,
            component=component,
            kind=kind,
            severity=severity,
            detail="",
            occurrences=1,
            last_at=self.clock.moment,
            acknowledged_by="",
        )
        self.alarms.insert(0, msgspec.structs.replace(told, **more))


def _minutes(clock: ToldClock, failing_from: int | None = None) -> list[MinuteCount]:
    told = []
    for ago in range(29, -1, -1):
        minute = clock.moment.replace(second=0) - timedelta(minutes=ago)
        busy = 900 + (ago * 37) % 190 + 6 * ago
        share = 0 if failing_from is None or ago > failing_from else 10 + (ago * 5) % 4
        failed, unknown = busy * share // 100, busy * share // 500
        told.append(MinuteCount(minute, "accepted", busy - failed - unknown))
        told.append(MinuteCount(minute, "declined", 31 + ago % 7))
        if failed:
            told.append(MinuteCount(minute, "failed", failed))
            told.append(MinuteCount(minute, "unknown", unknown))
    return told


def quiet_bank() -> ToldBank:
    """All is well, and something is going on."""
    bank = ToldBank()
    names = ("deposits-0", "deposits-1", "time-deposits-0")
    bank.compartments = {name: compartment(name) for name in names}
    bank.gateways = {"atm": True}
    bank.services = [
        ServiceCount("deposits", "atm", "accepted", 1_928),
        ServiceCount("deposits", "atm", "declined", 61),
        ServiceCount("time_deposits", "atm", "accepted", 84),
    ]
    bank.minutes = _minutes(bank.clock)
    bank.meters = [
        Meter(
            "reversal log of deposits", 81_204, 20_000_000, 16_000_000, "rows of a business date"
        ),
        Meter(
            "reversal log of time_deposits", 402_118, 644_000, 515_200, "rows of a business date"
        ),
        Meter("open jobs", 2, 100, 80, "jobs"),
    ]
    bank.machines = Machines(5_395, 0, 0)
    bank.alarm("compartment_started", "time-deposits-0", "notice", detail="serving")
    return bank


def storm_bank() -> ToldBank:
    """The time deposits' log is full; under the default policy the deposits keep their water."""
    bank = quiet_bank()
    bank.compartments["time-deposits-0"] = compartment(
        "time-deposits-0", open=False, closed_reason="5 double errors", double_errors=5
    )
    bank.services += [ServiceCount("time_deposits", "atm", "failed", 168)]
    bank.minutes = _minutes(bank.clock, failing_from=19)
    bank.meters[1] = Meter(
        "reversal log of time_deposits", 644_000, 644_000, 515_200, "rows of a business date"
    )
    bank.machines = Machines(5_377, 18, 21)
    bank.switches = [Suspended("time_deposits", "atm", "取消情報テーブル満杯のため (log full)")]
    first = NOW - timedelta(minutes=19)
    bank.hurt = [
        Hurt("time_deposits", "atm", 1_207, 18, 44, 92, 1_161, first, NOW),
        Hurt("deposits", "atm", 0, 0, 3, 0, 3, first, NOW),
    ]
    bank.alarms = []
    for ago, kind, component, severity, more in _STORM:
        bank.clock.moment = NOW - timedelta(seconds=ago)
        bank.alarm(kind, component, severity, **more)
    bank.clock.moment = NOW
    return bank


_STORM: list[tuple[int, str, str, str, dict[str, object]]] = [
    (1_320, "reversal_log_warning", "reversal_log/time_deposits", "warning",
     {"detail": "515,200 of 644,000 rows of 2021-02-28 are taken"}),
    (1_140, "reversal_log_full", "reversal_log/time_deposits", "critical",
     {"detail": "644,000 of 644,000 rows of 2021-02-28 are taken"}),
    (1_120, "breaker_opened", "time_deposits/atm/RenewTimeDeposit", "warning",
     {"detail": "reversal_log_full"}),
    (70, "internal_error", "time_deposits/atm", "warning", {"occurrences": 18_204}),
    (52, "attempts_failed", "time_deposits/atm", "warning",
     {"detail": "internal_error 121, compartment_closed 47", "occurrences": 168}),
    (38, "compartment_closed", "time-deposits-0", "critical", {"detail": "5 double errors"}),
    (12, "service_prohibited", "time-deposits-0", "critical",
     {"detail": "time_deposits on atm: prohibited after 5 double errors"}),
]  # fmt: skip
