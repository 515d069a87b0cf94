"""The console's web application: one page, its events, its two static files, nothing to press.

Everything it needs it serves itself, under a content policy that allows nothing else.
"""

import asyncio
import pkgutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
import uvicorn
from litestar import Litestar, MediaType, Request, Response, get
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ClientException, NotFoundException, ServiceUnavailableException
from litestar.params import FromPath, QueryParameter, SkipValidation
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.types import Message, Scope

from tanada.base.clock import Clock
from tanada.channels.console.lookout import LOOK_SECONDS, Lookout
from tanada.channels.console.pages import Pages, changed
from tanada.channels.console.view import ConsoleView
from tanada.channels.console.words import Language, language_of

FOLLOWERS_MAX: Final = 64
"""Pages that may be open at a time; each holds one connection."""
BODY_BYTES_MAX: Final = 1_024
"""Nobody has anything to send to a page that only shows."""
RECONNECT_MS: Final = 2_000
GRACE_SECONDS: Final = 2
"""How long open pages are given when the console stops; they come back by themselves."""

SECURITY_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}

STATIC_TYPES: Final = {
    "console.js": "text/javascript",
    "console.css": "text/css",
    "icon.svg": "image/svg+xml",
}

Asked = Annotated[str | None, QueryParameter(name="lang", max_length=8)]


class Health(msgspec.Struct, frozen=True):
    """Whether the console works, and which parts of the bank it cannot hear."""

    ok: bool
    stale: tuple[str, ...]


@dataclass
class _Console:
    """What the handlers share."""

    lookout: Lookout
    pages: Pages
    static: dict[str, bytes]
    followers: int = 0


Console = NamedDependency[SkipValidation[_Console]]
AnyRequest: TypeAlias = Request[object, object, State]


def console_app(
    view: ConsoleView,
    clock: Clock,
    *,
    hosts: Sequence[str],
    look_seconds: float = LOOK_SECONDS,
) -> Litestar:
    """The application. ``hosts`` are the names by which it may be called (the Host header)."""
    static = {name: _static(name) for name in STATIC_TYPES}
    console = _Console(Lookout(view, clock, look_seconds=look_seconds), Pages(), static)

    @asynccontextmanager
    async def looking(_: Litestar) -> AsyncIterator[None]:
        await console.lookout.start()
        yield
        await console.lookout.close()

    return Litestar(
        [page, events, static_file, health],
        dependencies={"console": Provide(lambda: console, sync_to_thread=False)},
        lifespan=[looking],
        before_request=_host_check(frozenset(hosts)),
        before_send=[_secure],
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


async def serve_console(app: Litestar, host: str, port: int) -> None:
    """Serve until cancelled or told to stop by a signal."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        limit_concurrency=2 * FOLLOWERS_MAX,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        # It ends in order, instead of being torn off in the middle of an answer.
        server.should_exit = True
        await serving
        raise


def _static(name: str) -> bytes:
    content = pkgutil.get_data("tanada.channels.console", f"static/{name}")
    assert content is not None, f"the package lacks static/{name}"
    return content


def _host_check(hosts: frozenset[str]) -> Callable[[AnyRequest], None]:
    """Refuse to answer under a foreign name: another site's script may have been led here."""

    def check(request: AnyRequest) -> None:
        try:
            called = urlsplit(f"//{request.headers.get('host', '')}").hostname
        except ValueError:
            called = None
        if called not in hosts:
            raise ClientException("this console does not go by that name")

    return check


async def _secure(message: Message, _: Scope) -> None:
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in SECURITY_HEADERS.items():
            headers[name] = value


def _language(request: AnyRequest, asked: str | None) -> Language:
    return language_of(asked, request.headers.get("accept-language", ""))


@get("/", media_type=MediaType.HTML)
async def page(request: AnyRequest, console: Console, asked: Asked = None) -> str:
    """The whole page, as it is now."""
    return console.pages.page(console.lookout.sight, _language(request, asked))


@get("/events")
async def events(request: AnyRequest, console: Console, asked: Asked = None) -> ServerSentEvent:
    """The regions of the page that changed, each time that some have."""
    if console.followers >= FOLLOWERS_MAX:
        raise ServiceUnavailableException("too many pages are open; close one and try again")
    return ServerSentEvent(
        _changes(console, _language(request, asked)), retry_duration=RECONNECT_MS
    )


async def _changes(console: _Console, language: Language) -> AsyncIterator[ServerSentEventMessage]:
    console.followers += 1
    sent: Mapping[str, str] = {}
    try:
        async for sight in console.lookout.follow():
            regions = console.pages.regions(sight, language)
            news = changed(sent, regions)
            sent = regions
            yield ServerSentEventMessage(data=msgspec.json.encode(news).decode(), event="regions")
    finally:
        console.followers -= 1


@get("/static/{name:str}")
async def static_file(console: Console, name: FromPath[str]) -> Response[bytes]:
    """The script, the style sheet or the icon."""
    if name not in console.static:
        raise NotFoundException
    return Response(console.static[name], media_type=STATIC_TYPES[name])


@get("/healthz")
async def health(console: Console) -> Health:
    """Whether the console itself works; what it cannot hear is no fault of its own."""
    return Health(ok=console.lookout.version > 0, stale=console.lookout.sight.stale)
