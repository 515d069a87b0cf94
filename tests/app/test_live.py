"""The live bank as a whole: what it consists of, and questions to one that does not run."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from tanada.app.live import (
    CompartmentSilent,
    NoSuchCompartment,
    control_compartment,
    processes,
    status,
)
from tanada.app.places import LiveBank, Places
from tanada.base.settings import Settings
from tanada.operations.commands import Close

BANK = LiveBank(settings=Settings(), core_url="", watch_url="", embedded=True)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(tmp_path)
    made.make()
    return made


def test_each_compartment_of_the_policy_is_a_process_and_gateways_come_last(
    places: Places,
) -> None:
    names = [child.name for child in processes(BANK, places)]
    compartments = ["deposits-0", "deposits-1", "time-deposits-0"]
    assert names[:4] == ["database", *compartments]
    assert names[4:] == ["watch", "atm-gateway", "console"]


def test_somebody_elses_server_is_not_kept_alive_by_us(places: Places) -> None:
    elsewhere = msgspec.structs.replace(BANK, embedded=False)
    assert "database" not in [child.name for child in processes(elsewhere, places)]


def test_no_process_shows_the_databases_password(places: Places) -> None:
    bank = msgspec.structs.replace(BANK, core_url="postgresql://u:secret@h/c")
    words = [word for child in processes(bank, places) for word in child.command]
    assert not [word for word in words if "secret" in word]


def test_a_bank_that_does_not_run_says_so(places: Places) -> None:
    answer = asyncio.run(status(BANK, places))
    assert not answer.running
    assert set(answer.compartments.values()) == {None}


def test_a_compartment_that_does_not_exist_is_answered_with_those_that_do(places: Places) -> None:
    with pytest.raises(NoSuchCompartment, match="time-deposits-0"):
        asyncio.run(control_compartment(BANK, places, "loans-0", Close(reason="test")))
    with pytest.raises(CompartmentSilent):
        asyncio.run(control_compartment(BANK, places, "deposits-0", Close(reason="test")))
