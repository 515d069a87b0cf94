"""A shelf gives back what was put on it, forgets what was undone, and saves what changed."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from tanada.base.pipeline import Pipeline
from tanada.operations.shelf import Shelf, Table

NO_PIPELINE = cast("Pipeline", None)


def _shelf(saved: list[list[str]] | None = None) -> Shelf[str]:
    def make(row: Sequence[Any]) -> tuple[int, str]:
        return row[0], row[1]

    def save(_: Pipeline, rows: list[str]) -> None:
        assert saved is not None
        saved.append(rows)

    table = Table(
        keys=lambda command: (command.account,),
        load="select",
        make=make,
        save=None if saved is None else save,
    )
    shelf = Shelf(table)
    shelf.fill([(1, "one"), (3, "three")])
    return shelf


def test_it_holds_what_was_loaded_and_what_was_put() -> None:
    shelf = _shelf()
    shelf.put(2, "two")
    assert [shelf.get(key) for key in (1, 2, 3, 4)] == ["one", "two", "three", None]
    assert sorted(shelf) == ["one", "three", "two"]


def test_it_saves_each_changed_row_once_and_in_the_order_of_keys() -> None:
    saved: list[list[str]] = []
    shelf = _shelf(saved)
    shelf.put(3, "a")
    shelf.put(2, "b")
    shelf.put(3, "c")
    shelf.save(NO_PIPELINE)
    assert saved == [["b", "c"]]


def test_what_did_not_change_is_not_saved() -> None:
    saved: list[list[str]] = []
    _shelf(saved).save(NO_PIPELINE)
    assert saved == []


def test_it_forgets_all_that_was_put_since_a_mark() -> None:
    saved: list[list[str]] = []
    shelf = _shelf(saved)
    shelf.put(1, "kept")
    mark = shelf.mark()
    shelf.put(1, "gone")
    shelf.put(2, "gone")
    shelf.put(1, "gone too")
    shelf.undo(mark)
    assert [shelf.get(key) for key in (1, 2, 3)] == ["kept", None, "three"]
    shelf.save(NO_PIPELINE)
    assert saved == [["kept"]]


def test_a_table_that_is_only_read_cannot_be_written_by_mistake() -> None:
    shelf = _shelf()
    shelf.put(1, "x")
    with pytest.raises(AssertionError, match="only read"):
        shelf.save(NO_PIPELINE)
