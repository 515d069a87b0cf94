"""The tree of operating errors.

Operating errors are expected to happen and are typed; a programmer's error is an ``assert`` and
stops the process. Each leaf of the tree has a word as its code and says whether trying the same
thing again may help::

    BankError
    ├── SettingsError, PolicyError, ...     what a person wrote cannot be used
    ├── DatabaseUnreachable, ...            PostgreSQL (base.database)
    ├── NetworkError, LinkDown, ...         the network seam and the link (base.network, base.link)
    ├── VolumeError, ...                    files (base.volumes)
    └── ReversalLogFull, ...                refusals of the ledger and of what lies above it

A business refusal is *not* an error: it is the outcome ``declined`` with its code
(``tanada.operations.codes``).
"""

from typing import ClassVar


class BankError(Exception):
    """Root of all operating errors; its message says what happened and what to do."""

    code: ClassVar[str] = "bank_error"
    transient: ClassVar[bool] = False
    """Whether the same thing, tried again unchanged, may succeed."""


class SettingsError(BankError):
    """A setting on the command line or in the environment cannot be used."""

    code = "settings"


class PolicyError(BankError):
    """A policy file has an unknown key, a value out of range or a contradiction."""

    code = "policy"


class LimitExceeded(BankError):
    """A named limit was reached; nothing beyond it was taken."""

    code = "limit_exceeded"


class InvariantBroken(BankError):
    """Something that must always hold does not; the operation at hand was undone."""

    code = "invariant_broken"
