"""A volume keeps files whole, refuses names that lead elsewhere, and says when it has failed."""

from pathlib import Path

import pytest

from tanada.base import volumes
from tanada.base.volumes import (
    DirectoryVolume,
    FileMissing,
    FileNameRefused,
    FileTooLarge,
    MemoryVolume,
    Volume,
    VolumeFailed,
)


@pytest.fixture(params=["directory", "memory"])
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Volume:
    return DirectoryVolume(tmp_path / "volume") if request.param == "directory" else MemoryVolume()


def test_what_was_written_is_read(volume: Volume) -> None:
    volume.write("in/zengin-1.txt", b"old")
    volume.write("in/zengin-1.txt", b"new")
    volume.append("log", b"one ")
    volume.append("log", b"two")
    assert volume.read("in/zengin-1.txt") == b"new"
    assert volume.read("log") == b"one two"


def test_files_are_listed_by_prefix_in_order(volume: Volume) -> None:
    for name in ("in/b", "in/a", "out/c", "in-2"):
        volume.write(name, b"")
    assert volume.list("in/") == ["in/a", "in/b"]
    assert volume.list("") == ["in-2", "in/a", "in/b", "out/c"]


def test_a_file_that_was_deleted_or_never_was_is_missing(volume: Volume) -> None:
    volume.write("a", b"x")
    volume.delete("a")
    for access in (volume.read, volume.delete):
        with pytest.raises(FileMissing):
            access("a")
    assert volume.list("") == []


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../x", "a/../x", "a//b", "a/", ".hidden", "a b", "a\0", "ａ", "a\n"],
)
def test_names_that_could_lead_elsewhere_are_refused(volume: Volume, name: str) -> None:
    for access in (volume.read, volume.delete):
        with pytest.raises(FileNameRefused):
            access(name)
    for change in (volume.write, volume.append):
        with pytest.raises(FileNameRefused):
            change(name, b"x")


def test_a_name_has_a_greatest_length(volume: Volume) -> None:
    volume.write("a" * 200, b"x")
    with pytest.raises(FileNameRefused):
        volume.write("a" * 201, b"x")


def test_a_file_has_a_greatest_size(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "MAX_FILE_BYTES", 10)
    volume.write("a", b"0123456789")
    with pytest.raises(FileTooLarge):
        volume.append("a", b"x")
    with pytest.raises(FileTooLarge):
        volume.write("b", b"0123456789x")
    assert volume.list("") == ["a"]
    assert volume.read("a") == b"0123456789"


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = DirectoryVolume(tmp_path)
    volume.write("a", b"old")

    def power_cut(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", power_cut)
        with pytest.raises(VolumeFailed, match="Input/output error"):
            volume.write("a", b"new")
    assert volume.read("a") == b"old"
    assert volume.list("") == ["a"]


def test_a_failed_volume_refuses_everything_and_keeps_its_files() -> None:
    volume = MemoryVolume()
    volume.write("a", b"x")
    volume.fail("controller 2 is dead")
    with pytest.raises(VolumeFailed, match="controller 2"):
        volume.read("a")
    with pytest.raises(VolumeFailed):
        volume.list("")
    with pytest.raises(VolumeFailed):
        volume.append("a", b"y")
    volume.mend()
    assert volume.read("a") == b"x"
