"""Where things are wired together: the live bank, its processes and its databases."""

from typing import Final

MIGRATED_PACKAGES: Final = (
    "tanada.controls",
    "tanada.ledger",
    "tanada.operations",
    "tanada.customers",
    "tanada.products.deposits",
    "tanada.products.time_deposits",
    "tanada.batch",
)
"""Packages whose migrations make the core database, lowest floor first."""

WATCH_PACKAGES: Final = ("tanada.watch",)
"""Packages whose migrations make the watch database, which must work while the core is down."""

CHECKED_PACKAGES: Final = (
    "tanada.ledger",
    "tanada.operations",
    "tanada.products.deposits",
    "tanada.products.time_deposits",
)
"""Packages whose ``checks.sql`` ``tanada books check`` runs."""
