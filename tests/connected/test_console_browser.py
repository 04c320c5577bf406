"""The live page of operations beside a real Heard: each fault in the right sentence, and well again after it.

With SCREENSHOTS=1 every service runs, and the page is photographed into `deploy/screenshots/`; look at it after a change.
"""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page

from services.local.desk import Desk
from services.local.plan import SERVICES, console_url
from services.local.servers import kafka_of, postgres_of
from services.local.up import Local
from shared.contracts.topics import Topic
from tests.support.browser import browser as a_browser
from tests.support.local import TEXTS, found, heard, sender, settled, texter
from tests.support.topics import put
from tests.support.tree import ROOT

pytestmark = [pytest.mark.connected, pytest.mark.timeout(600)]

PICTURES = ROOT / "deploy" / "screenshots"
WIDTHS = {320: 640, 1280: 900}
SHOWN_WITHIN = 60.0
"""Seconds; on a machine of its own every fault is shown within 30."""
WELL_WITHIN = 120.0

CANARY = "zanzibarlantern"
WHO = sender(778)
T = TypeVar("T")
WORDS = f"the {CANARY} at my new school is kind to me"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    services = SERVICES if os.environ.get("SCREENSHOTS") else (*TEXTS, "console")
    with heard(
        tmp_path_factory.mktemp("heard"), services=services, CONSOLE_EVERY="1", CONSOLE_ACCOUNT_EVERY="3"
    ) as up:
        yield up


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as started:
        yield started


