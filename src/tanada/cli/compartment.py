"""``tanada compartment``: close and open one by hand."""

import asyncio
from typing import TYPE_CHECKING

from cyclopts import App

from tanada.base.settings import read_settings
from tanada.cli.options import DataDir, Reason
from tanada.cli.screen import show

if TYPE_CHECKING:
    from tanada.operations.commands import Close, Reopen

GROUP = App(name="compartment", help="Close (閉塞) and open compartments by hand.")


@GROUP.command
def close(name: str, /, *, reason: Reason, data_dir: DataDir = None) -> None:
    """Close a compartment: it refuses all work; the others do not notice."""
    from tanada.operations.commands import Close  # noqa: PLC0415 -- see cli/README.md

    _control(name, Close(reason=reason), data_dir)


@GROUP.command(name="open")
def open_(name: str, /, *, reason: Reason, data_dir: DataDir = None) -> None:
    """Open a closed compartment and forget the errors that it counted."""
    from tanada.operations.commands import Reopen  # noqa: PLC0415 -- see cli/README.md

    _control(name, Reopen(reason=reason), data_dir)


def _control(name: str, message: "Close | Reopen", data_dir: str | None) -> None:
    from tanada.app.live import control_compartment  # noqa: PLC0415 -- see cli/README.md
    from tanada.app.places import Places  # noqa: PLC0415

    places = Places.of(read_settings({"data_dir": data_dir}))
    answer = asyncio.run(control_compartment(places.load(), places, name, message))
    show(f"{answer.name} is {'open' if answer.open else f'closed: {answer.closed_reason}'}")
