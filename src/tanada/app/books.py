"""``books check`` over every package that has checks."""

from tanada.base.database import connect
from tanada.checks import ALL_CHECKS
from tanada.ledger.books import Finding, check_books


def check_all_books(url: str) -> list[Finding]:
    """Prove that the books of the bank at ``url`` are right; the bank may be at work meanwhile."""
    with connect(url, application="tanada books check", role="tanada_owner") as connection:
        return check_books(connection, ALL_CHECKS)
