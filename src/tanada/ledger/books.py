"""``books check``: proof, at any moment and online, that the books are right.

A check is one query that returns what is wrong, at most ``MAX_FINDINGS`` rows with an explanation
each; all checks see the same snapshot of the database.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from tanada.base.database import Connection, load_queries, translate_errors

MAX_FINDINGS: Final = 100
"""Findings shown of one check; one is enough to call the books wrong."""

_TIMEOUT_MS: Final = 600_000


class Check(NamedTuple):
    """One thing that must hold, and the query that finds where it does not."""

    name: str
    sql: str


class Finding(NamedTuple):
    """One place where the books are wrong."""

    check: str
    subject: str
    detail: str


def load_checks(package: str) -> tuple[Check, ...]:
    """The checks of a package, from the named queries of its ``checks.sql``."""
    queries = load_queries(package, "checks.sql")
    return tuple(Check(name, queries[name]) for name in queries)


LEDGER_CHECKS: Final = load_checks("tanada.ledger")


def check_books(connection: Connection, checks: Iterable[Check]) -> list[Finding]:
    """Run the checks in one read-only snapshot and return everything found; empty means clean."""
    findings: list[Finding] = []
    with translate_errors(), connection.transaction(), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read read only")
        cursor.execute("select set_config('statement_timeout', %s, true)", (str(_TIMEOUT_MS),))
        for check in checks:
            rows = cursor.execute(check.sql).fetchmany(MAX_FINDINGS)
            findings += [Finding(check.name, str(subject), str(detail)) for subject, detail in rows]
    return findings
