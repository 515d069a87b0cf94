"""A card opens its own account, with its own PIN, while nobody has stopped it."""

from collections.abc import Iterator

import pytest

from tanada.base.database import AccessRefused, connect, translate_errors
from tanada.customers.cards import MAX_WRONG_PINS
from tanada.operations.codes import Code
from tanada.operations.commands import Command
from tanada.operations.execution import Executor
from tanada.products.deposits.commands import DepositCash, ShowBalance, StopCard, WithdrawCash
from tests.bank import Teller, change, executor, proof_of, residents, run

WHO, OTHER = residents()[:2]
WRONG = b"x" * 16


@pytest.fixture
def opened(bank_url: str) -> Iterator[Executor]:
    made = executor(bank_url)
    yield made
    made.close()


def _withdrawal(teller: Teller, proof: bytes, **content: object) -> Command:
    content = {"amount": 1_000, "terminal": 1, "card": WHO.card} | content
    made: Command = teller.make(WithdrawCash, WHO.account, pin_proof=proof, **content)
    return made


def _codes(opened: Executor, *commands: Command) -> list[Code]:
    return [outcome.code for outcome in run(opened, *commands)]


@pytest.mark.parametrize("one_batch", [True, False])
def test_after_the_third_wrong_pin_in_a_row_even_the_right_one_is_refused(
    opened: Executor, one_batch: bool
) -> None:
    teller = Teller()
    tries = [_withdrawal(teller, proof) for proof in (WRONG, WRONG, WRONG, proof_of(WHO))]
    codes = _codes(opened, *tries) if one_batch else [_codes(opened, each)[0] for each in tries]
    assert MAX_WRONG_PINS == 3
    assert codes == [
        Code.WRONG_PIN,
        Code.WRONG_PIN,
        Code.PIN_TRIES_EXCEEDED,
        Code.PIN_TRIES_EXCEEDED,
    ]


def test_a_right_pin_forgets_the_wrong_ones(opened: Executor) -> None:
    teller, right = Teller(), proof_of(WHO)
    proofs = (WRONG, WRONG, right, WRONG, WRONG, right)
    assert _codes(opened, *(_withdrawal(teller, proof) for proof in proofs)) == [
        Code.WRONG_PIN,
        Code.WRONG_PIN,
        Code.OK,
        Code.WRONG_PIN,
        Code.WRONG_PIN,
        Code.OK,
    ]


def test_wrong_pins_count_at_every_use_of_the_card(opened: Executor) -> None:
    teller = Teller()
    shown = teller.make(ShowBalance, WHO.account, card=WHO.card, pin_proof=WRONG)
    assert _codes(opened, _withdrawal(teller, WRONG), shown, _withdrawal(teller, WRONG)) == [
        Code.WRONG_PIN,
        Code.WRONG_PIN,
        Code.PIN_TRIES_EXCEEDED,
    ]


def test_a_card_of_another_account_is_no_card(opened: Executor) -> None:
    teller = Teller()
    foreign = _withdrawal(teller, proof_of(OTHER), card=OTHER.card)
    none = _withdrawal(teller, proof_of(WHO), card=1)
    assert _codes(opened, foreign, none) == [Code.UNKNOWN_CARD] * 2
    stop = teller.make(StopCard, WHO.account, card=OTHER.card)
    assert _codes(opened, stop) == [Code.UNKNOWN_CARD]


@pytest.mark.parametrize(("stolen", "code"), [(False, Code.CARD_STOPPED), (True, Code.CARD_STOLEN)])
def test_a_stopped_card_is_refused_for_everything_and_before_its_pin(
    opened: Executor, stolen: bool, code: Code
) -> None:
    teller = Teller()
    stop = teller.make(StopCard, WHO.account, card=WHO.card, stolen=stolen)
    after = [
        _withdrawal(teller, proof_of(WHO)),
        _withdrawal(teller, WRONG),
        teller.make(DepositCash, WHO.account, amount=1, terminal=1, card=WHO.card),
        teller.make(ShowBalance, WHO.account, card=WHO.card, pin_proof=proof_of(WHO)),
    ]
    assert _codes(opened, stop, *after) == [Code.OK] + [code] * 4
    assert _codes(opened, *(_withdrawal(teller, proof_of(WHO)) for _ in range(2))) == [code] * 2


def test_a_stolen_card_does_not_become_a_merely_stopped_one(opened: Executor) -> None:
    teller = Teller()
    stolen = teller.make(StopCard, WHO.account, card=WHO.card, stolen=True)
    stopped = teller.make(StopCard, WHO.account, card=WHO.card)
    assert _codes(opened, stolen, stopped, _withdrawal(teller, proof_of(WHO))) == [
        Code.OK,
        Code.OK,
        Code.CARD_STOLEN,
    ]


def test_the_limit_of_the_day_is_the_cards_own(opened: Executor, bank_url: str) -> None:
    change(bank_url, "update customers.card set daily_limit = 1500")
    teller, right = Teller(), proof_of(WHO)
    amounts = (1_000, 501, 500, 1)
    assert _codes(opened, *(_withdrawal(teller, right, amount=each) for each in amounts)) == [
        Code.OK,
        Code.DAILY_LIMIT,
        Code.OK,
        Code.DAILY_LIMIT,
    ]


def test_a_new_business_date_brings_a_new_limit(opened: Executor, bank_url: str) -> None:
    change(bank_url, "update customers.card set daily_limit = 1000")
    teller, right = Teller(), proof_of(WHO)
    assert _codes(opened, _withdrawal(teller, right), _withdrawal(teller, right)) == [
        Code.OK,
        Code.DAILY_LIMIT,
    ]
    change(bank_url, "update ledger.business_day set business_date = business_date + 1")
    assert _codes(opened, _withdrawal(teller, right), _withdrawal(teller, right)) == [
        Code.OK,
        Code.DAILY_LIMIT,
    ]


def test_who_executes_commands_may_write_neither_a_proof_nor_a_limit(bank_url: str) -> None:
    with connect(bank_url, application="test", role="tanada_compartment") as compartment:
        for column in ("pin_proof = ''", "daily_limit = 0"):
            with pytest.raises(AccessRefused), translate_errors():
                compartment.execute(f"update customers.card set {column}")
