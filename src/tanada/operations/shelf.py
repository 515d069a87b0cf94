"""Shelves: a product's rows for one batch, loaded and saved as a set.

A product describes its table once (``Table``); a batch loads the rows that its commands name,
decides on them in memory, and saves those that changed. The locks on the ledger's accounts guard
these rows too, so a table's rows must belong to accounts of the command.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from tanada.base.pipeline import Pipeline

Row = TypeVar("Row")


class Table(Generic[Row]):
    """How one table's rows come and go.

    ``keys`` names the rows that a command needs; ``load`` is SQL with one ``bigint[]`` parameter;
    ``make`` turns a result row into ``(key, row)``; ``save`` sends changed rows as a set.
    """

    __slots__ = ("keys", "load", "make", "save")

    def __init__(
        self,
        *,
        keys: Callable[[Any], tuple[int, ...]],
        load: str,
        make: Callable[[Sequence[Any]], tuple[int, Row]],
        save: Callable[[Pipeline, list[Row]], None] | None = None,
    ) -> None:
        self.keys = keys
        self.load = load
        self.make = make
        self.save = save


class Shelf(Generic[Row]):
    """The rows of one table in one batch; rows are immutable and replaced by ``put``."""

    __slots__ = ("_before", "_rows", "_table")

    def __init__(self, table: Table[Row]) -> None:
        self._table = table
        self._rows: dict[int, Row] = {}
        self._before: list[tuple[int, Row | None]] = []

    def fill(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take over the rows of the table's ``load`` query."""
        self._rows.update(self._table.make(row) for row in rows)

    def get(self, key: int) -> Row | None:
        """The row, with what the batch has changed so far."""
        return self._rows.get(key)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def put(self, key: int, row: Row) -> None:
        """Replace or add a row; it is saved with the batch."""
        self._before.append((key, self._rows.get(key)))
        self._rows[key] = row

    def mark(self) -> int:
        """Remember this point, to ``undo`` a command that fails half-way."""
        return len(self._before)

    def undo(self, mark: int) -> None:
        """Forget all changes since ``mark``."""
        while len(self._before) > mark:
            key, row = self._before.pop()
            if row is None:
                del self._rows[key]
            else:
                self._rows[key] = row

    def save(self, pipeline: Pipeline) -> None:
        """Send the changed rows, each once and in the order of their keys."""
        if self._before:
            assert self._table.save is not None, "this table is only read"
            changed = sorted({key for key, _ in self._before})
            self._table.save(pipeline, [self._rows[key] for key in changed])
