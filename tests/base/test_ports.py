"""A port is known to be free before a process is told to listen there."""

import socket

import pytest

from tanada.base.network import AddressInUse, ConnectFailed
from tanada.base.ports import usable_port


def test_port_0_gives_a_free_port_that_is_usable_again() -> None:
    port = usable_port("127.0.0.1", 0)
    assert port > 0
    assert usable_port("127.0.0.1", port) == port


def test_a_port_that_is_served_is_refused_by_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(AddressInUse, match=str(port)):
            usable_port("127.0.0.1", port)


def test_a_host_that_is_none_is_named() -> None:
    with pytest.raises(ConnectFailed, match=r"no\.such\.host\.invalid"):
        usable_port("no.such.host.invalid", 0)
