"""``books check`` over every package that has checks."""

from tanada.app import CHECKED_PACKAGES
from tanada.base.database import connect
from tanada.ledger.books import Check, Finding, check_books, load_checks


def all_checks() -> tuple[Check, ...]:
    """Every check of the bank, lowest floor first."""
    return tuple(check for package in CHECKED_PACKAGES for check in load_checks(package))


def check_all_books(url: str) -> list[Finding]:
    """Prove that the books of the bank at ``url`` are right; the bank may be at work meanwhile."""
    with connect(url, application="tanada books check", role="tanada_owner") as connection:
        return check_books(connection, all_checks())
