"""Preparing a bank: on a server of one's choice, and what exists is kept."""

from pathlib import Path

import pytest

from tanada.app.books import check_all_books
from tanada.app.places import Places
from tanada.app.preparation import prepare, read_policy
from tanada.base.database import DatabaseUnreachable, connect, with_database
from tanada.base.errors import PolicyError
from tanada.base.postgres import PostgresServer
from tanada.base.settings import Settings
from tanada.channels.atm.keys import AtmKeys
from tests.small_bank import Listener


def _settings(server: PostgresServer, tmp_path: Path, database: str) -> Settings:
    url = with_database(server.url, database)
    return Settings(
        database_url=url, data_dir=str(tmp_path), customers=40, atm_port=0, console_port=0
    )


def test_a_bank_is_prepared_once_and_found_again(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    settings = _settings(postgres_server, tmp_path, "prepared")
    first, second = Listener(), Listener()
    bank = prepare(settings, first)
    keys = AtmKeys.load(Places.of(settings).keys)

    again = prepare(settings, second)
    assert (again.core_url, again.watch_url) == (bank.core_url, bank.watch_url)
    assert again == Places.of(settings).load()
    assert "40 customers" in first.heard
    assert "40 customers" not in second.heard
    assert AtmKeys.load(Places.of(settings).keys).pvk == keys.pvk
    assert check_all_books(bank.core_url) == []


def test_core_and_watch_are_databases_of_their_own(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    bank = prepare(_settings(postgres_server, tmp_path, "apart"), Listener())
    with connect(bank.watch_url, application="test") as connection:
        assert connection.execute("select current_database()").fetchone() == ("apart_watch",)
        assert connection.execute("select to_regnamespace('ledger')").fetchone() == (None,)


def test_an_unreachable_server_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://someone:secret@127.0.0.1:1/bank"
    settings = Settings(database_url=url, data_dir=str(tmp_path))
    with pytest.raises(DatabaseUnreachable, match=r"127\.0\.0\.1:1/bank") as caught:
        prepare(settings, Listener())
    assert "secret" not in str(caught.value)


def test_a_policy_is_found_from_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_policy("policies/tanada.toml").name == "tanada"
    with pytest.raises(PolicyError, match=r"nowhere\.toml"):
        read_policy("nowhere.toml")
