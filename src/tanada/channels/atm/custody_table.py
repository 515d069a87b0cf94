"""Custody on the wire: what a terminal is told at sign-on, for the time when no answer comes.

Field 63 is ``2021-05;I=CRPRMR;M=CRPRMK``: the version of the rules, then for inquiries (I) and
monetary transactions (M) the row of class A with an unknown outcome, in the letters of tag ``CU``.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from tanada.channels.atm import fields as f
from tanada.channels.atm.messages import FormatError
from tanada.channels.atm.private_data import read_custody, write_custody
from tanada.controls.custody import MEDIA, CustodyMatrix
from tanada.controls.policies import Custody, Medium, TransactionClass

_LETTERS: Final[dict[str, TransactionClass]] = {"I": "inquiry", "M": "monetary"}


class CustodyTable(NamedTuple):
    """What a terminal does with each medium if the bank does not answer."""

    version: str
    without_answer: Mapping[TransactionClass, Mapping[Medium, Custody]]


def write_custody_table(matrix: CustodyMatrix) -> str:
    """Field 63 of the answer to a sign-on."""
    rows = [matrix.version]
    for letter, transaction in _LETTERS.items():
        custodies = {m: matrix.decide(transaction, "A", "unknown", m).custody for m in MEDIA}
        rows.append(f"{letter}={write_custody(custodies)}")
    return ";".join(rows)


def read_custody_table(text: str) -> CustodyTable:
    """The table in field 63; ``FormatError`` unless it names every class and every medium."""
    version, *rows = text.split(";")
    table: dict[TransactionClass, Mapping[Medium, Custody]] = {}
    for row in rows:
        letter, _, custodies = row.partition("=")
        if letter not in _LETTERS:
            raise FormatError(f.CUSTODY_TABLE, 0, "a row begins with I= or M=")
        table[_LETTERS[letter]] = read_custody(custodies)
    if len(table) != len(_LETTERS) or any(set(row) != set(MEDIA) for row in table.values()):
        raise FormatError(f.CUSTODY_TABLE, 0, "the table is not complete")
    return CustodyTable(version, table)
