"""``tanada atm``: the bank's side of a machine."""

from typing import Annotated

from cyclopts import App, Parameter, validators

from tanada.base.settings import read_settings
from tanada.cli.options import DataDir
from tanada.cli.screen import show

GROUP = App(name="atm", help="Machines: their keys, and a transaction to try.")

Terminal = Annotated[
    int,
    Parameter(help="number of the machine", validator=validators.Number(gte=0, lte=9_999_999)),
]


@GROUP.command
def keys(terminal: Terminal, /, *, data_dir: DataDir = None) -> None:
    """Show the two keys of a machine in hex: what any ISO 8583 client needs to speak as it."""
    from tanada.app.places import Places  # noqa: PLC0415 -- see cli/README.md
    from tanada.channels.atm.keys import AtmKeys, terminal_id  # noqa: PLC0415

    places = Places.of(read_settings({"data_dir": data_dir}))
    found = AtmKeys.load(places.keys).of_terminal(terminal)
    show(f"terminal  {terminal_id(terminal)}")
    show(f"pin key   {found.pin_key.hex()}")
    show(f"mac key   {found.mac_key.hex()}")
