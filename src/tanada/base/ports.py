"""Choosing a TCP port before the process that will listen there is started."""

import socket

from tanada.base.network import AddressInUse, ConnectFailed


def usable_port(host: str, port: int) -> int:
    """``port`` if it is free, or a free one if it is 0.

    Raises ``AddressInUse``, and ``ConnectFailed`` for a host that is not this machine's. Somebody
    may still be quicker: then the listening process says so itself.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # What the listener will do too: a port in TIME_WAIT counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            chosen: int = probe.getsockname()[1]
    except PermissionError as error:
        raise ConnectFailed(f"{host}:{port}: {error}; take a port above 1023") from error
    except socket.gaierror as error:
        raise ConnectFailed(f"{host} is not a host: {error}") from error
    except OSError as error:
        raise AddressInUse(f"{host}:{port} cannot be served: {error}; choose another") from error
    return chosen
