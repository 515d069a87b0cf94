"""Which compartment executes what: policy, not code."""

import zlib
from typing import NamedTuple

from tanada.base.errors import PolicyError
from tanada.controls.policies import CompartmentRule, Policy


class Routes(NamedTuple):
    """The compartments of a policy, ready to be asked."""

    rules: tuple[CompartmentRule, ...]

    def compartment(self, product: str, channel: str, origin: str, account: int) -> str:
        """Name of the compartment for a command: the first rule that matches decides.

        The slot is a stable hash of the origin or of the account, so that a machine, or an
        account, always meets the same compartment.
        """
        for rule in self.rules:
            if (not rule.products or product in rule.products) and (
                not rule.channels or channel in rule.channels
            ):
                # The items of an account share its slot, since they share its locks.
                subject = origin if rule.slot_by == "origin" else str(account // 1000)
                return f"{rule.name}-{zlib.crc32(subject.encode()) % rule.slots}"
        raise PolicyError(f"no compartment is declared for {product} on {channel}")


def routes(policy: Policy) -> Routes:
    """The routes of a policy."""
    return Routes(policy.compartments)
