"""The machine obeys custody, stops with what it keeps, and its cash is the ledger's cash."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tanada.counterparts.terminal import NEXT_STATES, RESTART_S, STOPPED_STATES, State
from tanada.counterparts.visits import (
    BOTH,
    CARD,
    CASH_SHORT,
    HOST_OUT_OF_REACH,
    NO_ANSWER,
    PASSBOOK,
    Media,
    VisitResult,
    Wish,
)
from tests.counterparts import scripted_bank as bank
from tests.counterparts.atm_world import START_CASH, AtmWorld, visit
from tests.counterparts.scripted_bank import ADDRESS, Turn

TURNS = [
    bank.ACCEPT,
    bank.DECLINE,
    bank.STOLEN,
    bank.B_ERROR,
    bank.C_ERROR,
    bank.C_RETURN,
    bank.DOUBLE_ERROR,
    bank.ANSWER_LOST,
    bank.REQUEST_LOST,
    bank.LINE_BROKEN,
    bank.ANSWER_LATE,
]


@pytest.fixture
def world() -> Iterator[AtmWorld]:
    world = AtmWorld()
    yield world
    world.close()


def served(world: AtmWorld, turn: Turn, wish: Wish = Wish.WITHDRAWAL) -> VisitResult:
    world.bank.turns.append(turn)
    return world.run(world.terminal.perform(visit(wish)))


def state_of(world: AtmWorld) -> State:
    return world.terminal.state


def test_cash_leaves_only_when_the_bank_has_accepted(world: AtmWorld) -> None:
    assert served(world, bank.ACCEPT) == VisitResult("accepted", "ok")
    assert world.terminal.cash == START_CASH - 10_000
    assert served(world, bank.DECLINE) == VisitResult("declined", "insufficient_funds")
    assert served(world, bank.C_RETURN) == VisitResult("failed", "compartment_closed")
    assert world.terminal.cash == world.ledger_cash == START_CASH - 10_000


def test_cash_is_counted_in_only_when_the_bank_has_accepted(world: AtmWorld) -> None:
    served(world, bank.ACCEPT, Wish.DEPOSIT)
    assert world.terminal.cash == START_CASH + 10_000
    served(world, bank.DECLINE, Wish.DEPOSIT)
    assert world.terminal.cash == world.ledger_cash == START_CASH + 10_000


def test_a_machine_does_not_promise_cash_that_it_does_not_hold(world: AtmWorld) -> None:
    wanted = visit(amount=START_CASH + 1_000)
    assert world.run(world.terminal.perform(wanted)) == VisitResult("declined", CASH_SHORT)
    assert world.bank.seen == []


def test_kept_media_stop_the_machine_until_they_are_removed(world: AtmWorld) -> None:
    result = served(world, bank.B_ERROR)
    assert result.retained == BOTH
    assert state_of(world) is State.STOPPED_WITH_MEDIA
    assert world.terminal.is_stopped
    world.wait(3_600)
    assert world.terminal.held == BOTH
    assert world.terminal.remove_media() == BOTH
    before = world.loop.time()
    world.run(world.terminal.restart())
    assert world.loop.time() - before == pytest.approx(RESTART_S)
    assert state_of(world) is State.READY
    assert served(world, bank.ACCEPT).kind == "accepted"


def test_cash_of_an_unanswered_deposit_is_kept_apart_and_not_counted_in() -> None:
    world = AtmWorld("keeps-cash")
    result = served(world, bank.ANSWER_LOST, Wish.DEPOSIT)
    assert result == VisitResult("unknown", NO_ANSWER, ("cash",))
    world.wait(60)
    assert world.terminal.cash_kept == 10_000
    assert world.terminal.cash == world.ledger_cash == START_CASH
    world.close()


@pytest.mark.parametrize(
    ("rule_name", "kept"), [("keeps-all", BOTH), ("keeps-cash", ())], ids=["2021-02", "2021-05"]
)
def test_without_an_answer_the_rule_of_the_sign_on_decides(rule_name: str, kept: Media) -> None:
    world = AtmWorld(rule_name)
    assert served(world, bank.REQUEST_LOST) == VisitResult("unknown", NO_ANSWER, kept)
    world.close()


def test_an_unanswered_inquiry_keeps_nothing(world: AtmWorld) -> None:
    assert served(world, bank.REQUEST_LOST, Wish.BALANCE).retained == ()
    assert state_of(world) is State.READY


def test_a_machine_without_a_line_gives_everything_back(world: AtmWorld) -> None:
    world.network.cut(ADDRESS)
    result = world.run(world.terminal.perform(visit()))
    assert result == VisitResult("failed", HOST_OUT_OF_REACH)
    assert state_of(world) is State.READY


def test_a_closed_machine_opens_again_and_a_stopped_one_stays_stopped(world: AtmWorld) -> None:
    world.terminal.close()
    assert state_of(world) is State.OUT_OF_SERVICE
    world.terminal.open()
    served(world, bank.C_ERROR)
    world.terminal.close()
    world.terminal.open()
    assert state_of(world) is State.STOPPED_WITH_MEDIA


class TerminalLife(RuleBasedStateMachine):
    """Whatever the bank does and whoever comes when, the machine keeps its promises."""

    @initialize(rule_name=st.sampled_from(sorted(bank.RULES)))
    def begin(self, rule_name: str) -> None:
        self.world = AtmWorld(rule_name)
        self.rule_name = rule_name
        self.kept = 0
        self.removed = 0

    def teardown(self) -> None:
        self.world.wait(700)
        assert self.world.line.unconfirmed == 0, "every reversal is confirmed in the end"
        assert self.world.terminal.cash == self.world.ledger_cash
        self.world.close()

    def is_(self, state: State) -> bool:
        return self.world.terminal.state is state

    @rule(
        turn=st.sampled_from(TURNS),
        wish=st.sampled_from(list(Wish)),
        notes=st.integers(1, 50),
        passbook_too=st.booleans(),
    )
    def a_customer_comes(self, turn: Turn, wish: Wish, notes: int, passbook_too: bool) -> None:
        if not self.is_(State.READY):
            return
        media = PASSBOOK if wish is Wish.PASSBOOK else BOTH if passbook_too else CARD
        self.world.bank.turns.append(turn)
        result = self.world.run(self.world.terminal.perform(visit(wish, notes * 1_000, media)))
        self.world.bank.turns.clear()
        inside = media + (("cash",) if wish is Wish.DEPOSIT else ())
        assert result.retained == self.expected(turn, wish, inside)
        self.kept += len(result.retained)

    def expected(self, turn: Turn, wish: Wish, inside: Media) -> Media:
        if turn.answers and turn is not bank.ANSWER_LATE:
            return inside if turn.keeps == "all" else tuple(m for m in inside if m == turn.keeps)
        if wish is Wish.BALANCE:
            return ()
        return inside if self.rule_name == "keeps-all" else tuple(m for m in inside if m == "cash")

    @precondition(lambda self: self.is_(State.STOPPED_WITH_MEDIA))
    @rule()
    def somebody_opens_it(self) -> None:
        self.removed += len(self.world.terminal.remove_media())

    @precondition(lambda self: self.is_(State.MEDIA_REMOVED))
    @rule()
    def somebody_restarts_it(self) -> None:
        self.world.run(self.world.terminal.restart())

    @rule(seconds=st.sampled_from([1, 40, 400]))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds)

    @rule()
    def the_line_breaks(self) -> None:
        self.world.network.break_connections(ADDRESS)

    @invariant()
    def what_was_kept_is_inside_or_removed(self) -> None:
        assert self.kept == self.removed + len(self.world.terminal.held)
        assert bool(self.world.terminal.held) == self.is_(State.STOPPED_WITH_MEDIA)

    @invariant()
    def confirmed_cash_is_the_ledgers_cash(self) -> None:
        if self.world.line.unconfirmed == 0:
            assert self.world.terminal.cash == self.world.ledger_cash

    @invariant()
    def states_follow_the_picture(self) -> None:
        assert all(after in NEXT_STATES[before] for before, after in self.world.states)
        assert self.world.terminal.is_stopped == (self.world.terminal.state in STOPPED_STATES)


TestTerminalLife = TerminalLife.TestCase
TestTerminalLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
