"""What dies comes back, and a stop leaves no process behind; with real processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tanada.base.supervisor import (
    AlreadySupervised,
    ChildSpec,
    ChildState,
    RotatingLog,
    Supervisor,
    is_supervised,
    only_supervisor,
)

OBEYS = """
import asyncio
from tanada.base.supervisor import until_told_to_stop
print("ready", flush=True)
asyncio.run(until_told_to_stop())
print("bye", flush=True)
"""
IGNORES_ITS_INPUT = "import signal; print('ready', flush=True); signal.pause()"
PATIENCE_S = 20


def _python(name: str, program: str) -> ChildSpec:
    return ChildSpec(name, (sys.executable, "-c", program))


@asynccontextmanager
async def _running(folder: Path, *children: ChildSpec) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(children, log_folder=folder)
    await supervisor.start()
    try:
        yield supervisor
    finally:
        await supervisor.stop()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]  # every scenario here is a coroutine function


def test_a_killed_child_comes_back_and_the_others_are_left_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with _running(tmp_path, _python("a", OBEYS), _python("b", OBEYS)) as supervisor:
            first, other = supervisor.states
            os.kill(first.pid, signal.SIGKILL)
            await _until(lambda: supervisor.states[0].restarts == 1)
            assert supervisor.states[0].pid not in {0, first.pid}
            assert supervisor.states[1] == other

    _run(scenario)


def test_a_stop_lets_every_child_end_by_itself_and_leaves_none(tmp_path: Path) -> None:
    async def scenario() -> None:
        children = [_python(name, OBEYS) for name in ("a", "b")]
        async with _running(tmp_path, *children) as supervisor:
            pids = [state.pid for state in supervisor.states]
            logs = [tmp_path / f"{child.name}.log" for child in children]
            await _until(lambda: all(log.read_bytes() == b"ready\n" for log in logs))
        assert not any(_exists(pid) for pid in pids)
        assert [log.read_bytes() for log in logs] == [b"ready\nbye\n"] * 2
        assert {state.state for state in supervisor.states} == {"stopped"}

    _run(scenario)


def test_states_are_told_at_every_change(tmp_path: Path) -> None:
    heard: list[tuple[ChildState, ...]] = []

    async def scenario() -> None:
        supervisor = Supervisor(
            [_python("a", IGNORES_ITS_INPUT)], log_folder=tmp_path, changed=heard.append
        )
        await supervisor.start()
        os.kill(supervisor.states[0].pid, signal.SIGKILL)
        await _until(lambda: supervisor.states[0].restarts == 1)
        await supervisor.stop()

    _run(scenario)
    assert [states[0].state for states in heard] == ["running", "restarting", "running", "stopped"]


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from tanada.base.supervisor import ChildSpec, Supervisor
async def main():
    child = ChildSpec("a", (sys.executable, "-c", {OBEYS!r}))
    supervisor = Supervisor([child], log_folder=Path({str(tmp_path)!r}))
    await supervisor.start()
    print(supervisor.states[0].pid, flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
    asyncio.run(_until(lambda: not _exists(pid)))


def test_a_log_is_bounded_and_its_predecessor_kept(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "x.log", bytes_max=10)
    for word in (b"12345", b"67890", b"abc", b"d" * 30, b"e"):
        log.write(word)
    log.close()
    assert (tmp_path / "x.log").read_bytes() == b"e"
    assert (tmp_path / "x.log.1").read_bytes() == b"d" * 30


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no disk that is full")
def test_a_full_disk_costs_the_log_and_not_the_child(tmp_path: Path) -> None:
    (tmp_path / "talker.log").symlink_to("/dev/full")
    talker = _python("talker", "print('much to say ' * 100_000)")

    async def talk() -> None:
        async with _running(tmp_path, talker) as supervisor:
            await _until(lambda: supervisor.states[0].restarts > 1)

    asyncio.run(talk())


def test_there_is_one_supervisor_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert not is_supervised(lock)
    with only_supervisor(lock):
        assert is_supervised(lock)
        with pytest.raises(AlreadySupervised), only_supervisor(lock):
            pass
    assert not is_supervised(lock)
