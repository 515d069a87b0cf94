"""The page in a real browser: live, quiet on its console, and the same in both languages."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright, expect

from tanada.base.network import LiveNetwork, NetworkError
from tanada.channels.console.app import console_app, serve_console
from tanada.channels.console.words import LANGUAGES, Language
from tests.channels.console.views import ToldBank, compartment, quiet_bank

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOST = "127.0.0.1"
HEADLINES = {"en": "All terraces hold their water.", "ja": "すべての棚田に水が満ちています。"}
OUT = {"en": "1 of 4 terraces out. The others hold.", "ja": "4枚の棚田のうち1枚が停止。"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM HERE: run make chromium"),
]


async def _free_port() -> int:
    async def nobody(*_: object) -> None: ...

    listener = await LiveNetwork().serve(f"tcp://{HOST}:0", nobody)
    await listener.close()
    return int(listener.address.rpartition(":")[2])


@asynccontextmanager
async def _served(bank: ToldBank) -> AsyncIterator[str]:
    port = await _free_port()
    app = console_app(bank.view(), bank.clock, hosts=[HOST], look_seconds=0.1)
    serving = asyncio.create_task(serve_console(app, HOST, port))
    await _until_served(port)
    try:
        yield f"http://{HOST}:{port}/"
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def _browser_page(complaints: list[str]) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        yield page
        await browser.close()


async def _until_served(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await LiveNetwork().connect(f"tcp://{HOST}:{port}")
        except NetworkError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_closed_compartment_arrives_on_an_open_page_by_itself(language: Language) -> None:
    bank, complaints = quiet_bank(), list[str]()

    async def story() -> None:
        async with _served(bank) as url, _browser_page(complaints) as page:
            await page.goto(f"{url}?lang={language}")
            headline = page.locator("h1")
            await expect(headline).to_have_text(HEADLINES[language])
            await page.locator("summary").click()
            bank.compartments["deposits-1"] = compartment("deposits-1", open=False)
            await expect(headline).to_contain_text(OUT[language])
            await expect(page.locator("path.breach")).to_have_count(1)
            # What the reader opened is still open, and says the same.
            await expect(page.locator("tr", has_text="deposits-1")).to_be_visible()
            bank.compartments["deposits-1"] = compartment("deposits-1")
            await expect(headline).to_have_text(HEADLINES[language])
            assert complaints == []

    asyncio.run(story())


def test_a_page_that_lost_its_console_says_so() -> None:
    bank, complaints = quiet_bank(), list[str]()

    async def story() -> None:
        async with _browser_page(complaints) as page:
            async with _served(bank) as url:
                await page.goto(url)
                await expect(page.locator("#lost")).to_be_hidden()
            await expect(page.locator("#lost")).to_be_visible()

    asyncio.run(story())
