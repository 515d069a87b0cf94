"""Keeps processes alive: starts them in order, restarts what dies, stops them in reverse order.

A child is a process of ours. Its output goes to a log of its own. It learns that it should end by
SIGTERM, or by the end of its standard input, which also comes when the supervisor itself is killed:
so no child is ever left behind. ``until_told_to_stop`` is the child's side of this.
"""

import asyncio
import fcntl
import logging
import signal
import sys
from asyncio import StreamReader, Task
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from tanada.base.errors import BankError

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
STEADY_S = 10.0
"""A child that lived this long has recovered: its next restart waits the first pause again."""
STOP_PATIENCE_S = 10.0
"""How long a child may take to end after SIGTERM before it is killed."""
LOG_BYTES_MAX = 16 * 1024 * 1024
"""Of one log file; the one before it is kept beside it as ``.1``."""
READ_BYTES = 64 * 1024

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChildSpec:
    """A process to keep alive; ``name`` is unique and names its log."""

    name: str
    command: tuple[str, ...]


class ChildState(msgspec.Struct, frozen=True):
    """One child at this moment; ``pid`` is 0 while there is no process."""

    name: str
    state: Literal["running", "restarting", "stopped"]
    pid: int
    restarts: int


class AlreadySupervised(BankError):
    """Another supervisor keeps these children."""

    code = "already_running"


@contextmanager
def only_supervisor(lock_file: Path) -> Iterator[None]:
    """Hold the lock for as long as the block runs; raises ``AlreadySupervised`` at once if held.

    The lock ends with the process, however it ends.
    """
    with lock_file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"it runs already: {lock_file} is held; stop it or use another directory"
            raise AlreadySupervised(message) from None
        yield


def is_supervised(lock_file: Path) -> bool:
    """Whether some process holds the lock."""
    if not lock_file.exists():
        return False
    try:
        with only_supervisor(lock_file):
            return False
    except AlreadySupervised:
        return True


Changed = Callable[[tuple[ChildState, ...]], None]
"""Hears the states of all children whenever one changes."""


class RotatingLog:
    """A log file of bounded size, and the one before it."""

    def __init__(self, path: Path, bytes_max: int = LOG_BYTES_MAX) -> None:
        self._path = path
        self._bytes_max = bytes_max
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        """Append; begins a new file first when this one is full."""
        if self._file.tell() + len(data) > self._bytes_max and self._file.tell():
            self._file.close()
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self._file = self._path.open("ab", buffering=0)
        self._file.write(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Child:
    """One child with the task that keeps it alive."""

    def __init__(self, spec: ChildSpec, log: RotatingLog, changed: Callable[[], None]) -> None:
        self.spec = spec
        self._log = log
        self._changed = changed
        self._process: Process | None = None
        self._keeping: Task[None] | None = None
        self._restarts = 0
        self._pause_s = FIRST_PAUSE_S

    @property
    def state(self) -> ChildState:
        pid = self._process.pid if self._process is not None else 0
        if self._keeping is None:
            return ChildState(self.spec.name, "stopped", pid, self._restarts)
        return ChildState(self.spec.name, "running" if pid else "restarting", pid, self._restarts)

    async def start(self) -> None:
        process = await self._spawn()
        self._keeping = asyncio.create_task(self._keep(process))
        self._changed()

    async def stop(self) -> None:
        """End the process for good, by SIGKILL if SIGTERM does not do."""
        if self._keeping is None:
            return
        self._keeping.cancel()
        await asyncio.wait([self._keeping])
        self._keeping = None
        if self._process is not None:
            await self._end(self._process)
        self._log.close()
        self._changed()

    async def _keep(self, process: Process) -> None:
        while True:
            await self._live_through(process)
            process = await self._restart()

    async def _live_through(self, process: Process) -> None:
        """Wait for the end of one process and say how it ended."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        code = await self._watch(process)
        if loop.time() - started >= STEADY_S:
            self._pause_s = FIRST_PAUSE_S
        _LOG.warning("%s ended (%s) and will be restarted", self.spec.name, _ending(code))
        self._changed()

    async def _restart(self) -> Process:
        """Start it again after a pause that grows, however often that fails."""
        while True:
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            try:
                process = await self._spawn()
            except OSError as error:
                _LOG.warning("%s cannot be started: %s", self.spec.name, error)
                continue
            self._restarts += 1
            self._changed()
            return process

    async def _spawn(self) -> Process:
        # A session of its own: the terminal's Ctrl-C is for the supervisor, which stops in order.
        process = await asyncio.create_subprocess_exec(
            *self.spec.command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, start_new_session=True
        )
        self._process = process
        return process

    async def _watch(self, process: Process) -> int:
        """Log what the process says until it has ended; its exit code."""
        assert process.stdout is not None
        await self._pump(process.stdout)
        code = await process.wait()
        self._process = None
        return code

    async def _pump(self, output: StreamReader) -> None:
        while data := await output.read(READ_BYTES):
            # A full disk costs lines of a log; unread, the process itself would soon stand still.
            with suppress(OSError, ValueError):
                self._log.write(data)

    async def _end(self, process: Process) -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_PATIENCE_S):
                await self._watch(process)
        except TimeoutError:
            _LOG.warning("%s did not end within %.0f s: killed", self.spec.name, STOP_PATIENCE_S)
            with suppress(ProcessLookupError):
                process.kill()
            await self._watch(process)


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Supervisor:
    """A fixed set of children."""

    def __init__(
        self, children: Sequence[ChildSpec], *, log_folder: Path, changed: Changed | None = None
    ) -> None:
        """Nothing is started yet. ``changed`` hears of every start, death and stop."""
        assert len({child.name for child in children}) == len(children), "names are unique"
        self._changed = changed
        self._children = [
            _Child(spec, RotatingLog(log_folder / f"{spec.name}.log"), self._tell)
            for spec in children
        ]

    @property
    def states(self) -> tuple[ChildState, ...]:
        """All children, in the order of their start."""
        return tuple(child.state for child in self._children)

    async def start(self) -> None:
        """Start all children in order; they need not be ready for work when this returns."""
        for child in self._children:
            await child.start()

    async def stop(self) -> None:
        """Stop all children, the last one first; on return no process is left."""
        for child in reversed(self._children):
            await child.stop()

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed(self.states)


async def until_told_to_stop(*, watch_input: bool = True) -> None:
    """Return on SIGTERM or SIGINT, and on the end of standard input if ``watch_input``."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if not watch_input:
        await told.wait()
        return
    reader = StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    waiting = [asyncio.create_task(told.wait()), asyncio.create_task(_until_end_of(reader))]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    transport.close()


async def _until_end_of(reader: StreamReader) -> bool:
    while await reader.read(READ_BYTES):
        continue
    return True
