"""Which kinds of job there are: one table on one page."""

import difflib
from collections.abc import Mapping
from typing import Final

from tanada.base.errors import BankError
from tanada.batch.e_account_switch import E_ACCOUNT_SWITCH
from tanada.batch.kinds import JobKind
from tanada.batch.month_end_renewals import MONTH_END_RENEWALS
from tanada.batch.posting_file import POSTING_FILE

KINDS: Final[Mapping[str, JobKind]] = {
    kind.name: kind for kind in (MONTH_END_RENEWALS, E_ACCOUNT_SWITCH, POSTING_FILE)
}


class UnknownJobKind(BankError):
    """There is no such kind of job."""

    code = "unknown_job_kind"


def kind_named(name: str) -> JobKind:
    """The kind; raises ``UnknownJobKind`` naming the nearest."""
    if name not in KINDS:
        near = difflib.get_close_matches(name, KINDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UnknownJobKind(f"no kind of job {name!r}{hint} (kinds: {', '.join(KINDS)})")
    return KINDS[name]
