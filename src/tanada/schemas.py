"""Whose migrations make which database, lowest floor of the house first."""

from typing import Final

CORE_PACKAGES: Final = (
    "tanada.controls",
    "tanada.ledger",
    "tanada.operations",
    "tanada.customers",
    "tanada.products.deposits",
    "tanada.products.time_deposits",
    "tanada.batch",
)
"""The core database: money and what decides about it."""

WATCH_PACKAGES: Final = ("tanada.watch",)
"""The watch database, which must work while the core is down."""
