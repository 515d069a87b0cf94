"""COPY by blocks: every row arrives, in blocks of any size, or none does."""

import pytest

from tanada.base.copying import LINES_PER_BLOCK, copy_lines
from tanada.base.database import Connection, DataRefused

COPY = "copy ledger.business_day (business_date) from stdin"


@pytest.mark.parametrize("count", [0, 1, LINES_PER_BLOCK, LINES_PER_BLOCK + 1])
def test_every_line_arrives_once_and_is_reported(connection: Connection, count: int) -> None:
    connection.execute("create temp table number (n bigint)")
    heard: list[int] = []

    sent = copy_lines(
        connection, "copy number from stdin", (f"{n}\n" for n in range(count)), heard.append
    )

    assert sent == sum(heard) == count
    row = connection.execute("select count(distinct n) from number").fetchone()
    assert row == (count,)


def test_a_line_that_does_not_fit_leaves_nothing_behind(connection: Connection) -> None:
    with pytest.raises(DataRefused):
        copy_lines(connection, COPY, ["2021-02-28\n", "not a date\n"])
    assert connection.execute("select count(*) from ledger.business_day").fetchone() == (0,)
