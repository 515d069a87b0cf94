"""The line reverses what was not answered, until that is confirmed, and never storms the bank."""

import asyncio
from collections.abc import Iterator

import pytest

from tanada.channels.atm import fields as f
from tanada.channels.atm.dialogue import Original
from tanada.channels.atm.response_codes import REFUSAL_CODES, RESPONSE_CODES, Refusal
from tanada.counterparts.host_line import (
    HOST_WAIT_S,
    MAX_UNCONFIRMED,
    RECONNECT_LONGEST_S,
    HostOutOfReach,
)
from tanada.counterparts.requests import NOT_YET
from tanada.counterparts.visits import BOTH, Wish
from tanada.operations.codes import MEANINGS, Code
from tests.counterparts import scripted_bank as bank
from tests.counterparts.atm_world import AtmWorld, visit
from tests.counterparts.scripted_bank import ADDRESS


@pytest.fixture
def world() -> Iterator[AtmWorld]:
    world = AtmWorld("keeps-cash")
    yield world
    world.close()


def ask(world: AtmWorld) -> object:
    return world.run(world.line.ask(visit(), BOTH))


def test_the_machine_signs_on_once_and_then_asks(world: AtmWorld) -> None:
    ask(world)
    ask(world)
    assert world.bank.mtis() == ["0800", "0200", "0200"]
    assert [m[f.STAN] for m in world.bank.seen] == ["000001", "000002", "000003"]


def test_a_request_says_what_is_inside_and_hides_the_pin(world: AtmWorld) -> None:
    ask(world)
    request = world.bank.seen[-1]
    assert request[f.PRIVATE] == "MD02CP"
    assert request[f.AMOUNT] == "000000010000"
    keys = world.keys.of_terminal(7)
    card = int(request[f.PAN])
    assert keys.pin.decipher(bytes.fromhex(request[f.PIN_BLOCK]), card) == "4711"
    assert "4711" not in repr(request)


def test_a_passbook_alone_names_its_account(world: AtmWorld) -> None:
    world.run(world.line.ask(visit(Wish.PASSBOOK, media=("passbook",)), ("passbook",)))
    request = world.bank.seen[-1]
    assert request[f.ACCOUNT] == "11000000100000"
    assert request[f.PAN] == ""


def test_no_answer_in_time_is_none_and_is_reversed(world: AtmWorld) -> None:
    world.bank.turns.append(bank.ANSWER_LOST)
    before = world.loop.time()
    assert ask(world) is None
    assert world.loop.time() - before == pytest.approx(HOST_WAIT_S, abs=0.1)
    world.wait(1)
    assert world.line.unconfirmed == 0
    request, reversal = world.bank.seen[-2:]
    assert reversal.mti == "0420"
    assert Original.read(reversal[f.ORIGINAL]).stan == request[f.STAN]
    assert reversal[f.LOCAL_DATE] == request[f.LOCAL_DATE]
    assert world.bank.booked == {}


def test_the_reversal_is_repeated_until_it_is_answered(world: AtmWorld) -> None:
    world.bank.turns.append(bank.ANSWER_LOST)
    world.bank.answers_reversals = False
    ask(world)
    world.wait(300)
    assert world.line.unconfirmed == 1
    world.bank.answers_reversals = True
    world.wait(300)
    assert world.line.unconfirmed == 0
    sent = [m for m in world.bank.seen if m.mti in {"0420", "0421"}]
    assert sent[0].mti == "0420"
    assert len(sent) > 2
    assert {m.mti for m in sent[1:]} == {"0421"}
    assert len({m[f.STAN] for m in sent}) == 1


def test_repeats_come_ever_more_slowly(world: AtmWorld) -> None:
    world.bank.turns.append(bank.ANSWER_LOST)
    world.bank.answers_reversals = False
    ask(world)
    world.wait(24 * 3600)
    assert len([m for m in world.bank.seen if m.mti == "0421"]) < 24 * 3600 / 300


def test_an_unanswered_reversal_goes_before_the_next_customer(world: AtmWorld) -> None:
    world.bank.turns.append(bank.ANSWER_LOST)
    world.bank.answers_reversals = False
    ask(world)
    with pytest.raises(HostOutOfReach):
        ask(world)
    assert world.bank.mtis().count("0200") == 1


