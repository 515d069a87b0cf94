"""Collects every error and outcome code by import, and writes `docs/errors.md` from them.

Run `make docs` after adding a code; `tests/test_docs.py` fails while the file lags behind.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import tanada
from tanada.base.errors import BankError
from tanada.operations.codes import MEANINGS

TABLE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"

INTRODUCTION = """\
# Codes

Written by `make docs` from the code; `tests/test_docs.py` keeps it true.

A refusal or a failure of a single command is an *outcome* with a code. Trouble of the program
itself (a setting, the network, the database) is an *error* with a code. Both are words that never
change their meaning; programs may rely on them, and people may search for them.
"""


def load_all_modules() -> None:
    """Import every module of Tanada, so that every subclass of `BankError` is known."""
    for module in pkgutil.walk_packages(tanada.__path__, "tanada."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def errors() -> list[type[BankError]]:
    """`BankError` and all that derives from it, by code and then by name."""
    load_all_modules()
    found = {error for error in _with_subclasses(BankError) if error.__module__ != __name__}
    ours = [error for error in found if error.__module__.startswith("tanada.")]
    return sorted(ours, key=lambda error: (error.code, error.__name__))


def _with_subclasses(error: type[BankError]) -> Iterator[type[BankError]]:
    yield error
    for subclass in error.__subclasses__():
        yield from _with_subclasses(subclass)


def meaning(error: type[BankError]) -> str:
    """The first paragraph of the class's docstring on one line; "" if it has none of its own."""
    paragraph = (error.__dict__.get("__doc__") or "").strip().partition("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`").replace("|", "\\|")


def render() -> str:
    """The whole of `docs/errors.md`."""
    return "\n".join([INTRODUCTION, *_error_lines(), "", *_outcome_lines(), ""])


def _error_lines() -> Iterator[str]:
    yield "## Errors\n"
    yield "| Code | Meaning | May a retry help? |"
    yield "|---|---|---|"
    for error in errors():
        yield f"| `{error.code}` | {meaning(error)} | {'yes' if error.transient else 'no'} |"


def _outcome_lines() -> Iterator[str]:
    yield "## Outcome codes\n"
    yield "The class is that of the report: A no answer, B system error, C closed compartment,"
    yield "D business refusal. *Bank's reason*: the cause lay with the bank, not the customer.\n"
    yield "| Code | Outcome | Class | Bank's reason | Meaning | What customers read |"
    yield "|---|---|---|---|---|---|"
    for code, said in MEANINGS.items():
        whose = "yes" if said.bank_reason else "no"
        row = [f"`{code}`", said.kind, said.error_class, whose, said.english, said.japanese]
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    TABLE.write_text(render(), encoding="utf-8")
