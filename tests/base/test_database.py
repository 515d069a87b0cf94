"""Connections are limited, errors are typed, queries have names, arrays arrive as sent."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanada.base import database
from tanada.base.database import (
    AccessRefused,
    Connection,
    DatabaseError,
    DatabaseUnreachable,
    IntegrityViolated,
    StatementTimeout,
    TransactionConflict,
    connect,
    copy_rows,
    load_queries,
    parse_queries,
    translate_errors,
    with_database,
    without_password,
)
from tanada.base.postgres import PostgresServer


@pytest.fixture(scope="module")
def session(postgres_server: PostgresServer) -> Iterator[Connection]:
    """One session for tests that store nothing."""
    with connect(postgres_server.url, application="test") as opened:
        yield opened


def one(connection: Connection, sql: str, parameters: Sequence[object] = ()) -> object:
    row = connection.execute(sql, parameters).fetchone()
    assert row is not None
    return row[0]


# -- connections ---------------------------------------------------------------------------------


def test_a_session_is_named_limited_in_time_and_acts_as_its_role(database_url: str) -> None:
    with connect(
        database_url, application="atm", role="tanada_gateway", statement_timeout_ms=700
    ) as limited:
        assert one(limited, "SELECT current_user") == "tanada_gateway"
        assert one(limited, "SHOW application_name") == "atm"
        assert one(limited, "SHOW statement_timeout") == "700ms"
        assert one(limited, "SHOW lock_timeout") == "2s"
        limited.execute("RESET ROLE")
        assert one(limited, "SELECT current_user") == "tanada_gateway"
        with pytest.raises(AccessRefused), translate_errors():
            limited.execute("CREATE TABLE intruder (id int)")


def test_an_unreachable_database_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        connect("postgresql://teller:sesame@127.0.0.1:1/bank", application="test")
    assert "teller:***@127.0.0.1:1/bank" in str(caught.value)
    assert "refused" in str(caught.value)
    assert "sesame" not in str(caught.value)
    assert caught.value.transient


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://a:b@h/d", "postgresql://a:***@h/d"),
        ("postgresql://a@h/d", "postgresql://a@h/d"),
        ("postgresql:///d?host=/s&password=b", "postgresql:///d?host=/s&password=***"),
        ("host=h password='b c' dbname=d", "host=h password=*** dbname=d"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_the_database_of_a_url_can_be_exchanged() -> None:
    url = "postgresql://a:b@/postgres?host=%2Fs&port=5432"
    assert with_database(url, "core") == "postgresql://a:b@/core?host=%2Fs&port=5432"


def test_copied_rows_arrive_and_are_counted(session: Connection) -> None:
    session.execute("CREATE TEMPORARY TABLE line (number int, text text)")
    rows = [(1, "棚"), (2, None), (3, "tab\tnewline\n")]
    assert copy_rows(session, "COPY line FROM STDIN", rows) == 3
    assert session.execute("SELECT * FROM line ORDER BY number").fetchall() == rows


# -- errors --------------------------------------------------------------------------------------


def psycopg_errors() -> list[type[psycopg.Error]]:
    known = [value for _, value in inspect.getmembers(psycopg.errors, inspect.isclass)]
    return [value for value in known if issubclass(value, psycopg.Error)]


def test_every_error_class_of_postgresql_and_of_the_driver_has_its_place() -> None:
    unmapped = [
        error.__name__
        for error in psycopg_errors()
        if error not in (psycopg.Error, psycopg.DatabaseError)
        and database.error_type(error()) is DatabaseError
    ]
    assert unmapped == []


@pytest.mark.parametrize("state", ["40001", "40P01", "08006", "57P01", "57P03", "53300", "55P03"])
def test_what_may_succeed_when_tried_again_is_transient(state: str) -> None:
    assert database.error_type(psycopg.errors.lookup(state)()).transient


@pytest.mark.parametrize("state", ["23505", "22003", "42601", "42501", "XX001"])
def test_what_will_fail_again_is_not_transient(state: str) -> None:
    assert not database.error_type(psycopg.errors.lookup(state)()).transient


def test_a_broken_constraint_is_named(session: Connection) -> None:
    session.execute("CREATE TEMPORARY TABLE jar (yen int CONSTRAINT not_negative CHECK (yen >= 0))")
    with pytest.raises(IntegrityViolated) as caught, translate_errors():
        session.execute("INSERT INTO jar VALUES (-1)")
    assert caught.value.constraint == "not_negative"
    assert "Failing row" not in str(caught.value), "a row of a customer must not reach a log"
    assert caught.value.sqlstate == "23514"


def test_a_slow_statement_and_a_lock_not_granted_are_told_apart(
    session: Connection, postgres_server: PostgresServer
) -> None:
    session.execute("SELECT pg_advisory_lock(1)")
    with connect(
        postgres_server.url, application="test", statement_timeout_ms=50, lock_timeout_ms=10
    ) as other:
        with pytest.raises(TransactionConflict), translate_errors():
            other.execute("SELECT pg_advisory_lock(1)")
        with pytest.raises(StatementTimeout), translate_errors():
            other.execute("SELECT pg_sleep(5)")
    session.execute("SELECT pg_advisory_unlock(1)")


def test_a_session_cut_by_the_server_is_unreachable(postgres_server: PostgresServer) -> None:
    with connect(postgres_server.url, application="test") as doomed:
        with pytest.raises(DatabaseUnreachable), translate_errors():
            doomed.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(DatabaseUnreachable), translate_errors():
            doomed.execute("SELECT 1")


# -- named queries -------------------------------------------------------------------------------


def test_queries_are_found_by_attribute_and_by_item() -> None:
    queries = load_queries("tanada.base", "migrations.sql")
    assert queries.applied_migrations == queries["applied_migrations"]
    assert queries.applied_migrations.startswith("/* applied_migrations */ SELECT package")
    assert "applied_migrations" in list(queries)


def test_an_unknown_query_is_named_together_with_those_that_exist() -> None:
    queries = parse_queries("ledger/queries.sql", "-- post --\n-- Books.\nSELECT 1;\n")
    with pytest.raises(AttributeError, match=r"ledger/queries\.sql has no query named 'pst'.*post"):
        _ = queries.pst
    with pytest.raises(KeyError, match="pst"):
        _ = queries["pst"]


def test_comments_are_not_sent_since_a_percent_sign_in_one_would_be_a_parameter(
    session: Connection,
) -> None:
    queries = parse_queries("file", "-- post --\n-- Takes 5 % off.\nSELECT\n  -- 100 %\n  %s;\n")
    assert one(session, queries.post, ("x",)) == "x"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("SELECT 1;\n-- post --\n-- Why.\nSELECT 1;", "before the first"),
        ("-- post --\n-- Why.\nSELECT 1;\n-- post --\n-- Why.\nSELECT 2;", "used twice"),
        ("-- post --\nSELECT 1;", "purpose"),
        ("-- post --\n-- Why.\n", "no SQL"),
    ],
)
def test_a_mistake_in_a_file_of_queries_stops_the_programme(text: str, mistake: str) -> None:
    with pytest.raises(AssertionError, match=mistake):
        parse_queries("file", text)


def test_every_file_of_queries_in_tanada_can_be_read() -> None:
    root = Path(database.__file__).parents[2]
    for file in sorted(root.rglob("queries*.sql")):
        package = ".".join(file.parent.relative_to(root).parts)
        assert len(load_queries(package, file.name)) > 0


# -- arrays --------------------------------------------------------------------------------------

BIGINTS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
TIMES = st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001
ARRAYS: list[tuple[str, Callable[..., str], st.SearchStrategy[object]]] = [
    ("bigint", database.int_array, BIGINTS),
    ("text", database.text_array, TEXTS | st.sampled_from(["NULL", "", '"', "\\", "{}", ",", "'"])),
    ("boolean", database.bool_array, st.booleans()),
    ("uuid", database.uuid_array, st.uuids()),
    ("date", database.date_array, st.dates()),
    ("timestamptz", database.timestamp_array, TIMES),
    ("bytea", database.bytes_array, st.binary()),
]


@pytest.mark.parametrize(("element", "literal", "values"), ARRAYS, ids=lambda part: str(part)[:12])
def test_an_array_arrives_as_it_was_sent(
    session: Connection,
    element: str,
    literal: Callable[..., str],
    values: st.SearchStrategy[object],
) -> None:
    @given(st.lists(st.none() | values))
    def arrives(sent: list[object]) -> None:
        assert one(session, f"SELECT %s::{element}[]", (literal(sent),)) == sent

    arrives()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(AssertionError, match="zone"):
        database.timestamp_array([datetime(2021, 2, 28)])  # noqa: DTZ001


def test_arrays_are_made_from_any_iterable() -> None:
    assert database.int_array(range(3)) == "{0,1,2}"
    assert database.int_array(iter([None, 1])) == "{NULL,1}"
    assert database.uuid_array([UUID(int=1), None]).endswith("1,NULL}")
    assert database.date_array([date(2021, 2, 28) + timedelta(1)]) == "{2021-03-01}"
    assert database.bool_array([]) == "{}"
