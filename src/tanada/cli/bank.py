"""``tanada up`` and ``tanada status``."""

import asyncio
import logging
import shutil
import sys
from typing import TYPE_CHECKING

from tanada.base.settings import Settings, read_settings
from tanada.cli.options import (
    AtmPort,
    ConsolePort,
    Customers,
    DatabaseUrl,
    DataDir,
    Host,
    PolicyFile,
)
from tanada.cli.screen import Narration, show, show_table

if TYPE_CHECKING:
    from tanada.app.live import BankStatus
    from tanada.app.places import LiveBank, Places
    from tanada.operations.commands import CompartmentStatus


def up(
    *,
    customers: Customers = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    host: Host = None,
    atm_port: AtmPort = None,
    console_port: ConsolePort = None,
    policy: PolicyFile = None,
) -> None:
    """Start the bank and keep it running until Ctrl-C; a second start finds its data again."""
    settings = read_settings(
        {
            "customers": customers,
            "database_url": database_url,
            "data_dir": data_dir,
            "host": host,
            "atm_port": atm_port,
            "console_port": console_port,
            "policy": policy,
        }
    )
    _run(settings)


def _run(settings: Settings) -> None:
    from tanada.app.places import Places  # noqa: PLC0415 -- see cli/README.md
    from tanada.app.preparation import prepared  # noqa: PLC0415
    from tanada.base.supervisor import only_supervisor  # noqa: PLC0415

    # What the supervisor notices: a process that died, and that it is back.
    logging.basicConfig(format="  %(asctime)s %(message)s", datefmt="%H:%M:%S")
    places = Places.of(settings)
    places.make()
    narration = Narration()
    with only_supervisor(places.lock):
        show(f"Tanada opens in {places.root}")
        with prepared(settings, narration) as bank:
            narration.end()
            asyncio.run(_serve(bank, places, narration))
    show("  closed")


async def _serve(bank: "LiveBank", places: "Places", narration: Narration) -> None:
    from tanada.app.live import running  # noqa: PLC0415 -- see cli/README.md
    from tanada.base.supervisor import until_told_to_stop  # noqa: PLC0415

    narration.say("processes")
    async with running(bank, places) as supervisor:
        show("The bank is open.")
        show_table([("process", "pid"), *((s.name, s.pid) for s in supervisor.states)])
        _show_what_next(bank)
        await until_told_to_stop(watch_input=False)
        narration.say("processes stop")


def _show_what_next(bank: "LiveBank") -> None:
    # make run has no virtual environment on its PATH; what is shown here must work when pasted.
    tanada = "tanada" if shutil.which("tanada") else sys.argv[0]
    where = f" --data-dir {bank.settings.data_dir}" if bank.settings.data_dir != "var" else ""
    show(f"ATM gateway (ISO 8583): {bank.atm_address}")
    show(f"operators' console:     {bank.console_url}")
    show("Try next, in another terminal:")
    show(f"  {tanada} status{where}")
    show(f"  {tanada} atm try withdrawal --terminal 1 --amount 10000{where}")
    show(f"  {tanada} books check{where}")
    show("Ctrl-C stops the bank; the next start finds its data again.")


def status(*, data_dir: DataDir = None) -> int:
    """Tell what runs: the processes, and what each compartment says of itself."""
    from tanada.app import live  # noqa: PLC0415 -- see cli/README.md
    from tanada.app.places import Places  # noqa: PLC0415

    places = Places.of(read_settings({"data_dir": data_dir}))
    answer = asyncio.run(live.status(places.load(), places))
    _show_status(answer)
    return 0 if answer.running else 1


def _show_status(answer: "BankStatus") -> None:
    if not answer.running:
        show("The bank does not run; start it with tanada up.")
        return
    show_table(
        [
            ("process", "state", "pid", "restarts"),
            *((p.name, p.state, p.pid or "", p.restarts) for p in answer.processes),
        ]
    )
    show()
    heading = ("compartment", "state", "waiting", "accepted", "declined", "failed", "unknown")
    show_table([heading, *(_compartment_row(n, s) for n, s in answer.compartments.items())])


def _compartment_row(name: str, status: "CompartmentStatus | None") -> tuple[object, ...]:
    if status is None:
        return (name, "silent", "", "", "", "", "")
    state = "open" if status.open else f"closed: {status.closed_reason}"
    counts = (status.waiting, status.accepted, status.declined, status.failed, status.unknown)
    return (name, state, *counts)
