"""Load generators run in processes of their own: they must not share a core with what they load."""

import asyncio
import sys
from typing import TypeVar

import msgspec

Result = TypeVar("Result", bound=msgspec.Struct)


async def run_child(module: str, order: msgspec.Struct, result: type[Result]) -> Result:
    """Run ``python -m module``, which reads ``order`` and writes ``result``, both as JSON."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await child.communicate(msgspec.json.encode(order))
    assert child.returncode == 0, f"{module} failed"
    return msgspec.json.decode(said, type=result)


def read_order(order: type[Result]) -> Result:
    """In the child: what it is to do."""
    return msgspec.json.decode(sys.stdin.buffer.read(), type=order)


def write_result(result: msgspec.Struct) -> None:
    """In the child: what it measured."""
    sys.stdout.buffer.write(msgspec.json.encode(result))


def quantile_ms(ordered: list[float], permille: int) -> float:
    """The value in milliseconds below which ``permille`` of 1,000 of the sorted seconds lie."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, len(ordered) * permille // 1000)] * 1000
