"""All that ``tanada books check`` proves, gathered from the packages that keep books."""

from typing import Final

from tanada.ledger.books import LEDGER_CHECKS, Check, load_checks

ALL_CHECKS: Final[tuple[Check, ...]] = (
    *LEDGER_CHECKS,
    *load_checks("tanada.operations"),
    *load_checks("tanada.products.deposits"),
    *load_checks("tanada.products.time_deposits"),
)
