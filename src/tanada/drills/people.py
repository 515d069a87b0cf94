"""People in a drill: what they do, right or wrong, at the times of the file."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from tanada.base.database import load_queries, translate_errors
from tanada.controls.switching import Order, Service, restore, suspend
from tanada.counterparts.fleet import Dispatch
from tanada.drills.scenario import Person, Scenario, at_clock
from tanada.drills.timeline import Timeline, sleep_until
from tanada.drills.world import World
from tanada.ledger.book import advance_business_date

_QUERIES: Final = load_queries("tanada.drills")
_NO_GUARD: Final = 0

Step = Callable[[Person], Coroutine[Any, Any, None]]


class People:
    """Those who act in one run."""

    def __init__(self, world: World, timeline: Timeline, scenario: Scenario, scale: float) -> None:
        self._world = world
        self._timeline = timeline
        self._scenario = scenario
        self._scale = scale
        self._dispatched = False
        self._steps: dict[str, Step] = {
            "relax-prohibition": self._relax,
            "suspend": self._suspend,
            "restore": self._restore,
            "dispatch": self._dispatch,
            "notice-closed-compartments": self._notice,
            "reopen-compartments": self._reopen,
            "change-business-day": self._change_day,
            "announce": self._announce,
        }

    async def act(self, person: Person) -> None:
        """Wait for the time of the step, see whether there is reason for it, and take it."""
        await sleep_until(self._world.seams.clock, self._at(person))
        if person.when and not self._has_happened(person.when):
            return
        await self._steps[person.action](person)

    def roll_back(self) -> None:
        """The steps of the file's rollback; raises ``BankError`` if the bank does not come back."""
        for step in self._scenario.rollbacks:
            if step.action == "reopen-compartments":
                for compartment in self._world.compartments:
                    compartment.reopen("rollback of the drill")
            else:
                for state in self._world.door.switches.suspended():
                    self._restore_service(Service(state.product, state.channel), "rollback")

    def _at(self, person: Person) -> datetime:
        return at_clock(self._scenario.world.begins, person.at)

    def _has_happened(self, kind: str) -> bool:
        connect = self._world.connector(self._world.databases.core, "tanada_console")
        with connect() as connection, translate_errors():
            return connection.execute(_QUERIES.fact_of_kind, (kind,)).fetchone() is not None

    def _order(self, person: Person) -> Order:
        reason = f"{person.action} at {person.at}"
        return Order(person.role, reason, self._world.seams.clock.now())

    async def _relax(self, person: Person) -> None:
        """Loosen the guard, and let the services work again that it has suspended."""
        for compartment in self._world.compartments:
            compartment.relax_prohibition(_NO_GUARD)
        for state in self._world.door.switches.suspended():
            self._restore_service(Service(state.product, state.channel), person.role)
        self._timeline.note(person.role, "prohibition_relaxed", "services work again")

    async def _suspend(self, person: Person) -> None:
        service = Service(person.product, person.channel)
        connect = self._world.connector(self._world.databases.core, "tanada_console")
        with connect() as connection:
            suspend(connection, service, self._order(person))
        self._world.switches_set.ring()
        self._timeline.note(person.role, "service_suspended", str(service))

    async def _restore(self, person: Person) -> None:
        self._restore_service(Service(person.product, person.channel), person.role)

    def _restore_service(self, service: Service, actor: str) -> None:
        connect = self._world.connector(self._world.databases.core, "tanada_console")
        order = Order(actor, "the service works again", self._world.seams.clock.now())
        with connect() as connection:
            restored = restore(connection, service, order)
        self._world.switches_set.ring()
        if restored:
            self._timeline.note(actor, "service_restored", str(service))

    async def _dispatch(self, person: Person) -> None:
        """Send staff, from the first dispatch on at the rates of all later ones."""
        if self._dispatched:
            return
        self._dispatched = True
        now = self._world.seams.clock.now()
        rates = [
            (max(self._at(p), now), p.machines_per_hour * self._scale)
            for p in self._scenario.people
            if p.action == "dispatch" and self._at(p) >= self._at(person)
        ]
        self._timeline.note(person.role, "staff_dispatched", f"{len(rates)} rates")
        await self._world.fleet.dispatch(Dispatch(tuple(rates)), self._scenario.world.ends)

    async def _notice(self, person: Person) -> None:
        closed = [c.name for c in self._world.compartments if not c.is_open]
        self._timeline.note(person.role, "closed_compartments_noticed", ", ".join(closed))

    async def _reopen(self, person: Person) -> None:
        """Reopen one compartment after the other, evenly over the given minutes."""
        closed = [c for c in self._world.compartments if not c.is_open]
        for compartment in closed:
            await asyncio.sleep(
                timedelta(minutes=person.over_minutes / len(closed)).total_seconds()
            )
            compartment.reopen(f"recovered by {person.role}")
            self._timeline.note(person.role, "compartment_recovered", compartment.name)

    async def _announce(self, person: Person) -> None:
        """Tell the public; a share of the customers then stays away from the machines."""
        self._world.fleet.public.hear(person.stay_away)
        self._timeline.note(person.role, "public_told", f"{person.stay_away:.0%} stay away")

    async def _change_day(self, person: Person) -> None:
        """Move the business date on by a day, as the night does."""
        connect = self._world.connector(self._world.databases.core, "tanada_batch")
        with connect() as connection, translate_errors():
            advance_business_date(connection, self._at(person).date())
        self._timeline.note(person.role, "business_date_changed", person.at)
