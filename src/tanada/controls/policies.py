"""Policies: the same code, as it was and as it is.

A policy is one TOML file. It says how much protection the bank has, never what a product does: a
drill may run under any policy, and with single layers switched off (``without``).
"""

import difflib
import tomllib
from typing import Annotated, Final, Literal

import msgspec

from tanada.base.errors import PolicyError

Medium = Literal["card", "passbook", "cash"]
TransactionClass = Literal["inquiry", "monetary"]
Custody = Literal["return", "retain"]
SlotBy = Literal["account", "origin"]

Count = Annotated[int, msgspec.Meta(ge=1)]
CountOrNone = Annotated[int, msgspec.Meta(ge=0)]
"""0 has a meaning of its own, which its rule tells."""
Seconds = Annotated[float, msgspec.Meta(gt=0)]
Permille = Annotated[int, msgspec.Meta(ge=1, le=1000)]

WITHOUT: Final[dict[str, str]] = {
    "preflight": "jobs start whatever the limit register forecasts",
    "reservation": "room in the reversal log is taken late, and a cancellation needs room too",
    "breakers": "no breaker opens, however many internal errors a product has",
    "product-compartments": "one set of compartments executes all products of a channel, and"
    " closes on errors",
    "custody-return": "machines keep cards and passbooks on every system error",
    "inquiry": "an operation without an answer stays unknown",
}
"""Layers that a drill can switch off, and what the bank is like without each."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class CompartmentRule(_Table, frozen=True, kw_only=True):
    """Compartments ``name-0`` .. ``name-<slots-1>`` for the given products and channels.

    An empty list means all. ``slot_by`` says what the slot is hashed from.
    """

    name: str
    slots: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    slot_by: SlotBy = "account"
    products: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class ClosingRule(_Table, frozen=True, kw_only=True):
    """When a compartment closes itself; 0 double errors means never."""

    double_errors: CountOrNone = 0
    reopen: Literal["probe", "person"] = "probe"
    probe_seconds: Count = 30


class ReversalLogRule(_Table, frozen=True, kw_only=True):
    """Declared capacity of each product's reversal log, in rows of one business date.

    With ``reserve`` a row is reserved before the update and serves its cancellation too; without,
    the update takes a row when it writes and its cancellation takes another. ``lease`` is how many
    rows a compartment reserves at once, so that the meter is no hot row.
    """

    capacity: dict[str, CountOrNone]
    reserve: bool = True
    lease: Count = 256


class PreflightRule(_Table, frozen=True, kw_only=True):
    """Whether a job is refused when its forecast passes the warning level of a limit."""

    enabled: bool = True
    warn_permille: Permille = 800


class BreakerRule(_Table, frozen=True, kw_only=True):
    """A breaker opens at ``errors`` internal errors of one kind within the window; 0 means never.

    Successes between them do not matter: on 7 March 2021 the victims were one in thousands.
    """

    errors: CountOrNone = 3
    window_seconds: Count = 3600
    probe_seconds: Count = 60


class ProhibitionRule(_Table, frozen=True, kw_only=True):
    """取引サービス禁止機能: suspend a product on a channel at so many double errors.

    They are counted per compartment; 0 means that the bank has no such guard. People can relax
    it during a drill.
    """

    double_errors: CountOrNone = 0


class InquiryRule(_Table, frozen=True, kw_only=True):
    """Whether an operation without an answer is inquired until its outcome is known."""

    enabled: bool = True
    first_seconds: Seconds = 1.0
    longest_seconds: Seconds = 30.0


class MailboxRule(_Table, frozen=True, kw_only=True):
    """Bounds of a compartment's mailbox and of one batch, in commands."""

    capacity: Count = 4096
    batch: Count = 512


class SwitchRule(_Table, frozen=True, kw_only=True):
    """How often a gateway asks for the switches; a sever must hold everywhere within 5 s."""

    poll_seconds: Annotated[float, msgspec.Meta(gt=0, le=5)] = 2.0


