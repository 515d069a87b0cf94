"""What the console is told of a live bank: every part, each from where it is true."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tanada.app.console import LiveView
from tanada.app.places import Places
from tanada.app.preparation import prepare
from tanada.base.database import DatabaseUnreachable, connect, with_database
from tanada.base.postgres import PostgresServer
from tanada.base.seams import live_seams
from tanada.base.settings import Settings
from tanada.controls.switches import Suspended
from tests.small_bank import Listener


async def _asked(view: LiveView, name: str) -> Any:
    question: Callable[[], Awaitable[Any]] = getattr(view.view, name)
    try:
        return await question()
    finally:
        await view.close()


@pytest.fixture(scope="module")
def settings(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    url = with_database(postgres_server.url, "console")
    folder = str(tmp_path_factory.mktemp("console"))
    made = Settings(database_url=url, data_dir=folder, customers=10, atm_port=0, console_port=0)
    prepare(made, Listener())
    return made


def _ask(settings: Settings, name: str) -> Any:
    places = Places.of(settings)

    async def scenario() -> Any:
        view = LiveView(places.load(), places, live_seams(worker_threads=2), "console")
        return await _asked(view, name)

    return asyncio.run(scenario())


def test_each_part_answers_while_the_bank_stands_still(settings: Settings) -> None:
    assert set(_ask(settings, "compartments").values()) == {None}
    assert _ask(settings, "gateways") == {"atm": False}
    for name in ("alarms", "minutes", "services", "hurt"):
        assert _ask(settings, name) == [], name


def test_the_meters_are_those_whose_use_is_known(settings: Settings) -> None:
    meters = {meter.name: meter for meter in _ask(settings, "meters")}
    log = meters["reversal log of time_deposits"]
    assert (log.used, log.limit, log.warn) == (0, 644_000, 515_200)


def test_a_suspended_service_is_seen(settings: Settings) -> None:
    bank = Places.of(settings).load()
    with connect(bank.core_url, application="test") as connection:
        connection.execute(
            "insert into controls.switch values ('time_deposits', 'atm', 'errors', 'sato', now())"
        )
    assert _ask(settings, "switches") == [Suspended("time_deposits", "atm", "errors")]


def test_a_database_that_is_away_is_an_error_of_that_part_alone(
    settings: Settings, tmp_path: Path
) -> None:

    places = Places.of(settings)
    away = msgspec.structs.replace(places.load(), watch_url="postgresql://nobody@127.0.0.1:1/watch")

    async def scenario() -> None:
        view = LiveView(away, places, live_seams(worker_threads=2), "console")
        with pytest.raises(DatabaseUnreachable):
            await view.view.alarms()
        assert await view.view.meters()
        await view.close()

    asyncio.run(scenario())
