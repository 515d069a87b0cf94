"""The switch takes deposits that still have a passbook, as many as were asked for."""

from tanada.base.database import Connection
from tanada.batch.submitting import JobOrder, submit
from tests.batch.banks import NOW, SWITCHING, findings, load_bank, policy_of, run_of, to_its_end

LEFT = "select count(*) from time_deposits.contract where not e_account"


def test_a_part_today_and_the_rest_another_day(database_url: str, connection: Connection) -> None:
    load_bank(connection)
    done = []
    for count in (37, None):
        order = JobOrder("e-account-switch", "me", at_most=count)
        job = submit(connection, policy_of(), order, NOW).job
        done.append(to_its_end(run_of(database_url, job.job_id, policy_of())).done)
    assert done == [37, SWITCHING - 37]
    assert connection.execute(LEFT).fetchone() == (0,)
    assert findings(connection) == []