class AlarmRule(_Table, frozen=True, kw_only=True):
    """Whether a change of state raises an alarm of its own, or drowns in the system messages.

    On 28 February 2021 the closing of a compartment (12:14) was one line among masses of error
    messages, and was recognised at 17:10.
    """

    state_changes_apart: bool = True


class BatchRule(_Table, frozen=True, kw_only=True):
    """Bulk posting: items of one transaction, and items a second (0: as fast as it goes)."""

    chunk: Count = 1000
    items_per_second: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class DatabaseModel(_Table, frozen=True, kw_only=True):
    """Virtual time that a batch takes in the simulated world: microseconds."""

    batch_us: CountOrNone = 2_000
    command_us: CountOrNone = 50


class Policy(_Table, frozen=True, kw_only=True):
    """All of a policy file; see ``docs/policies.md`` for every key."""

    name: str
    custody: str
    compartments: tuple[CompartmentRule, ...]
    reversal_log: ReversalLogRule
    closing: ClosingRule = ClosingRule()
    preflight: PreflightRule = PreflightRule()
    breaker: BreakerRule = BreakerRule()
    prohibition: ProhibitionRule = ProhibitionRule()
    inquiry: InquiryRule = InquiryRule()
    mailbox: MailboxRule = MailboxRule()
    switches: SwitchRule = SwitchRule()
    alarms: AlarmRule = AlarmRule()
    batch: BatchRule = BatchRule()
    database_model: DatabaseModel = DatabaseModel()


def parse_policy(text: str, source: str) -> Policy:
    """Read a policy; raises ``PolicyError`` naming ``source`` and the key that is wrong."""
    try:
        policy = msgspec.convert(tomllib.loads(text), Policy)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{source}: {error}") from error
    except msgspec.ValidationError as error:
        raise PolicyError(f"{source}: {error}{_nearest(str(error))}") from error
    _check(policy, source)
    return policy


def _nearest(message: str) -> str:
    if "unknown field" not in message:
        return ""
    unknown = message.split("`")[1]
    known = {field for table in _Table.__subclasses__() for field in table.__struct_fields__}
    near = difflib.get_close_matches(unknown, sorted(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _check(policy: Policy, source: str) -> None:
    if not policy.compartments:
        raise PolicyError(f"{source}: name at least one [[compartments]]")
    names = [rule.name for rule in policy.compartments]
    if len(set(names)) != len(names):
        raise PolicyError(f"{source}: two compartments have the same name")
    if policy.mailbox.batch > policy.mailbox.capacity:
        raise PolicyError(f"{source}: mailbox.batch must be 1 to mailbox.capacity")


def without(policy: Policy, layers: tuple[str, ...], as_was: Policy) -> Policy:
    """The policy with ``layers`` switched off, each as it is in ``as_was``.

    Raises ``PolicyError`` for a layer that does not exist, naming the nearest.
    """
    for layer in layers:
        if layer not in WITHOUT:
            near = difflib.get_close_matches(layer, WITHOUT, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise PolicyError(f"no layer {layer!r}{hint} (layers: {', '.join(WITHOUT)})")
        policy = _without_one(policy, layer, as_was)
    return policy


def _without_one(policy: Policy, layer: str, as_was: Policy) -> Policy:
    replace = msgspec.structs.replace
    if layer == "preflight":
        return replace(policy, preflight=replace(policy.preflight, enabled=False))
    if layer == "reservation":
        return replace(policy, reversal_log=replace(policy.reversal_log, reserve=False))
    if layer == "breakers":
        return replace(policy, breaker=replace(policy.breaker, errors=0))
    if layer == "inquiry":
        return replace(policy, inquiry=replace(policy.inquiry, enabled=False))
    if layer == "custody-return":
        return replace(policy, custody=as_was.custody)
    return replace(
        policy,
        compartments=as_was.compartments,
        closing=as_was.closing,
        prohibition=as_was.prohibition,
    )


def compartment_names(policy: Policy) -> tuple[str, ...]:
    """Every compartment of the policy, in the order of the file."""
    return tuple(
        f"{rule.name}-{slot}" for rule in policy.compartments for slot in range(rule.slots)
    )
