"""An ATM: what it does with a customer, the media in its slots and the cash in its boxes.

::

    READY -> IN_TRANSACTION -> READY
                            -> STOPPED_WITH_MEDIA -> MEDIA_REMOVED -> RESTARTING -> READY
    READY <-> OUT_OF_SERVICE (outside opening hours)

A machine that keeps anything stops with it, and stays stopped until somebody comes, takes it out
and restarts the machine: that is how the machines of 2021-02-28 were built.
"""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from tanada.counterparts.host_line import HostLine, HostOutOfReach
from tanada.counterparts.visits import (
    CASH,
    CASH_SHORT,
    HOST_OUT_OF_REACH,
    NO_ANSWER,
    Media,
    Visit,
    VisitResult,
    Wish,
)

RESTART_S: Final = 300.0
"""How long a machine takes to start again, with its self-test; a guess."""


class State(StrEnum):
    """What a machine is doing."""

    READY = "ready"
    IN_TRANSACTION = "in_transaction"
    STOPPED_WITH_MEDIA = "stopped_with_media"
    MEDIA_REMOVED = "media_removed"
    RESTARTING = "restarting"
    OUT_OF_SERVICE = "out_of_service"


NEXT_STATES: Final[dict[State, frozenset[State]]] = {
    State.READY: frozenset({State.IN_TRANSACTION, State.OUT_OF_SERVICE}),
    State.IN_TRANSACTION: frozenset({State.READY, State.STOPPED_WITH_MEDIA}),
    State.STOPPED_WITH_MEDIA: frozenset({State.MEDIA_REMOVED}),
    State.MEDIA_REMOVED: frozenset({State.RESTARTING}),
    State.RESTARTING: frozenset({State.READY}),
    State.OUT_OF_SERVICE: frozenset({State.READY}),
}

STOPPED_STATES: Final = frozenset({State.STOPPED_WITH_MEDIA, State.MEDIA_REMOVED, State.RESTARTING})

Watcher = Callable[["Terminal", State], None]
"""Told of each change of state after it, with the state before it."""


class Terminal:
    """One machine."""

    def __init__(
        self,
        number: int,
        line: HostLine,
        *,
        cash: int,
        restart_s: float = RESTART_S,
        watcher: Watcher | None = None,
    ) -> None:
        """``cash`` is what is in its boxes, yen; it must equal the ledger's view at that moment."""
        self.number: Final = number
        self.line: Final = line
        self.state = State.READY
        self.cash = cash
        """Yen counted into the boxes less yen paid out."""
        self.cash_kept = 0
        """Yen of customers whose deposit is undecided: kept apart, never counted in."""
        self.held: Media = ()
        """What the machine holds of its last customer's, while it is stopped."""
        self._restart_s = restart_s
        self._watcher = watcher

    async def perform(self, visit: Visit) -> VisitResult:
        """Serve one customer, from the first medium put in to the last one given back or kept."""
        self._enter(State.IN_TRANSACTION)
        if visit.handling_s:
            await asyncio.sleep(visit.handling_s)
        result = await self._serve(visit)
        self._move_cash(visit, result)
        self.held = result.retained
        self._enter(State.STOPPED_WITH_MEDIA if result.retained else State.READY)
        return result

    def remove_media(self) -> Media:
        """Somebody has opened the stopped machine: what they take out of it."""
        self._enter(State.MEDIA_REMOVED)
        removed, self.held = self.held, ()
        return removed

    async def restart(self) -> None:
        """Start the machine again once it is empty; it takes a while."""
        self._enter(State.RESTARTING)
        await asyncio.sleep(self._restart_s)
        self._enter(State.READY)

    def close(self) -> None:
        """The opening hours end; a machine that is busy or stopped goes on with that."""
        if self.state is State.READY:
            self._enter(State.OUT_OF_SERVICE)

    def open(self) -> None:
        """The opening hours begin."""
        if self.state is State.OUT_OF_SERVICE:
            self._enter(State.READY)

    @property
    def is_stopped(self) -> bool:
        """Whether it waits for staff, or is being restarted by them."""
        return self.state in STOPPED_STATES

    async def _serve(self, visit: Visit) -> VisitResult:
        if visit.wish is Wish.WITHDRAWAL and visit.amount > self.cash:
            return VisitResult("declined", CASH_SHORT)
        media = visit.media + CASH if visit.wish is Wish.DEPOSIT else visit.media
        try:
            answer = await self.line.ask(visit, media)
        except HostOutOfReach:
            # Nothing was sent, so nothing can have happened and nothing need be kept.
            return VisitResult("failed", HOST_OUT_OF_REACH)
        if answer is None:
            return VisitResult("unknown", NO_ANSWER, self.line.keep_unanswered(visit, media))
        return VisitResult(answer.kind, answer.code, answer.retained)

    def _move_cash(self, visit: Visit, result: VisitResult) -> None:
        """Notes leave or are counted in only on the bank's word that it has booked them."""
        if result.kind == "accepted":
            if visit.wish is Wish.WITHDRAWAL:
                self.cash -= visit.amount
            elif visit.wish is Wish.DEPOSIT:
                self.cash += visit.amount
        elif "cash" in result.retained:
            self.cash_kept += visit.amount

    def _enter(self, state: State) -> None:
        before = self.state
        assert state in NEXT_STATES[before], f"machine {self.number}: {before} to {state}"
        self.state = state
        if self._watcher is not None:
            self._watcher(self, before)
