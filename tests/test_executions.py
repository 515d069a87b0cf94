"""The table of the bank: which function executes which command, with what it may touch."""

import pytest

from tanada.executions import EXECUTIONS
from tanada.operations.commands import Command
from tanada.operations.work import Execution
from tanada.products.deposits import commands as deposits
from tanada.products.time_deposits import commands as time_deposits

LINES = list(EXECUTIONS.values())


def _commands(module: object) -> set[type[Command]]:
    return {
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Command) and each is not Command
    }


@pytest.mark.parametrize(
    ("module", "product"), [(deposits, "deposits"), (time_deposits, "time_deposits")]
)
def test_every_command_of_a_product_is_executed_by_it(module: object, product: str) -> None:
    executed = {each.command for each in LINES if each.product == product}
    assert executed == _commands(module)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.operation)
def test_what_decides_lives_in_the_product_that_it_decides_for(line: Execution[Command]) -> None:
    place = f"tanada.products.{line.product}."
    assert line.decide.__module__.startswith(place)
    assert line.command.__module__.startswith(place)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.operation)
def test_only_what_posts_can_be_cancelled(line: Execution[Command]) -> None:
    assert line.posts or not line.reversible
    assert line.reversible or line.undo is None
    assert (line.undo is None) == (line.undo_tables == ())


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.operation)
def test_what_an_undo_writes_was_loaded_for_the_original_too(line: Execution[Command]) -> None:
    assert set(line.undo_tables) <= set(line.tables)


def test_what_a_machine_books_it_can_cancel() -> None:
    reversible = {line.operation for line in LINES if line.reversible}
    assert reversible == {"DepositCash", "WithdrawCash", "OpenTimeDeposit"}
