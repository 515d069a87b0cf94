"""The command line ``tanada``."""

import sys
from contextlib import suppress

from cyclopts import App, CycloptsError

from tanada.base.errors import BankError
from tanada.cli import atm, bank, books, compartment, drill, job, limits, switch
from tanada.cli.screen import complain

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_UNHEARD = 141


def command_line() -> App:
    """All commands, a group a file."""
    app = App(
        name="tanada",
        help="Tanada (棚田): a core banking system in which a fault stays where it started.",
        version_flags=["--version"],
    )
    app.command(bank.up)
    app.command(bank.status)
    app.command(limits.register, name="limits")
    for group in (books.GROUP, atm.GROUP, compartment.GROUP, switch.GROUP, job.GROUP, drill.GROUP):
        app.command(group)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status: 0, 1 after an operating error, 2 after wrong usage."""
    tokens = sys.argv[1:] if arguments is None else arguments
    try:
        result = command_line()(
            tokens, exit_on_error=False, print_error=True, result_action="return_value"
        )
    except CycloptsError:
        return EXIT_USAGE
    except BankError as error:
        complain(f"{error} [{error.code}]")
        return EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough; closed, the stream is not flushed at exit again.
        with suppress(BrokenPipeError):
            sys.stdout.close()
        return EXIT_UNHEARD
    return result if isinstance(result, int) else 0
