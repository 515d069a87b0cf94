"""Month-end renewals take every deposit that is due and renews itself, and no other."""

from tanada.base.database import Connection
from tanada.batch.month_end_renewals import MONTH_END_RENEWALS
from tanada.batch.submitting import JobOrder, submit
from tests.batch.banks import DAY, MATURING, NOW, load_bank, policy_of, run_of, to_its_end

NOT_DUE = "select * from time_deposits.contract where matures_on > %s or not auto_renew order by 1"


def test_what_is_due_is_renewed_with_its_interest_and_the_rest_is_left(
    database_url: str, connection: Connection
) -> None:
    load_bank(connection)
    some = "update time_deposits.contract set auto_renew = false where account_id ="
    connection.execute(f"{some} (select min(account_id) from time_deposits.contract)")
    left_alone = connection.execute(NOT_DUE, (DAY,)).fetchall()
    assert MONTH_END_RENEWALS.due is not None
    due = MONTH_END_RENEWALS.due(connection, DAY)
    assert due in {MATURING, MATURING - 1}

    job = submit(connection, policy_of(), JobOrder("month-end-renewals", "me"), NOW).job
    assert to_its_end(run_of(database_url, job.job_id, policy_of())).counts == {"ok": due}

    assert MONTH_END_RENEWALS.due(connection, DAY) == 0
    after = connection.execute(NOT_DUE, (DAY,)).fetchall()
    assert set(left_alone) <= set(after)
    assert len(after) == len(left_alone) + due
