"""Root hands the server to a user without privileges, and only what that user needs."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tanada.base.server_account import (
    PUBLIC_PLACE,
    Account,
    PostgresUnusable,
    make_parent,
    own_directory,
    place_for_data,
    run_as,
    server_account,
    write_private,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
OURSELVES = Account("ourselves", os.geteuid(), os.getegid())


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that every account may enter."""
    directory = Path(tempfile.mkdtemp(prefix="tanada-test-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def test_the_server_never_runs_as_root() -> None:
    account = server_account()
    assert account.uid != 0
    assert run_as(account, ["id", "-u"]).stdout.strip() == str(account.uid)


def test_variables_of_the_caller_do_not_reach_the_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGDATA", "/elsewhere")
    assert "PGDATA" not in run_as(server_account(), ["env"]).stdout


@as_root
def test_data_wished_for_in_a_closed_place_go_to_a_public_one(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    elsewhere = place_for_data(closed / "clone" / "var" / "core")
    assert elsewhere.is_relative_to(PUBLIC_PLACE)
    assert elsewhere == place_for_data(closed / "clone" / "var" / "core")
    assert elsewhere != place_for_data(closed / "other" / "var" / "core")
    with pytest.raises(PostgresUnusable, match="may not enter"):
        make_parent(closed / "data", server_account())


def test_data_wished_for_in_an_open_place_stay_there(place: Path) -> None:
    assert place_for_data(place / "var" / "core") == place / "var" / "core"


def test_the_directory_above_the_data_is_open_whatever_the_umask(place: Path) -> None:
    before = os.umask(0o077)
    try:
        make_parent(place / "var" / "core", server_account())
    finally:
        os.umask(before)
    assert stat.S_IMODE((place / "var").stat().st_mode) == 0o755


def test_a_private_file_is_replaced_whole_and_stays_private(place: Path) -> None:
    for text in ("first", "second"):
        write_private(place / "secret", text, OURSELVES)
    assert (place / "secret").read_text() == "second"
    assert stat.S_IMODE((place / "secret").stat().st_mode) == 0o600
    assert [path.name for path in place.iterdir()] == ["secret"]


def test_a_directory_of_somebody_else_is_not_taken_over(place: Path) -> None:
    own_directory(place / "ours", OURSELVES)
    own_directory(place / "ours", OURSELVES)
    (place / "link").symlink_to(place / "ours")
    with pytest.raises(PostgresUnusable, match="remove it"):
        own_directory(place / "link", OURSELVES)
    stranger = Account("stranger", OURSELVES.uid + 1, OURSELVES.gid)
    with pytest.raises(PostgresUnusable, match="user stranger"):
        own_directory(place / "ours", stranger)
