"""The pipeline: one transaction's statements without waiting, and whole or not at all."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tanada.base.database import (
    Connection,
    DatabaseUnreachable,
    DataRefused,
    IntegrityViolated,
    connect,
    translate_errors,
)
from tanada.base.pipeline import Pipeline, Value

INSERT = "insert into kept values (%s)"
COUNT = "select count(*) from kept"


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[Connection]:
    with connect(empty_database_url, application="test") as opened:
        opened.execute("create table kept (number bigint primary key)")
        yield opened


@pytest.fixture
def pipeline(connection: Connection) -> Pipeline:
    return Pipeline(connection)


def test_values_arrive_and_come_back_as_they_were(pipeline: Pipeline) -> None:
    values: dict[str, Value] = {
        "text": "貯金 % 'x'",
        "raw": b"\x00\xff",
        "number": -(2**62),
        "day": date(2026, 4, 1),
        "moment": datetime(2026, 4, 1, 10, 0, tzinfo=UTC),
        "id": UUID(int=7),
        "nothing": None,
    }
    with pipeline.transaction():
        answer = pipeline.execute(
            "select %(text)s::text, %(raw)s, %(number)s, %(day)s, %(moment)s, %(id)s,"
            " %(nothing)s::int, %(number)s, '100%%'",
            values,
        )
    assert answer.fetchone() == (*values.values(), -(2**62), "100%")


def test_answers_can_be_asked_for_in_the_middle(pipeline: Pipeline) -> None:
    with pipeline.transaction():
        pipeline.execute(INSERT, (1,))
        first = pipeline.execute(COUNT)
        pipeline.execute(INSERT, (2,))
        assert first.fetchall() == [(1,)]
        assert pipeline.execute(COUNT).fetchone() == (2,)


def test_more_than_the_socket_holds_passes_in_both_directions(pipeline: Pipeline) -> None:
    long = "x" * 4_000_000
    with pipeline.transaction():
        answers = [pipeline.execute("select %s::text", (long,)) for _ in range(5)]
    assert [answer.fetchone() for answer in answers] == [(long,)] * 5


@pytest.mark.parametrize("ask", [True, False])
def test_an_error_undoes_all_and_leaves_the_pipeline_of_use(pipeline: Pipeline, ask: bool) -> None:
    def insert_twice() -> None:
        with translate_errors(), pipeline.transaction():
            pipeline.execute(INSERT, (1,))
            twice = pipeline.execute(INSERT, (1,))
            pipeline.execute(COUNT)
            if ask:
                twice.fetchall()

    with pytest.raises(IntegrityViolated) as raised:
        insert_twice()
    assert raised.value.constraint == "kept_pkey"
    with pipeline.transaction():
        assert pipeline.execute(COUNT).fetchone() == (0,)
        pipeline.execute(INSERT, (1,))
    with pipeline.transaction():
        assert pipeline.execute(COUNT).fetchone() == (1,)


def test_a_block_that_raises_commits_nothing(pipeline: Pipeline, connection: Connection) -> None:
    def change_of_mind() -> None:
        with pipeline.transaction():
            pipeline.execute(INSERT, (1,))
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        change_of_mind()
    assert connection.execute(COUNT).fetchone() == (0,)


def test_a_value_of_the_wrong_form_is_refused_by_its_type(pipeline: Pipeline) -> None:
    with pytest.raises(DataRefused), translate_errors(), pipeline.transaction():
        pipeline.execute("select %s::uuid", ("no uuid",))


def test_a_connection_cut_in_a_transaction_is_told_as_such(
    pipeline: Pipeline, connection: Connection, empty_database_url: str
) -> None:
    def be_cut() -> None:
        with translate_errors(), pipeline.transaction():
            pipeline.execute(INSERT, (1,)).fetchall()
            with connect(empty_database_url, application="killer") as killer:
                pid = connection.info.backend_pid
                killer.execute("select pg_terminate_backend(%s, 5000)", (pid,))

    with pytest.raises(DatabaseUnreachable):
        be_cut()
    with pytest.raises(DatabaseUnreachable), translate_errors(), pipeline.transaction():
        pass
