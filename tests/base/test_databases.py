"""A database that is missing is created, once, however odd its name."""

import pytest

from tanada.base.database import DatabaseUnreachable, connect, with_database
from tanada.base.databases import database_name, ensure_database
from tanada.base.postgres import PostgresServer


@pytest.mark.parametrize("name", ["bank_of_tests", 'strange "name" %'])
def test_a_missing_database_is_created_once(postgres_server: PostgresServer, name: str) -> None:
    url = with_database(postgres_server.url, name)
    assert database_name(url) == name
    assert ensure_database(url)
    assert not ensure_database(url)
    with connect(url, application="test") as connection:
        assert connection.execute("select current_database()").fetchone() == (name,)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        ensure_database("postgresql://someone:secret@127.0.0.1:1/bank")
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)
