"""Finding drills and what they need: scenario files, policies and custody rules of the project."""

import difflib
from pathlib import Path
from typing import Final

from tanada.app.preparation import PROJECT, read_policy
from tanada.base.errors import BankError
from tanada.base.volumes import DirectoryVolume
from tanada.controls.custody import parse_custody
from tanada.controls.policies import Policy
from tanada.drills.drilling import Library
from tanada.drills.scenario import parse_scenario

DRILLS: Final = PROJECT / "drills"
POLICIES: Final = PROJECT / "policies"
DEFAULT_POLICY: Final = "tanada"
_SUFFIX: Final = ".yaml"


class DrillNotFound(BankError):
    """There is no drill of this name."""

    code = "drill_not_found"


def drill_names() -> list[str]:
    """The drills of the library."""
    names = DirectoryVolume(DRILLS).list("")
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def library(drill: str) -> Library:
    """A drill by its name, or by the path of its file, with the policies that it is run under.

    Raises ``DrillNotFound``, ``DrillFileError`` and ``PolicyError``.
    """
    path = _path(drill)
    name = path.name.removesuffix(_SUFFIX)
    return Library(
        name=name,
        scenario=parse_scenario(_text(path), str(path)),
        as_is=policy_named(DEFAULT_POLICY),
        as_was=policy_named(f"as-was-{name}"),
        custody=parse_custody(_text(POLICIES / "custody.toml"), "policies/custody.toml"),
    )


def policy_named(name: str) -> Policy:
    """A policy of the project by name, or any by the path of its file."""
    if name.endswith(".toml"):
        return read_policy(name)
    return read_policy(f"policies/{name}.toml")


def _path(drill: str) -> Path:
    for path in (Path(drill), DRILLS / f"{drill}{_SUFFIX}"):
        if path.is_file():
            return path
    near = difflib.get_close_matches(drill, drill_names(), n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(drill_names())}"
    raise DrillNotFound(f"no drill {drill!r}{hint}")


def _text(path: Path) -> str:
    return DirectoryVolume(path.parent).read(path.name).decode()
