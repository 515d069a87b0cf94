"""Custody: whether a machine returns or keeps a card, a passbook or cash.

The rules are data (``policies/custody.toml``) in versions: the table of the report (③ATM仕様) as it
was in February 2021, as it stood in April, and as announced for May. A cell exists for every
transaction class, error class, state of knowledge and medium, so there is no default to fall into.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import product
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from tanada.base.errors import PolicyError
from tanada.controls.policies import Custody, Medium, TransactionClass

ErrorClass = Literal["A", "B", "C", "D"]
Knowledge = Literal["known", "unknown"]
"""Whether it is certain that the transaction had no effect."""

MEDIA: Final[tuple[Medium, ...]] = ("card", "passbook", "cash")
CELLS: Final = tuple(
    product(get_args(TransactionClass), get_args(ErrorClass), get_args(Knowledge), MEDIA)
)
"""Every cell that a version must have: 48."""

Cell = tuple[TransactionClass, ErrorClass, Knowledge, Medium]
_Row = tuple[TransactionClass, ErrorClass, Knowledge, Custody, Custody, Custody, str]


class Ruling(NamedTuple):
    """What to do with one medium, and why if it is kept."""

    custody: Custody
    reason: str = ""


RETURN: Final = Ruling("return")


class _Version(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    source: str
    cells: tuple[_Row, ...]


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    fraud_codes: tuple[str, ...]
    fraud_reason: str
    version: tuple[_Version, ...]


class CustodyMatrix:
    """One version of the rules."""

    def __init__(
        self, version: str, cells: Mapping[Cell, Ruling], fraud_codes: frozenset[str], fraud: Ruling
    ) -> None:
        assert set(cells) == set(CELLS), "the loader lets no version pass that lacks a cell"
        self.version: Final = version
        self.fraud_codes: Final = fraud_codes
        self._cells = cells
        self._fraud = fraud

    def decide(
        self,
        transaction: TransactionClass,
        error_class: ErrorClass | Literal[""],
        knowledge: Knowledge,
        medium: Medium,
        code: str = "",
    ) -> Ruling:
        """The ruling on ``medium``; ``error_class`` is empty when the transaction was accepted.

        ``code`` is the outcome's: some codes say that the card is in the wrong hands, and then it
        is kept whatever the transaction was.
        """
        if medium == "card" and code in self.fraud_codes:
            return self._fraud
        if error_class == "":
            return RETURN
        return self._cells[transaction, error_class, knowledge, medium]


def parse_custody(text: str, source: str) -> dict[str, CustodyMatrix]:
    """Every version of the rules in ``text``, by name.

    Raises ``PolicyError`` with ``source`` and the line of each fault that was found.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{source}: {error}") from error
    except msgspec.ValidationError as error:
        raise PolicyError(f"{source}{_line_of(text, str(error))}: {error}") from error
    faults = [
        f"{source}{fault}"
        for place in range(len(file.version))
        for fault in _faults(text, file, place)
    ]
    if faults:
        raise PolicyError("\n".join(faults))
    fraud = Ruling("retain", file.fraud_reason)
    codes = frozenset(file.fraud_codes)
    return {
        version.name: CustodyMatrix(version.name, dict(_cells(version)), codes, fraud)
        for version in file.version
    }


def custody_version(versions: Mapping[str, CustodyMatrix], name: str) -> CustodyMatrix:
    """The version that a policy names; ``PolicyError`` with the nearest one if there is none."""
    if name not in versions:
        near = get_close_matches(name, versions, n=1, cutoff=0.0)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise PolicyError(f"no version {name!r} of the custody rules{hint}")
    return versions[name]


def _cells(version: _Version) -> Iterator[tuple[Cell, Ruling]]:
    for transaction, error_class, knowledge, *custodies, reason in version.cells:
        for medium, custody in zip(MEDIA, custodies, strict=True):
            ruling = Ruling("retain", reason) if custody == "retain" else RETURN
            yield (transaction, error_class, knowledge, medium), ruling


def _faults(text: str, file: _File, place: int) -> Iterator[str]:
    """What msgspec cannot see: rows twice, rows missing, and keeping without a reason."""
    version = file.version[place]
    seen: set[tuple[str, str, str]] = set()
    for index, row in enumerate(version.cells):
        line = _line_of(text, f"$.version[{place}].cells[{index}]")
        if row[:3] in seen:
            yield f"{line}: {' '.join(row[:3])} comes twice in {version.name}"
        if "retain" in row and not row[-1]:
            yield f"{line}: {' '.join(row[:3])} keeps a medium and does not say why"
        seen.add(row[:3])
    for missing in sorted({cell[:3] for cell in CELLS} - seen):
        line = _line_of(text, f"$.version[{place}]")
        yield f"{line}: {version.name} has no row {' '.join(missing)}"


def _line_of(text: str, path: str) -> str:
    """The line to which msgspec's ``path`` leads, as ``:12``, or nothing if it names none.

    A row stands on one line and begins with ``["``; a version begins with ``[[version]]``.
    """
    found = re.search(r"\$\.version\[(\d+)\](?:\.cells\[(\d+)\])?", path)
    if found is None:
        return ""
    version, row = int(found[1]), int(found[2] or -1)
    for number, line in enumerate(text.splitlines(), 1):
        version -= line.startswith("[[version]]")
        row -= version < 0 and line.lstrip().startswith('["')
        if version < 0 and row < 0:
            return f":{number}"
    return ""
