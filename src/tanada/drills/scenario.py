"""A drill file: the world, what happens in it, who does what, and what is expected.

The format is a superset of Chaos Toolkit's experiments: ``title``, ``description``, ``tags``,
``steady-state-hypothesis``, ``method`` and ``rollbacks`` mean what they mean there.
"""

import difflib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError

from tanada.base.errors import BankError


class DrillFileError(BankError):
    """A drill file cannot be used; the message names the line and what would be right."""

    code = "drill_file"


Count = Annotated[int, msgspec.Meta(ge=0)]
Several = Annotated[int, msgspec.Meta(ge=1)]
Rate = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Product = Literal["deposits", "time_deposits"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    pass


class Probe(_Part, frozen=True, kw_only=True):
    """One thing that must hold before and after; ``tolerance`` is the value it must have."""

    name: str
    tolerance: bool | int


class SteadyState(_Part, frozen=True, kw_only=True):
    """What a healthy bank looks like."""

    title: str
    probes: tuple[Probe, ...] = ()


class TimeDeposits(_Part, frozen=True, kw_only=True):
    """Contracts of the world: due on the business date, switchable, and neither."""

    maturing: Count = 0
    switching: Count = 0
    quiet: Count = 0


class WorldPart(_Part, frozen=True, kw_only=True):
    """The bank and its day at full scale."""

    seed: int
    begins: Moment
    ends: Moment
    business_date: date
    customers: Several
    atms: Several
    branches: Several
    time_deposits: TimeDeposits = TimeDeposits()


class Online(_Part, frozen=True, kw_only=True):
    """What customers want at the machines; see ``counterparts.customers.Demand``."""

    visits_per_hour: Rate
    evenness: Annotated[float, msgspec.Meta(gt=0)]
    time_deposit_share: Share


class JobPart(_Part, frozen=True, kw_only=True):
    """One job of the day."""

    kind: Literal["month-end-renewals", "e-account-switch"]


class BatchPart(_Part, frozen=True, kw_only=True):
    """Jobs submitted together. Times are clock times of the first day."""

    submitted_at: str
    starts_at: str
    jobs: tuple[JobPart, ...]
    on_refusal: Literal["accept-proposal", "give-up"] = "accept-proposal"


class Load(_Part, frozen=True, kw_only=True):
    """What the bank is asked to do."""

    online: Online
    batch: BatchPart | None = None


class Fault(_Part, frozen=True, kw_only=True):
    """What goes wrong; the faultless twin has none of them."""

    kind: Literal["capacity"]
    resource: Literal["reversal_log.deposits", "reversal_log.time_deposits"]
    limit: Several


Action = Literal[
    "relax-prohibition",
    "suspend",
    "restore",
    "dispatch",
    "notice-closed-compartments",
    "reopen-compartments",
    "change-business-day",
    "announce",
]


class Person(_Part, frozen=True, kw_only=True):
    """A step that people take, right or wrong; with ``when`` only if that fact was seen before."""

    at: str
    role: str
    action: Action
    when: str = ""
    product: Product | Literal[""] = ""
    channel: str = ""
    machines_per_hour: Rate = 0.0
    over_minutes: Count = 0
    stay_away: Share = 0.0


class BlastRadius(_Part, frozen=True, kw_only=True):
    """Customers of these products may be hurt; all others must not notice anything."""

    products: tuple[Product, ...]


class Expect(_Part, frozen=True, kw_only=True):
    """What must come out under the default policy, whatever layers are switched off."""

    blast_radius: BlastRadius
    default_policy: dict[str, int] = {}
    alarm_within_seconds: Count = 10


class Rollback(_Part, frozen=True, kw_only=True):
    """A step that always runs at the end; if it fails, the drill fails."""

    action: Literal["reopen-compartments", "restore-services"]


class Scenario(_Part, frozen=True, kw_only=True):
    """A whole drill file."""

    title: str
    description: str
    world: WorldPart
    load: Load
    expect: Expect
    tags: tuple[str, ...] = ()
    steady_state_hypothesis: SteadyState = SteadyState(title="", probes=())
    method: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    people: tuple[Person, ...] = ()
    history: dict[str, int | float | str] = {}
    rollbacks: tuple[Rollback, ...] = ()


class _TimesAsWritten(RoundTripConstructor):
    """Leaves times as text: ruamel would turn them into UTC and forget the zone."""


_TimesAsWritten.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def parse_scenario(text: str, source: str) -> Scenario:
    """Read a drill file; raises ``DrillFileError`` with the line of every unknown key."""
    try:
        reader = YAML(typ="rt")
        reader.Constructor = _TimesAsWritten
        tree = reader.load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DrillFileError(f"{source}:{line}: {error.problem}") from error
    if not isinstance(tree, CommentedMap):
        raise DrillFileError(f"{source}:1: a drill file is a map of keys")
    faults = list(_unknown_keys(tree, Scenario, source))
    if faults:
        raise DrillFileError("\n".join(faults))
    try:
        scenario = msgspec.convert(_plain(tree), Scenario)
    except msgspec.ValidationError as error:
        raise DrillFileError(f"{source}:{_line_of(tree, str(error))}: {error}") from error
    for path, fault in _contradictions(scenario):
        raise DrillFileError(f"{source}:{_line_of(tree, f'`$.{path}`')}: {fault}")
    return scenario


def _contradictions(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Path and words of what is of the right type and yet cannot be."""
    world = scenario.world
    if world.ends <= world.begins:
        yield "world.ends", "world.ends must be after world.begins"
    for path, text in _clock_times(scenario):
        try:
            at_clock(world.begins, text)
        except DrillFileError as error:
            yield path, str(error)


def _clock_times(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield from ((f"people[{n}].at", person.at) for n, person in enumerate(scenario.people))
    if scenario.load.batch is not None:
        yield "load.batch.submitted-at", scenario.load.batch.submitted_at
        yield "load.batch.starts-at", scenario.load.batch.starts_at


def at_clock(begins: datetime, text: str) -> datetime:
    """The moment ``HH:MM`` of the first day, or ``D+1 HH:MM`` of a later one."""
    days, _, clock = text.rpartition(" ")
    try:
        offset = int(days.removeprefix("D+")) if days else 0
        moment = datetime.combine(begins.date(), time.fromisoformat(clock), begins.tzinfo)
    except ValueError as error:
        raise DrillFileError(f"no clock time: {text!r}; write 12:45 or D+1 07:00") from error
    return moment + timedelta(days=offset)


# -- lines ---------------------------------------------------------------------------------------


def _unknown_keys(node: Any, kind: Any, source: str) -> Iterator[str]:
    kind = _inner(kind)
    if isinstance(node, CommentedSeq):
        [item] = typing.get_args(kind)[:1] or (None,)
        for child in node:
            yield from _unknown_keys(child, item, source)
    if not (isinstance(node, CommentedMap) and _is_part(kind)):
        return
    known = dict(zip(kind.__struct_encode_fields__, _types(kind), strict=True))
    for key, child in node.items():
        if key in known:
            yield from _unknown_keys(child, known[key], source)
        else:
            line = node.lc.key(key)[0] + 1
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.0)
            yield f"{source}:{line}: unknown key {key!r}; did you mean {near[0]!r}?"


def _types(kind: type[_Part]) -> list[Any]:
    hints = typing.get_type_hints(kind)
    return [hints[field] for field in kind.__struct_fields__]


def _inner(kind: Any) -> Any:
    """``X`` of ``X | None``; any other type as it is."""
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return next((arg for arg in typing.get_args(kind) if arg is not type(None)), kind)
    return kind


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, _Part)


def _line_of(tree: CommentedMap, message: str) -> int:
    """The line of the path ``$.world.atms`` that a validation error names; else the first."""
    path = message.rpartition("`$.")[2].rstrip("`") if "`$." in message else ""
    node: Any = tree
    line = 1
    for part in path.replace("[", ".").replace("]", "").split("."):
        key: Any = int(part) if part.isdigit() else part
        if isinstance(node, CommentedMap) and key in node:
            line = node.lc.key(key)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
            line = node.lc.item(key)[0] + 1
        else:
            return line
        node = node[key]
    return line


def _plain(node: Any) -> Any:
    """The tree without ruamel's own types, which msgspec does not know."""
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_plain(value) for value in node]
    if isinstance(node, str):
        return str(node)
    if isinstance(node, bool):
        return bool(node)
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    return node