def test_a_refused_reversal_does_not_stop_other_business(world: AtmWorld) -> None:
    world.bank.turns.append(bank.ANSWER_LOST)
    world.bank.refuses_reversals = 3
    assert ask(world) is None
    world.wait(5)
    answer = ask(world)
    assert answer is not None
    assert world.line.unconfirmed == 1
    world.wait(600)
    assert world.line.unconfirmed == 0


def test_a_reversal_that_the_bank_will_never_do_is_not_repeated(world: AtmWorld) -> None:
    world.bank.turns.append(bank.ANSWER_LOST)
    world.bank.refuses_reversals, world.bank.refuses_with = 1, RESPONSE_CODES[Code.NOT_REVERSIBLE]
    assert ask(world) is None
    world.wait(600)
    assert world.line.unconfirmed == 0
    assert "0421" not in world.bank.mtis()


def test_what_may_pass_is_repeated_and_what_is_final_is_not() -> None:
    lasting = {RESPONSE_CODES[code] for code in Code if MEANINGS[code].bank_reason}
    assert lasting | {REFUSAL_CODES[r] for r in (Refusal.BAD_MAC, Refusal.NOT_SIGNED_ON)} == NOT_YET


def test_unconfirmed_reversals_are_bounded(world: AtmWorld) -> None:
    world.bank.refuses_reversals = 10**6
    for _ in range(MAX_UNCONFIRMED):
        world.bank.turns.append(bank.ANSWER_LOST)
        assert ask(world) is None
        world.wait(5)
    with pytest.raises(HostOutOfReach):
        ask(world)


def test_an_answer_that_comes_too_late_changes_nothing(world: AtmWorld) -> None:
    world.bank.turns.append(bank.ANSWER_LATE)
    assert ask(world) is None
    world.wait(60)
    assert world.bank.booked == {}
    assert ask(world) is not None


def test_the_gateways_own_unknown_is_reversed_too(world: AtmWorld) -> None:
    world.bank.turns.append(bank.Turn(Code.NO_ANSWER))
    ask(world)
    world.wait(1)
    assert world.bank.mtis()[-1] == "0420"


def test_a_double_error_is_left_to_the_bank(world: AtmWorld) -> None:
    world.bank.turns.append(bank.DOUBLE_ERROR)
    ask(world)
    world.wait(3_600)
    assert world.bank.mtis()[-1] == "0200"


def test_a_broken_line_is_no_answer_and_the_machine_signs_on_again(world: AtmWorld) -> None:
    world.bank.turns.append(bank.LINE_BROKEN)
    assert ask(world) is None
    world.wait(60)
    assert world.bank.mtis() == ["0800", "0200", "0800", "0420"]


def test_a_cut_line_that_heals_delivers_the_reversal(world: AtmWorld) -> None:
    ask(world)
    world.network.cut(ADDRESS)
    assert ask(world) is None
    world.wait(120)
    assert world.line.unconfirmed == 1
    world.network.heal(ADDRESS)
    world.wait(400)
    assert world.line.unconfirmed == 0
    assert len(world.bank.booked) == 1, "the first; the second was taken back"


def test_reconnecting_is_bounded(world: AtmWorld) -> None:
    async def try_for_an_hour() -> int:
        assert world.bank.listener is not None
        await world.bank.listener.close()
        refused = 0
        for _ in range(3600):
            with pytest.raises(HostOutOfReach) as caught:
                await world.line.sign_on()
            refused += caught.value.__cause__ is not None
            await asyncio.sleep(1)
        return refused

    tries = world.run(try_for_an_hour())
    assert 3600 / RECONNECT_LONGEST_S <= tries < 80


def test_an_answer_with_a_wrong_mac_is_no_answer(world: AtmWorld) -> None:
    ask(world)
    world.bank.keys = type(world.keys)(bytes(32), bytes(32))
    world.bank.keys.of_terminal(7).mac.verifies = lambda *_: True  # type: ignore[method-assign]
    assert ask(world) is None
