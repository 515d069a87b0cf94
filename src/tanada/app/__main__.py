"""One process of a live bank: ``python -m tanada.app DATA_DIR ROLE [NAME]``; see ``tanada up``."""

import logging
import sys
from pathlib import Path

import uvloop

from tanada.app.places import Places
from tanada.app.roles import role_named
from tanada.base.errors import BankError
from tanada.base.garbage import collect_rarely

_LOG = logging.getLogger("tanada")


def main(folder: str, role: str, name: str = "") -> int:
    """Run the role until told to stop; 1 after an operating error, which the log names."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        places = Places(Path(folder))
        serve = role_named(role)
        collect_rarely()
        uvloop.run(serve(places.load(), places, name))
    except BankError as error:
        _LOG.error("%s stopped: %s [%s]", name or role, error, error.code)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
