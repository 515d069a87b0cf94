"""Commands and outcomes are the same bytes wherever they are read."""

import msgspec
import pytest

from tanada.base.ids import operation_id
from tanada.executions import EXECUTIONS
from tanada.operations.codes import Code
from tanada.operations.commands import Command, Outcome, outcome_of
from tanada.products.deposits.commands import BalanceShown, CashPosted, WithdrawCash
from tanada.products.time_deposits.commands import TimeDepositShown
from tests.bank import Teller


def _withdrawal() -> WithdrawCash:
    made: WithdrawCash = Teller().make(
        WithdrawCash, 10**11, amount=1, terminal=1, card=2, pin_proof=b"\x00\xff"
    )
    return made


def test_a_command_survives_the_wire() -> None:
    command = _withdrawal()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(command), type=WithdrawCash) == command


def test_a_command_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        _withdrawal().amount = 2  # type: ignore[misc]  # that is the point


def test_commands_of_different_products_do_not_share_a_name() -> None:
    names = [command.__name__ for command in EXECUTIONS]
    assert len(set(names)) == len(names)
    assert all(issubclass(command, Command) for command in EXECUTIONS)


@pytest.mark.parametrize("code", Code)
def test_an_outcome_takes_kind_and_class_from_its_code(code: Code) -> None:
    outcome = outcome_of("k", code)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(outcome), type=Outcome)
    assert again == outcome
    assert outcome.operation_id == operation_id("k")
    assert (outcome.error_class == "") == (outcome.kind == "accepted")


def test_a_result_is_read_as_what_it_is_and_as_nothing_else() -> None:
    outcome = outcome_of("k", Code.OK, BalanceShown(balance=-5, available=10))
    assert outcome.read(BalanceShown) == BalanceShown(balance=-5, available=10)
    with pytest.raises(msgspec.ValidationError):
        outcome.read(TimeDepositShown)
    with pytest.raises(msgspec.DecodeError):
        outcome_of("k", Code.WRONG_PIN).read(CashPosted)
