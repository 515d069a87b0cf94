"""Branches under their real codes, from the published bank and branch codes (package zengin-code).

Importing that package reads the branches of all 1,146 banks and takes seconds, so we read the one
file that we need and leave the package alone.
"""

from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from typing import Final

import msgspec

from tanada.base.errors import SettingsError

BANK: Final = "0001"
"""The bank whose branches the demonstration uses."""


class Branch(msgspec.Struct, frozen=True):
    """One branch; ``code`` has three digits, ``kana`` is the form of the Zengin code list."""

    code: str
    name: str
    kana: str

    @property
    def number(self) -> int:
        """The code as it stands in an account id, 1 to 999."""
        return int(self.code)


def branches_of(bank: str = BANK) -> tuple[Branch, ...]:
    """All branches of a bank, by code. Raises ``SettingsError`` for a bank that does not exist."""
    spec = find_spec("zengin_code")
    assert spec is not None
    assert isinstance(spec.loader, SourceFileLoader)
    assert spec.submodule_search_locations is not None
    folder = spec.submodule_search_locations[0]
    try:
        content = spec.loader.get_data(f"{folder}/source-data/data/branches/{bank}.json")
    except FileNotFoundError as error:
        raise SettingsError(f"no bank has the code {bank!r}: give four digits") from error
    branches = msgspec.json.decode(content, type=dict[str, Branch])
    return tuple(branches[code] for code in sorted(branches))
