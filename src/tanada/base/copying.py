"""COPY by whole blocks of text: for loads in which a call for every row would be felt.

A row is one line of PostgreSQL's text format, columns separated by tabs, ``\\N`` for NULL. The
caller makes the lines; ``ledger``, ``customers`` and the products each own the statements for
their tables.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from tanada.base.database import Connection, translate_errors

LINES_PER_BLOCK: Final = 2_000
"""Lines joined into one message to the server; some 100 KB."""

Advance = Callable[[int], None]
"""Hears how many rows were sent since it was called last."""


def copy_lines(
    connection: Connection, sql: str, lines: Iterable[str], advance: Advance | None = None
) -> int:
    """Send ``lines`` (each ends with a newline) through a ``COPY ... FROM STDIN``.

    Returns how many were sent. Nothing is stored unless all are. Raises ``DatabaseError``.
    """
    source = iter(lines)
    count = 0
    with translate_errors(), connection.cursor() as cursor, cursor.copy(sql) as copy:
        while block := list(islice(source, LINES_PER_BLOCK)):
            copy.write("".join(block))
            count += len(block)
            if advance is not None:
                advance(len(block))
    return count
