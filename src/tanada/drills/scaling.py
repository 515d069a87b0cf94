"""Scale: a drill made small, with customers, machines, items and capacities thinned alike."""

from typing import Final

import msgspec

from tanada.base.errors import SettingsError
from tanada.batch.demonstration import BankPlan
from tanada.controls.policies import Policy
from tanada.drills.scenario import Scenario

MIN_SCALE: Final = 0.001
SWITCH_POLL_S: Final = 5.0
"""Coarser than live, for the speed of a drill, and as late as a switch may be."""

FLOAT_CASH: Final = 60_000_000
"""Yen in a machine at the beginning: enough for the day, since running out is not drilled."""


def thin(number: int, scale: float) -> int:
    """``number`` at ``scale``, at least 1 if there was any."""
    return max(1, round(number * scale)) if number else 0


def check_scale(scale: float) -> float:
    """The scale, if a drill can be run at it; raises ``SettingsError``."""
    if not MIN_SCALE <= scale <= 1:
        raise SettingsError(f"scale must be {MIN_SCALE} to 1, not {scale}")
    return scale


def plan_of(scenario: Scenario, scale: float, seed: int) -> BankPlan:
    """The bank to load."""
    world = scenario.world
    contracts = world.time_deposits
    return BankPlan(
        business_date=world.business_date,
        customers=thin(world.customers, scale),
        branches=thin(world.branches, scale),
        maturing=thin(contracts.maturing, scale),
        switching=thin(contracts.switching, scale),
        quiet=thin(contracts.quiet, scale),
        terminals=tuple(range(1, thin(world.atms, scale) + 1)),
        machine_cash=FLOAT_CASH,
        reversal_capacity={},
        seed=seed,
    )


def policy_at(policy: Policy, scenario: Scenario, scale: float, *, faulty: bool) -> Policy:
    """The policy at ``scale``, with the drill's faults or, for the twin, without.

    The count of double errors that closes a compartment is thinned too: with fewer customers they
    come more slowly. The twin's logs are without a bound.
    """
    replace = msgspec.structs.replace
    log, closing, batch = policy.reversal_log, policy.closing, policy.batch
    capacity: dict[str, int] = {}
    if faulty:
        capacity = {product: thin(rows, scale) for product, rows in log.capacity.items()}
        for fault in scenario.faults:
            capacity[fault.resource.partition(".")[2]] = thin(fault.limit, scale)
    return replace(
        policy,
        reversal_log=replace(log, capacity=capacity, lease=thin(log.lease, scale)),
        switches=replace(policy.switches, poll_seconds=SWITCH_POLL_S),
        closing=replace(closing, double_errors=thin(closing.double_errors, scale)),
        prohibition=replace(
            policy.prohibition, double_errors=thin(policy.prohibition.double_errors, scale)
        ),
        batch=replace(
            batch,
            chunk=thin(batch.chunk, scale),
            items_per_second=batch.items_per_second * scale,
        ),
    )
