"""The limit register: everything bounded, with its unit, its owner, and what happens at its end."""

from dataclasses import replace

from tanada.base.database import Connection
from tanada.batch.limits import declared_limits, read_limits, with_use
from tests.batch.banks import as_batch, load_bank, policy_of


def test_every_limit_says_all_that_people_need(database_url: str, connection: Connection) -> None:
    load_bank(connection)
    with as_batch(database_url)() as batch:
        register = read_limits(batch, policy_of())
    assert len({limit.name for limit in register}) == len(register)
    for limit in register:
        assert limit.unit and limit.owner and limit.english and limit.japanese
        assert 0 < limit.warning <= limit.limit


def test_the_reversal_log_comes_first_with_its_use(connection: Connection) -> None:
    load_bank(connection, capacity=1_000)
    set_to = "update ledger.reversal_meter set taken = %s where product = 'time_deposits'"
    states = []
    for taken in (0, 799, 800, 999, 1_000):
        connection.execute(set_to, (taken,))
        first = read_limits(connection, policy_of())[0]
        assert (first.name, first.limit) == ("reversal log of time_deposits", 1_000)
        assert (first.used, first.permille) == (taken, taken)
        states.append(first.state)
    assert states == ["fine", "fine", "warning", "warning", "full"]


def test_processes_tell_their_own_use() -> None:
    declared = declared_limits(policy_of())
    told = with_use(declared, {"mailbox of a compartment": 4_096})
    assert [limit.name for limit in told if limit.state != "unread"] == ["mailbox of a compartment"]
    assert told[0].state == "full"
    assert replace(told[0], used=None) == declared[0]
