"""Where a live bank keeps its things: closed to others, and with sockets short enough."""

import stat
from pathlib import Path

import pytest

from tanada.app.places import SOCKET_PATH_BYTES_MAX, BankNotFound, LiveBank, Places
from tanada.base.errors import SettingsError
from tanada.base.settings import Settings

BANK = LiveBank(
    settings=Settings(), core_url="postgresql://u:secret@h/c", watch_url="", embedded=True
)


def test_what_was_written_down_is_found_again_by_the_owner_alone(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.make()
    places.save(BANK)
    assert places.load() == BANK
    for folder in (places.run, places.keys.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_directory_without_a_bank_says_so(tmp_path: Path) -> None:
    with pytest.raises(BankNotFound, match="tanada up"):
        Places(tmp_path).load()


def test_a_place_where_no_directory_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"file.var cannot be used: Not a directory"):
        Places(tmp_path / "file" / "var").make()


@pytest.mark.parametrize("depth", [1, 30])
def test_a_socket_has_a_short_path_however_deep_the_directory(tmp_path: Path, depth: int) -> None:
    places = Places(tmp_path.joinpath(*["directory"] * depth))
    places.make()
    path = places.address("time-deposits-0").removeprefix("unix://")
    assert len(path) <= SOCKET_PATH_BYTES_MAX
    assert Path(path).parent.is_dir()
    assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700
