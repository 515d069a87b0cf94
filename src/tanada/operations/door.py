"""The one door, as a gateway sees it: a command in, one of four outcomes out.

``unknown`` is what a gateway says when no answer came in time. It is never the end: the door goes
on inquiring by key until the outcome is one of the other three, and if the command turns out to
have been accepted after its gateway gave it up, the door has it cancelled.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from tanada.base.clock import Clock
from tanada.base.link import LinkClient, LinkDown, LinkError
from tanada.base.seams import Seams
from tanada.controls.policies import Policy
from tanada.controls.routing import routes
from tanada.controls.switches import Suspended, SwitchBoard
from tanada.operations.codes import MEANINGS, Code
from tanada.operations.commands import (
    MICROSECONDS,
    Ask,
    Command,
    CompartmentStatus,
    InquireOutcome,
    Outcome,
    Reverse,
    SwitchState,
    outcome_of,
)
from tanada.operations.deciding import refusal_of
from tanada.operations.errands import Errands
from tanada.operations.work import Executions

INQUIRY_TIMEOUT_S: Final = 5.0
STATUS_TIMEOUT_S: Final = 2.0
REVERSAL_TIMEOUT_S: Final = 25
MAX_IN_DOUBT: Final = 100_000
"""Operations without an outcome that a door keeps; beyond it new commands are refused."""

UNEXAMINED: Final = frozenset(
    {
        Code.SERVICE_SUSPENDED,
        Code.COMPARTMENT_CLOSED,
        Code.COMPARTMENT_UNREACHABLE,
        Code.MAILBOX_FULL,
        Code.DEADLINE_PASSED,
        Code.DATABASE_DOWN,
    }
)
"""Codes of those who did not look whether the same key was executed before."""

_LOG = logging.getLogger(__name__)
_ENCODER: Final = msgspec.msgpack.Encoder()
_OUTCOME: Final = msgspec.msgpack.Decoder(Outcome)
_STATUS: Final = msgspec.msgpack.Decoder(CompartmentStatus)
_SWITCHES: Final = msgspec.msgpack.Decoder(list[SwitchState])

Settled = Callable[[Command, Outcome], None]


class Door:
    """Sends commands to their compartments; one door a gateway process."""

    def __init__(
        self,
        seams: Seams,
        executions: Executions,
        policy: Policy,
        links: Mapping[str, LinkClient],
        on_settled: Settled | None = None,
    ) -> None:
        """``links`` by compartment name. ``on_settled`` hears the end of what was ``unknown``."""
        self._seams = seams
        self._executions = executions
        self._policy = policy
        self._routes = routes(policy)
        self._links = links
        self._on_settled = on_settled
        self._errands = Errands(seams.workers)
        self.switches = SwitchBoard()
        self.in_doubt: dict[str, Command] = {}
        self._calling: set[str] = set()

    def start(self) -> None:
        """Begin to follow the switches."""
        self._errands.begin(self._follow_switches())

    async def close(self) -> None:
        """Stop inquiring and close the links; what is in doubt is in the attempts store."""
        await self._errands.cancel()
        for link in self._links.values():
            await link.close()

    async def submit(
        self, command: Command, *, abandon: Reverse | None = None, repeated: bool = False
    ) -> Outcome:
        """The outcome of ``command``; ``unknown`` if none is known by its deadline.

        ``abandon`` cancels the command if it turns out accepted after ``unknown`` was the answer.
        ``repeated``: it was sent before, so that only the books can say that it did not happen.
        """
        if command.key in self._calling or command.key in self.in_doubt:
            # What was sent first may yet be given up and cancelled: nobody may act on it.
            return outcome_of(command.key, Code.NO_ANSWER)
        refused = self._refusal(command)
        outcome = outcome_of(command.key, refused) if refused else await self._outcome(command)
        if repeated and outcome.code in UNEXAMINED:
            outcome = outcome_of(command.key, Code.NO_ANSWER)
        may_doubt = self._policy.inquiry.enabled and len(self.in_doubt) < MAX_IN_DOUBT
        if outcome.kind == "unknown" and may_doubt:
            return await self._doubt(command, abandon, outcome)
        return outcome

    async def _outcome(self, command: Command) -> Outcome:
        self._calling.add(command.key)
        try:
            return await self._call(command, _seconds_to(command.deadline, self._seams.clock))
        except LinkError as error:
            unsent = isinstance(error, LinkDown) and not error.sent
            code = Code.COMPARTMENT_UNREACHABLE if unsent else Code.NO_ANSWER
            return outcome_of(command.key, code)
        finally:
            self._calling.remove(command.key)

    def _refusal(self, command: Command) -> Code | None:
        refused = refusal_of(command)
        if refused is not None:
            return refused
        if len(self.in_doubt) >= MAX_IN_DOUBT:
            return Code.COMPARTMENT_UNREACHABLE
        if not isinstance(command, Reverse) and type(command) not in self._executions:
            return Code.UNKNOWN_COMMAND
        # A cancellation is let through: it takes back what was done before the service stopped.
        if isinstance(command, Reverse):
            return None
        product = _product_of(command, self._executions)
        if self.switches.reason_against(product, command.channel) is not None:
            return Code.SERVICE_SUSPENDED
        return None

    async def _call(self, command: Command, timeout: float) -> Outcome:
        product = _product_of(command, self._executions)
        compartment = self._routes.compartment(
            product, command.channel, command.origin, command.account
        )
        answer = await self._links[compartment].call(_ENCODER.encode(command), timeout)
        return _OUTCOME.decode(answer)

    # -- in doubt ------------------------------------------------------------------------------

    async def _doubt(self, command: Command, abandon: Reverse | None, unknown: Outcome) -> Outcome:
        self.in_doubt[command.key] = command
        # While the gateway still waits, a compartment that came back may give the true answer.
        while (left := _seconds_to(command.deadline, self._seams.clock)) > 0:
            pause = min(self._policy.inquiry.first_seconds, left)
            await asyncio.sleep(pause)
            settled = await self.inquire(command)
            if settled is not None:
                del self.in_doubt[command.key]
                return settled
        self._errands.begin(self._settle(command, abandon))
        return unknown

    async def inquire(self, command: Command) -> Outcome | None:
        """What came of the command, or None if nobody could be asked.

        A cancellation is sent again instead: it has no second effect, and to ask for one that was
        lost would bar it for ever.
        """
        if isinstance(command, Reverse):
            return await self._try_to_cancel(command)
        return await self.ask(
            InquireOutcome(
                key=command.key,
                account=command.account,
                product=_product_of(command, self._executions),
                channel=command.channel,
                origin=command.origin,
            )
        )

    async def ask(self, question: InquireOutcome) -> Outcome | None:
        """The answer to an inquiry, or None if nobody could be asked.

        A gateway that was restarted asks so for what its predecessor left ``unknown``.
        """
        compartment = self._routes.compartment(
            question.product, question.channel, question.origin, question.account
        )
        try:
            answer = await self._links[compartment].call(
                _ENCODER.encode(question), INQUIRY_TIMEOUT_S
            )
        except LinkError:
            return None
        outcome = _OUTCOME.decode(answer)
        # A closed compartment cannot look: it has not answered the question.
        if (
            outcome.code in (Code.COMPARTMENT_CLOSED, Code.MAILBOX_FULL)
            or outcome.kind == "unknown"
        ):
            return None
        return outcome

    async def _settle(self, command: Command, abandon: Reverse | None) -> None:
        outcome = await self._persist(command)
        if outcome.kind == "accepted" and abandon is not None:
            # What was given up must not stay booked; a deposit that was spent since does.
            cancelled = await self._persist(abandon)
            if cancelled.code not in (Code.OK, Code.ALREADY_REVERSED):
                _LOG.error("%s was given up and stays booked: %s", command.key, cancelled.code)
        del self.in_doubt[command.key]
        if self._on_settled is not None:
            self._on_settled(command, outcome)

    async def _persist(self, command: Command) -> Outcome:
        pause = self._policy.inquiry.first_seconds
        while (outcome := await self.inquire(command)) is None:
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._policy.inquiry.longest_seconds)
        return outcome

    async def _try_to_cancel(self, reverse: Reverse) -> Outcome | None:
        """The bank's last word on a cancellation, or None: a reason of the bank's own passes."""
        now = int(self._seams.clock.now().timestamp()) * MICROSECONDS
        deadline = now + REVERSAL_TIMEOUT_S * MICROSECONDS
        again = msgspec.structs.replace(reverse, made_at=now, deadline=deadline)
        try:
            outcome = await self._call(again, REVERSAL_TIMEOUT_S)
        except LinkError:
            return None
        return None if MEANINGS[outcome.code].bank_reason else outcome

    # -- switches ---------------------------------------------------------------------------------

    async def _follow_switches(self) -> None:
        while True:
            await self.refresh_switches()
            await asyncio.sleep(self._policy.switches.poll_seconds)

    async def refresh_switches(self) -> bool:
        """Ask the compartments in turn for the switches; False if none answered."""
        for link in self._links.values():
            try:
                answer = await link.call(_ENCODER.encode(Ask(about="switches")), STATUS_TIMEOUT_S)
                states = _SWITCHES.decode(answer)
            except (LinkError, msgspec.MsgspecError):
                continue
            self.switches.refresh(Suspended(s.product, s.channel, s.reason) for s in states)
            return True
        return False


def _seconds_to(moment: int, clock: Clock) -> float:
    return max(0.0, moment / MICROSECONDS - clock.now().timestamp())


def _product_of(command: Command, executions: Executions) -> str:
    return command.product if isinstance(command, Reverse) else executions[type(command)].product


async def ask_status(
    link: LinkClient, message: msgspec.Struct | None = None
) -> CompartmentStatus | None:
    """The status of the compartment behind ``link``, after an optional ``Close`` or ``Reopen``."""
    try:
        body = _ENCODER.encode(message or Ask(about="status"))
        return _STATUS.decode(await link.call(body, STATUS_TIMEOUT_S))
    except (LinkError, msgspec.MsgspecError):
        return None
