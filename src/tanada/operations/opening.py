"""The operations by which a bank is loaded, recorded like all others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Final

from tanada.base.copying import copy_lines
from tanada.base.database import Connection, load_queries
from tanada.base.ids import operation_id

_QUERIES: Final = load_queries(__package__, "opening.sql")
FINGERPRINT_BYTES: Final = 16


@dataclass(frozen=True)
class OpeningOperation:
    """One accepted operation of the load; ``amount`` is yen, ``account`` the one it is about."""

    key: str
    command: str
    product: str
    account: int
    amount: int


def record_opening(
    connection: Connection,
    operations: Iterable[OpeningOperation],
    *,
    origin: str,
    business_date: date,
    booked_at: datetime,
) -> None:
    """Store the outcome ``accepted`` of each operation; ``origin`` says what loaded the bank."""
    ending = f"{booked_at.isoformat()}\t{booked_at.isoformat()}\t{business_date}\n"
    copy_lines(connection, _QUERIES.copy_operations, _lines(operations, origin, ending))


def _lines(operations: Iterable[OpeningOperation], origin: str, ending: str) -> Iterator[str]:
    for each in operations:
        # No command struct lies behind the key, so the fingerprint of any later command differs.
        fingerprint = blake2b(repr(each).encode(), digest_size=FINGERPRINT_BYTES).hexdigest()
        yield (
            f"{operation_id(each.key)}\t{each.key}\t\\\\x{fingerprint}\t{each.command}\t"
            f"{each.product}\tbatch\t{origin}\t{each.account}\t{each.amount}\t"
            f"accepted\tok\t\\\\x\t{origin}\t{ending}"
        )
