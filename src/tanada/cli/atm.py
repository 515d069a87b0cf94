"""``tanada atm``: the bank's side of a machine."""

import asyncio
from typing import Annotated, Literal

from cyclopts import App, Parameter, validators

from tanada.base.money import format_yen
from tanada.base.settings import read_settings
from tanada.cli.options import DataDir
from tanada.cli.screen import show

GROUP = App(name="atm", help="Machines: keys and cards to speak as one, a transaction to try.")

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


@GROUP.command
def card(
    customer: Annotated[int, Parameter(help="number of the customer")],
    /,
    *,
    data_dir: DataDir = None,
) -> None:
    """Show account, card and PIN of a customer of the demonstration bank, and of no other bank."""
    from tanada.app.machine import resident_of  # noqa: PLC0415 -- see cli/README.md
    from tanada.app.places import Places  # noqa: PLC0415

    bank = Places.of(read_settings({"data_dir": data_dir})).load()
    found = resident_of(bank, customer)
    show(f"account   {found.account:014d}")
    show(f"card      {found.card}")
    show(f"pin       {found.pin}")


@GROUP.command(name="try")
def try_(
    wish: Annotated[
        Literal["withdrawal", "deposit", "balance", "passbook"], Parameter(help="what to do there")
    ] = "withdrawal",
    /,
    *,
    terminal: Terminal = 1,
    customer: Annotated[int, Parameter(help="who goes there")] = 1,
    amount: Annotated[int, Parameter(help="yen, for a withdrawal or a deposit")] = 10_000,
    data_dir: DataDir = None,
) -> int:
    """Go to a machine as a customer: one real ISO 8583 transaction with the running gateway.

    Exit status 0 if it was accepted, else 1.
    """
    from tanada.app.machine import Trial, customer_of, try_machine  # noqa: PLC0415 -- see README.md
    from tanada.app.places import Places  # noqa: PLC0415
    from tanada.counterparts.visits import Wish  # noqa: PLC0415
    from tanada.ledger.accounts import account_number  # noqa: PLC0415

    places = Places.of(read_settings({"data_dir": data_dir}))
    bank = places.load()
    trial = Trial(wish=Wish(wish), terminal=terminal, customer=customer, amount=amount)
    account = account_number(customer_of(bank, trial).account)
    result = asyncio.run(try_machine(bank, places, trial))
    sum_ = f" of {format_yen(amount)}" if wish in ("withdrawal", "deposit") else ""
    show(f"{wish}{sum_} at machine {terminal}, account {account}: {result.kind} ({result.code})")
    kept = ", ".join(result.retained) or "nothing"
    show(f"the machine kept: {kept}")
    return 0 if result.kind == "accepted" else 1
