"""What a person sees: lines, aligned columns, and a bar while something takes long."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def show(text: str = "") -> None:
    """One line, or several, on standard output, at once even into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"tanada: {text}\n")
    sys.stderr.flush()


def show_table(rows: Sequence[Sequence[object]]) -> None:
    """Rows with their columns aligned; the first row is the heading."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(_columns, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = (cell + " " * (w - _columns(cell)) for cell, w in zip(row, widths, strict=True))
        show("  ".join(cells).rstrip())


def _columns(text: str) -> int:
    """Columns on a terminal: kanji and kana take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


class Narration:
    """Tells steps one by one, with a progress bar where a step reports how far it is."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def say(self, what: str) -> None:
        """A step begins."""
        self.end()
        show(f"  {what}")

    def progress(self, done: int, of: int) -> None:
        """How far the step is."""
        if not sys.stdout.isatty():
            return
        if self._bar is None or self._task is None:
            self._bar, self._task = _bar(of)
        self._bar.update(self._task, completed=done)

    def end(self) -> None:
        """The last step is over."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None


def _bar(total: int) -> "tuple[Progress, TaskID]":
    from rich.progress import Progress  # noqa: PLC0415 -- costs start-up time, seldom needed

    bar = Progress(transient=True)
    task = bar.add_task("  loading", total=total)
    bar.start()
    return bar, task