@contextmanager
def watching(browser: Browser, local: Local, *, width: int = 1280, js: bool = True) -> Iterator[Page]:
    """The page in a browser. At the end: nothing was left behind, nobody else was asked, the browser had no complaint."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        java_script_enabled=js,
        base_url=console_url(local.ports),
    )
    asked: set[str] = set()
    said: list[str] = []
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    try:
        page.goto("/")
        yield page
        assert context.cookies() == []
        assert asked == {urlsplit(console_url(local.ports)).netloc}
        assert said == [], "the browser complains, perhaps of the content security policy"
    finally:
        context.close()


def shows(page: Page, where: str, words: str, seconds: float = SHOWN_WITHIN) -> None:
    """Wait until the page says it by itself; nothing is asked anew."""
    began = time.monotonic()
    place = page.locator(where)
    while not any(words in one for one in place.all_inner_texts()):
        late = time.monotonic() - began > seconds
        assert not late, f"not within {seconds:.0f} s: “{words}”; {where} says {place.all_inner_texts()}"
        page.wait_for_timeout(200)
    print(f"“{words}” after {time.monotonic() - began:.1f} s")


def is_well(page: Page) -> None:
    shows(page, "#live-summary", "Everything is well", WELL_WITHIN)


def is_fit(page: Page, name: str) -> None:
    """At both widths: axe finds nothing, nothing sticks out at the side."""
    before = page.viewport_size
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        axe = Axe().run(page)
        assert axe.violations_count == 0, axe.generate_report()
        wide, seen = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= seen, f"at {width} px it must be scrolled sideways"
        if os.environ.get("SCREENSHOTS"):
            PICTURES.mkdir(exist_ok=True)
            path = PICTURES / f"console-{name}-{width}.png"
            page.screenshot(path=path, full_page=True, animations="disabled")
            Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(
                path, optimize=True
            )
    if before:
        page.set_viewport_size(before)


def aside(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: the browser's driver has a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def text(local: Local, words: str = WORDS, number: str = WHO) -> None:
    async def send() -> None:
        async with texter(local) as door:
            assert await door.text(words, sender=number, tries=20) == 200

    aside(send())


def test_a_well_heard_is_shown_well_with_no_word_of_anybody(local: Local, browser: Browser) -> None:
    with watching(browser, local) as page:
        is_well(page)
        text(local)
        settled(local, 1)
        shows(page, '[data-channel="sms"]', "1 in the last hour")
        shows(page, ".ops-figure:has-text('Missing')", "of 1 accepted")
        is_well(page)
        is_fit(page, "well")
        page.locator("#charts-table summary").click()
        looks = page.locator("#live-shown").inner_text()
        page.wait_for_function("was => document.querySelector('#live-shown').innerText !== was", arg=looks)
        page.wait_for_timeout(3000)
        assert page.locator("#charts-table table").is_visible(), "what is open stays open"
        content = page.content().lower()
    told = httpx.get(console_url(local.ports)).text.lower()
    for mark in (CANARY, WHO, WHO[1:], WHO[3:], "school"):
        assert mark not in content
        assert mark not in told


def test_it_can_be_read_and_asked_anew_without_javascript(local: Local, browser: Browser) -> None:
    for width in WIDTHS:
        with watching(browser, local, width=width, js=False) as page:
            assert page.get_by_text("Everything is well").is_visible()
            page.get_by_role("link", name="Look again", exact=True).click()
            page.get_by_role("heading", name="Ways to reach us").wait_for()
            page.get_by_role("link", name="Look again by itself").click()
            page.get_by_role("link", name="Stop that").wait_for()


def test_an_intake_that_has_stopped(local: Local, browser: Browser) -> None:
    with watching(browser, local) as page:
        is_well(page)
        local.fleet.stop_one("sms_intake")
        try:
            shows(page, '[data-channel="sms"]', "Texts are not being taken in: Nobody can reach us by text")
            shows(page, "#live-problems", "The text intake does not answer")
            assert "broken" in page.title()
        finally:
            local.fleet.start_one("sms_intake")
        is_well(page)


def test_triage_that_has_stopped(local: Local, browser: Browser) -> None:
    with watching(browser, local) as page:
        is_well(page)
        local.fleet.stop_one("triage")
        try:
            text(local)
            shows(
                page,
                '[data-channel="sms"]',
                "Texts are being taken in and wait safely; nobody is reading them yet because triage has stopped.",
            )
            shows(page, "#live-problems", "What has waited for three minutes rings the duty lead.")
            shows(page, ".ops-figure:has-text('Not read for danger yet') .ops-figure__value", "1")
            is_fit(page, "broken")
        finally:
            local.fleet.start_one("triage")
        is_well(page)


def test_postgresql_away(local: Local, browser: Browser) -> None:
    postgres = postgres_of(local.home)
    with watching(browser, local) as page:
        is_well(page)
        postgres.kill()
        try:
            shows(page, "#live-problems", "PostgreSQL does not answer")
            shows(
                page, '[data-channel="sms"]', "Texts are being taken in and read for danger, and phones ring."
            )
        finally:
            aside(asyncio.to_thread(postgres.start))
        is_well(page)


def test_kafka_away(local: Local, browser: Browser) -> None:
    """Frozen, which looks the same from outside, and is over as soon as it goes on."""
    kafka = kafka_of(local.home).pid
    assert kafka
    with watching(browser, local) as page:
        is_well(page)
        os.kill(kafka, signal.SIGSTOP)
        try:
            text(local)
            shows(
                page,
                '[data-channel="sms"]',
                "wait safely on our own disk (1 now); nobody is reading them yet",
            )
            shows(page, "#live-problems", "Kafka does not answer")
            shows(page, "#live-shown", "We have not heard from Kafka since")
        finally:
            os.kill(kafka, signal.SIGCONT)
        is_well(page)


def test_a_dead_letter(local: Local, browser: Browser) -> None:
    desk = Desk(found(local), keyring=local.keyring)
    with watching(browser, local) as page:
        is_well(page)
        aside(put(local.servers.bootstrap, Topic.ARCHIVED, [(b"0000", b"{", [("ce_id", b"x")])]))
        shows(page, "#live-problems", "1 dead letter of ledger waits for a person")
        shows(page, '[data-service="ledger"]', "late")
        letters = aside(desk.dead_letters())
        aside(desk.discard([one.letter for one in letters], "ops", "put_there_by_a_test"))
        is_well(page)


def test_nobody_else_can_ask_and_nothing_can_be_changed(local: Local) -> None:
    url = console_url(local.ports)
    port = urlsplit(url).port
    for host in ("evil.example.org", f"evil.example.org:{port}", "127.0.0.1.example.org", "localhost."):
        assert httpx.get(url, headers={"host": host}).status_code == 421, host
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "localhost:9999"):
        answer = httpx.get(url, headers={"host": host})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "'unsafe" not in answer.headers["content-security-policy"]
    for path in ("", "live", "static/operations.js"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert httpx.request(method, url + path).status_code == 405
