"""The disk seam: named files on a volume that may fail.

Volumes block, so they are used where blocking is allowed: in a worker, or in a short-lived command.
A file's name is one or more parts divided by ``/``; a part is made of letters, digits, ``.``, ``_``
and ``-`` and does not begin with a dot. That leaves no way out of the volume's own directory.

The errors::

    VolumeError
    ├── FileNameRefused     the name could lead elsewhere
    ├── FileMissing         there is no such file
    ├── FileTooLarge        larger than MAX_FILE_BYTES
    └── VolumeFailed        the disk does not do what it is told
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tanada.base.errors import BankError

MAX_FILE_BYTES = 256 * 1024 * 1024
"""700,000 records of 120 bytes are 84 MB; this is three of those."""
MAX_NAME_CHARACTERS = 200

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_UNFINISHED = ".unfinished-"


class VolumeError(BankError):
    """A file could not be read or written."""

    code = "volume"


class FileNameRefused(VolumeError):
    """The name could lead out of the volume."""

    code = "volume_name"


class FileMissing(VolumeError):
    """There is no file of this name."""

    code = "volume_file_missing"


class FileTooLarge(VolumeError):
    """The file is, or would become, larger than `MAX_FILE_BYTES`."""

    code = "volume_file_too_large"


class VolumeFailed(VolumeError):
    """The disk does not do what it is told."""

    code = "volume_failed"
    transient = True


class Volume(Protocol):
    """A flat store of files. All methods may raise `VolumeFailed` and `FileNameRefused`."""

    def append(self, name: str, data: bytes) -> None:
        """Add ``data`` to the end, making the file if need be. On return it is on disk."""

    def read(self, name: str) -> bytes:
        """The whole file; raises `FileMissing`."""

    def write(self, name: str, data: bytes) -> None:
        """Replace the file: readers see the old one or the new one. On return it is on disk."""

    def list(self, prefix: str) -> list[str]:
        """The names that begin with ``prefix``, sorted."""

    def delete(self, name: str) -> None:
        """Remove the file; raises `FileMissing`."""


class DirectoryVolume:
    """A directory of the machine."""

    def __init__(self, path: Path) -> None:
        """``path`` is made if it is missing."""
        self._path = path
        with _disk_errors(str(path)):
            path.mkdir(parents=True, exist_ok=True)

    def append(self, name: str, data: bytes) -> None:
        """Add ``data`` to the end and wait until it is on disk."""
        path = self._locate(name)
        with _disk_errors(name):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            _check_size(name, len(data) + (0 if is_new else path.stat().st_size))
            _write_to_disk(path, "ab", data)
            if is_new:
                _sync_directory(path.parent)

    def read(self, name: str) -> bytes:
        """The whole file."""
        path = self._locate(name)
        with _disk_errors(name):
            _check_size(name, path.stat().st_size)
            return path.read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Replace the file in one step, through an unfinished one beside it."""
        path = self._locate(name)
        _check_size(name, len(data))
        unfinished = path.with_name(_UNFINISHED + path.name)
        with _disk_errors(name):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_to_disk(unfinished, "wb", data)
            unfinished.replace(path)
            # The new name is safe only when the directory that holds it is.
            _sync_directory(path.parent)

    def list(self, prefix: str) -> list[str]:
        """The names that begin with ``prefix``, sorted; unfinished files do not count."""
        with _disk_errors(prefix):
            return sorted(
                name
                for path in self._path.rglob("*")
                if path.is_file() and not path.name.startswith(_UNFINISHED)
                if (name := path.relative_to(self._path).as_posix()).startswith(prefix)
            )

    def delete(self, name: str) -> None:
        """Remove the file."""
        path = self._locate(name)
        with _disk_errors(name):
            path.unlink()
            _sync_directory(path.parent)

    def _locate(self, name: str) -> Path:
        _check_name(name)
        return self._path / name


class MemoryVolume:
    """A volume of the simulated world, which can be told to fail."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._failure: str | None = None

    def fail(self, reason: str) -> None:
        """From now on every access raises `VolumeFailed` with ``reason``; the files are kept."""
        self._failure = reason

    def mend(self) -> None:
        """Work again, with the files as they were."""
        self._failure = None

    def append(self, name: str, data: bytes) -> None:
        """Add ``data`` to the end."""
        self._check(name)
        self._keep(name, self._files.get(name, b"") + data)

    def read(self, name: str) -> bytes:
        """The whole file."""
        self._check(name)
        if name not in self._files:
            raise FileMissing(f"there is no file {name}")
        return self._files[name]

    def write(self, name: str, data: bytes) -> None:
        """Replace the file."""
        self._check(name)
        self._keep(name, bytes(data))

    def list(self, prefix: str) -> list[str]:
        """The names that begin with ``prefix``, sorted."""
        self._check_health()
        return sorted(name for name in self._files if name.startswith(prefix))

    def delete(self, name: str) -> None:
        """Remove the file."""
        self.read(name)
        del self._files[name]

    def _keep(self, name: str, data: bytes) -> None:
        _check_size(name, len(data))
        self._files[name] = data

    def _check(self, name: str) -> None:
        _check_name(name)
        self._check_health()

    def _check_health(self) -> None:
        if self._failure is not None:
            raise VolumeFailed(f"the volume does not work: {self._failure}")


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME_CHARACTERS or not _NAME.fullmatch(name):
        raise FileNameRefused(
            f"{name[:MAX_NAME_CHARACTERS]!r} is not a file name here; use letters, digits, '.', "
            f"'_' and '-' in parts divided by '/', at most {MAX_NAME_CHARACTERS} characters"
        )


def _check_size(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise FileTooLarge(f"{name} has {size} bytes; {MAX_FILE_BYTES} are allowed, so divide it")


def _write_to_disk(path: Path, mode: str, data: bytes) -> None:
    with path.open(mode) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextmanager
def _disk_errors(name: str) -> Iterator[None]:
    """The one place where the system's errors become ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileMissing(f"there is no file {name}") from error
    except OSError as error:
        raise VolumeFailed(f"{name}: {error}; check the disk, its space and its rights") from error
