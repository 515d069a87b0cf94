"""Who runs the PostgreSQL server that we start, and which places that user can reach.

PostgreSQL refuses to run as root. A root who starts Tanada therefore hands the server to a user
without privileges, and everything that the server touches must be open to that user and to
nobody else.
"""

import hashlib
import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tanada.base.errors import BankError

COMMAND_TIMEOUT_S = 120
"""For initdb, pg_ctl and the like; a start that recovers from a crash is the slowest."""

PUBLIC_PLACE = Path("/var/lib/tanada")
"""Where root keeps what the server's own account must be able to reach."""


class PostgresMissing(BankError):
    """No usable PostgreSQL binaries were found on this machine."""

    code = "postgres_missing"


class PostgresUnusable(BankError):
    """The server could not be created, started or stopped; the message holds its own words."""

    code = "postgres_unusable"


@dataclass(frozen=True)
class Account:
    """The user of the operating system that owns the server's files and processes."""

    name: str
    uid: int
    gid: int

    @property
    def is_ourselves(self) -> bool:
        """Whether no change of user is needed."""
        return self.uid == os.geteuid()


def server_account() -> Account:
    """Return who shall run the server: ourselves, or as root a user without privileges.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid())
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise PostgresMissing("root may not run PostgreSQL and there is no user postgres or nobody")


def run_as(account: Account, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a program as the account, in a directory that it may enter, with a bare environment.

    PG* variables of the caller (PGDATA, PGHOST) must not lead the programs astray, and messages
    in the caller's language could not be searched. Standard output and error come as one text.
    Raises :class:`PostgresUnusable` when the program does not end in time.
    """
    drop = not account.is_ourselves
    try:
        return subprocess.run(
            command,
            user=account.uid if drop else None,
            group=account.gid if drop else None,
            extra_groups=[] if drop else None,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"{Path(command[0]).name} did not end within {COMMAND_TIMEOUT_S} s"
        raise PostgresUnusable(message) from error


def may_enter(folder: Path, account: Account) -> bool:
    """Whether the account reaches the folder.

    Asked as that user, since only the kernel knows about modes, groups, lists and mounts.
    """
    return run_as(account, ["test", "-x", folder]).returncode == 0


def short_hash(text: str) -> str:
    """Return twelve characters that stand for the text in the name of a file."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def place_for_data(wanted: Path) -> Path:
    """Return ``wanted``, or a public directory if the server's account could never reach it.

    Only root needs the second: a clone under ``/root`` is closed to every other user. The same
    wish always leads to the same place.
    """
    account = server_account()
    nearest = next(path for path in [wanted, *wanted.parents] if path.exists())
    if account.is_ourselves or may_enter(nearest, account):
        return wanted
    return PUBLIC_PLACE / f"data-{short_hash(str(wanted.absolute()))}" / wanted.name


def own_directory(path: Path, account: Account) -> None:
    """Make a directory that only the account may enter, or check that an existing one is so.

    A directory of somebody else under a name that we would take, as anyone can make in ``/tmp``,
    is refused with :class:`PostgresUnusable`.
    """
    try:
        path.mkdir(mode=0o700)
        give_to(path, account)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            message = f"{path} is not a directory of user {account.name}: remove it"
            raise PostgresUnusable(message) from None


def make_parent(data_dir: Path, account: Account) -> None:
    """Make the directory above the data, open to the account whatever our umask is.

    Directories that were there before keep their modes: those are for their owner to change.
    """
    missing = [path for path in data_dir.parents if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    if not account.is_ourselves and not may_enter(data_dir.parent, account):
        raise PostgresUnusable(
            f"user {account.name}, who runs PostgreSQL for root, may not enter {data_dir.parent}: "
            "choose a data directory elsewhere, for example under /var/lib"
        )


def write_private(path: Path, text: str, account: Account | None) -> None:
    """Write a file of mode 600 that belongs to the account, replacing it at once and whole."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    if account is not None:
        give_to(partial, account)
    partial.replace(path)


def give_to(path: Path, account: Account) -> None:
    """Make the account the owner, which only root needs and may."""
    if not account.is_ourselves:
        os.chown(path, account.uid, account.gid)
