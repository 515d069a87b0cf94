"""Operations of the load are operations: their keys are used up and they are accepted."""

from datetime import date, datetime

import pytest

from tanada.base.clock import JST
from tanada.base.database import Connection, IntegrityViolated
from tanada.base.ids import operation_id
from tanada.operations.opening import OpeningOperation, record_opening

CASH = OpeningOperation("opening:atm:7", "LoadCash", "deposits", 10_000_007, 500)


def _record(connection: Connection) -> None:
    booked_at = datetime(2021, 2, 27, 21, tzinfo=JST)
    record_opening(
        connection, [CASH], origin="test", business_date=booked_at.date(), booked_at=booked_at
    )


def test_an_operation_of_the_load_is_stored_as_accepted_under_its_key(
    connection: Connection,
) -> None:
    _record(connection)
    stored = connection.execute(
        "select operation_id, key, kind, code, amount, result, business_date"
        " from operations.operation"
    ).fetchone()
    assert stored == (
        *(operation_id(CASH.key), CASH.key, "accepted", "ok", 500, b"", date(2021, 2, 27)),
    )


def test_the_same_key_is_not_recorded_twice(connection: Connection) -> None:
    _record(connection)
    with pytest.raises(IntegrityViolated):
        _record(connection)
