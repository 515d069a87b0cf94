"""The console answers its own name only, under strict headers, and tells news as they come."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from litestar.testing import TestClient

from tanada.channels.console import app as app_module
from tanada.channels.console.app import SECURITY_HEADERS, console_app
from tanada.channels.console.lookout import Lookout
from tanada.channels.console.pages import REGIONS, Pages
from tests.channels.console.views import ToldBank, quiet_bank

HOST = "console.test"


@contextmanager
def _client(bank: ToldBank) -> Iterator[TestClient]:
    app = console_app(bank.view(), bank.clock, hosts=[HOST])
    with TestClient(app, base_url=f"http://{HOST}:8600") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status", "media"),
    [
        ("/", 200, "text/html"),
        ("/static/console.js", 200, "text/javascript"),
        ("/static/console.css", 200, "text/css"),
        ("/static/icon.svg", 200, "image/svg+xml"),
        ("/healthz", 200, "application/json"),
        ("/static/app.py", 404, "application/json"),
        ("/static/../app.py", 404, "application/json"),
        ("/nothing", 404, "application/json"),
    ],
)
def test_every_answer_carries_the_strict_headers(path: str, status: int, media: str) -> None:
    with _client(quiet_bank()) as client:
        answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(media)
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8600", f"{HOST}.evil.test", "[", ""])
def test_a_foreign_host_name_is_not_answered(host: str) -> None:
    with _client(quiet_bank()) as client:
        answer = client.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "deposits" not in answer.text


def test_the_page_is_only_for_reading() -> None:
    with _client(quiet_bank()) as client:
        assert {client.request(verb, "/").status_code for verb in ("POST", "PUT")} == {405}


def test_the_language_is_asked_for_or_accepted() -> None:
    with _client(quiet_bank()) as client:
        assert "平穏" in client.get("/?lang=ja").text
        assert "平穏" in client.get("/", headers={"accept-language": "ja-JP"}).text
        assert "Quiet" in client.get("/?lang=en", headers={"accept-language": "ja"}).text
        assert client.get("/?lang=english-please").status_code == 400


def test_the_console_is_healthy_while_parts_of_the_bank_are_not() -> None:
    bank = quiet_bank()
    bank.silent = {"hurt"}
    with _client(bank) as client:
        assert client.get("/healthz").json() == {"ok": True, "stale": ["hurt"]}


def test_events_begin_with_everything_and_go_on_with_what_changed() -> None:
    bank = quiet_bank()

    async def story() -> tuple[set[str], set[str]]:
        lookout = Lookout(bank.view(), bank.clock)
        await lookout.look()
        console = app_module._Console(lookout, Pages(), {})
        changes = app_module._changes(console, "en")
        first = json.loads(str((await anext(changes)).data))
        bank.compartments["deposits-0"] = None
        await lookout.look()
        second = json.loads(str((await anext(changes)).data))
        await changes.aclose()  # type: ignore[attr-defined]
        assert console.followers == 0
        return set(first), set(second)

    first, second = asyncio.run(story())
    assert first == set(REGIONS)
    assert second == {"banner", "hill"}


def test_more_pages_than_the_limit_are_told_to_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "FOLLOWERS_MAX", 0)
    with _client(quiet_bank()) as client:
        assert client.get("/events").status_code == 503
