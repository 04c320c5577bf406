"""The public form as people meet it: in a real browser, on a narrow and a wide screen, with and without JavaScript.

With SCREENSHOTS=1 the pages are photographed into `deploy/screenshots/`; look at them after a change.
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page

from services.local.up import Local
from tests.support.browser import browser as a_browser
from tests.support.local import ask, heard, until
from tests.support.tree import ROOT

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

PICTURES = ROOT / "deploy" / "screenshots"
WIDTHS = {320: 640, 1280: 900}
everywhere = pytest.mark.parametrize("width", WIDTHS)
both = pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])


REFERRERS: list[str] = []


class _Weather(BaseHTTPRequestHandler):
    """The neutral site that the way out leads to; it remembers whether it was told where from."""

    def do_GET(self) -> None:
        if self.path == "/weather":
            REFERRERS.append(self.headers.get("referer", ""))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Weather</title><p>Light rain")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def weather() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Weather)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/weather"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, weather: str) -> Iterator[Local]:
    with heard(
        tmp_path_factory.mktemp("heard"),
        services=("art_intake",),
        ART_INTAKE_EXIT_URL=weather,
        ART_INTAKE_WRONG_CODES="1000",
    ) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as started:
        yield started


@pytest.fixture
def base(local: Local) -> str:
    return f"http://127.0.0.1:{local.ports['art_web']}"


@contextmanager
def visiting(browser: Browser, base: str, width: int, js: bool) -> Iterator[Page]:
    """A page of a fresh visitor. At the end: nothing was left behind, and nobody else was asked for anything."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, java_script_enabled=js, base_url=base
    )
    asked: set[str] = set()
    said: list[str] = []
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    try:
        yield page
        assert context.cookies() == []
        assert asked - {"127.0.0.1"} <= {urlsplit(base).netloc, urlsplit(_away(page)).netloc}
        complaints = [line for line in said if "status of 4" not in line and "status of 5" not in line]
        assert complaints == [], "the browser complains, perhaps of the content security policy"
    finally:
        context.close()


def _away(page: Page) -> str:
    return page.url if "/weather" in page.url else ""


def is_fit(page: Page, name: str, js: bool = True) -> None:
    """Axe finds nothing, nothing sticks out at the side, the title says nothing, the way out is there."""
    found = Axe().run(page) if js else axe_without_ours(page)
    assert found.violations_count == 0, found.generate_report()
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, "it must be scrolled sideways"
    assert re.fullmatch(r"(Error: )?[\w ]+ – Your say", page.title())
    assert page.get_by_role("button", name="Exit this page").is_visible()
    if os.environ.get("SCREENSHOTS"):
        PICTURES.mkdir(exist_ok=True)
        width = page.viewport_size["width"] if page.viewport_size else 0
        path = PICTURES / f"form-{name}-{width}.png"
        page.screenshot(path=path, full_page=True, animations="disabled")
        Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(path, optimize=True)


def axe_without_ours(page: Page) -> AxeResults:
    """Axe is a script itself: it looks at the same page in a browser that runs it, and no script of ours."""
    browser, size = page.context.browser, page.viewport_size
    assert browser is not None
    context = browser.new_context(viewport=size)
    try:
        copy, same = context.new_page(), page.content()
        copy.route("**/form.js", lambda route: route.abort())
        copy.route(page.url, lambda route: route.fulfill(body=same, content_type="text/html"))
        copy.goto(page.url)
        return Axe().run(copy)
    finally:
        context.close()


def receipts(local: Local) -> int:
    found = ask(local, "art_intake", "/receipts")
    assert found is not None
    return len({one["contribution_id"] for one in found["receipts"]})


def a_drawing(folder: Path, name: str = "our house.png") -> Path:
    picture = Image.new("RGB", (200, 120), "white")
    ImageDraw.Draw(picture).rectangle((40, 40, 160, 110), outline="purple", width=4)
    picture.save(folder / name)
    return folder / name


def send(page: Page) -> None:
    page.get_by_role("button", name="Send", exact=True).click()


def code_on(page: Page) -> str:
    page.locator("#code").wait_for()
    return page.locator("#code").inner_text()


@everywhere
@both
def test_a_form_is_filled_in_and_its_six_words_looked_up_and_used(
    local: Local, browser: Browser, base: str, tmp_path: Path, width: int, js: bool
) -> None:
    """The whole way, each page fit for everybody: start, form, thanks, code, removal."""
    before = receipts(local)
    with visiting(browser, base, width, js) as page:
        page.goto("/")
        for limit in ("not an emergency service", "cannot change a decision", "not told who you are"):
            assert page.get_by_text(limit).is_visible(), "the honest limits come before the first field"
        is_fit(page, "start", js)
        page.get_by_role("button", name="Start").click()
        is_fit(page, "form", js)
        page.get_by_label("What do you want to say?").fill("We got a cat.\nIts name is Biscuit.")
        page.get_by_label("What must change now?").fill("Less moving")
        page.get_by_label("Add a picture").set_input_files(
            [a_drawing(tmp_path), a_drawing(tmp_path, "b.png")]
        )
        page.get_by_role("group", name="use your words").get_by_label("Yes").check()
        page.get_by_label("13 to 15").check()
        page.get_by_label("I am in care, or I was").check()
        page.get_by_label("Event code").fill("Leeds 14")
        send(page)
        code = code_on(page)
        assert len(code.split()) == 6
        assert page.get_by_text("0800 1111").is_visible()
        is_fit(page, "thanks", js)
        assert receipts(local) == before + 1

        page.goto("/code")
        is_fit(page, "code", js)
        look_up(page, code.upper().replace(" ", ", "))
        assert page.get_by_role("heading", name="We have it").is_visible()
        assert "Biscuit" not in page.content(), "what was sent is never shown"
        is_fit(page, "code-found", js)
        page.get_by_role("button", name="Ask us to remove it").click()
        assert page.get_by_role("heading", name="You asked us to remove it").is_visible()
        is_fit(page, "code-removal", js)
        until(lambda: is_removed(page, code), 20, "the wish is known")
        assert page.get_by_role("button", name="Ask us to remove it").count() == 0


def look_up(page: Page, code: str) -> None:
    """As often as it takes for the contribution to be known: it comes back to us through Kafka."""

    def known() -> bool:
        page.goto("/code")
        page.get_by_label("Type your six words").fill(code)
        page.get_by_role("button", name="Look").click()
        return page.get_by_role("heading", name=re.compile("We have it|You asked us")).count() == 1

    until(known, 30, "the code is known")


def is_removed(page: Page, code: str) -> bool:
    look_up(page, code)
    return page.get_by_role("heading", name="You asked us to remove it").count() == 1


@both
def test_two_taps_are_one_contribution_with_one_code(
    local: Local, browser: Browser, base: str, js: bool
) -> None:
    before = receipts(local)
    with visiting(browser, base, 320, js) as page:
        page.goto("/form")
        page.get_by_label("What do you want to say?").fill("tap tap")
        page.get_by_role("button", name="Send", exact=True).dblclick()
        first = code_on(page)
        page.reload()  # which sends the form once more
        assert code_on(page) == first
    until(lambda: receipts(local) > before, 10, "it was accepted")
    assert receipts(local) == before + 1


@everywhere
@both
def test_the_way_out_works(browser: Browser, base: str, weather: str, width: int, js: bool) -> None:
    for path in ("/", "/form", "/code", "/nothing-here"):
        with visiting(browser, base, width, js) as page:
            page.goto(path)
            page.get_by_role("button", name="Exit this page").click()
            page.wait_for_url(weather)
    assert set(REFERRERS) == {""}, "it is not told where somebody came from"


def test_three_shifts_lead_out(browser: Browser, base: str, weather: str) -> None:
    with visiting(browser, base, 1280, js=True) as page:
        page.goto("/form")
        page.wait_for_function("document.body.classList.contains('js-enabled')")
        for _ in range(3):
            page.keyboard.press("Shift")
        page.wait_for_url(weather)


@everywhere
@both
def test_an_error_keeps_the_words(
    local: Local, browser: Browser, base: str, tmp_path: Path, width: int, js: bool
) -> None:
    before = receipts(local)
    (tmp_path / "my song.mp3").write_bytes(b"")
    with visiting(browser, base, width, js) as page:
        page.goto("/form")
        send(page)
        assert page.get_by_role("alert").get_by_text("Write something, or add a file").is_visible()
        page.get_by_label("What do you want to say?").fill('</textarea><b>Åsa & "me"</b>\nline two')
        page.get_by_label("What works well?").fill("pancakes")
        page.get_by_label("I am a grandparent").check()
        page.get_by_label("Over 25").check()
        page.get_by_role("group", name="study children").get_by_label("Yes").check()
        page.get_by_label("Add a picture").set_input_files([tmp_path / "my song.mp3", a_drawing(tmp_path)])
        send(page)
        assert page.get_by_role("alert").get_by_text("“my song.mp3” is empty").is_visible()
        assert page.get_by_label("What do you want to say?").input_value() == (
            '</textarea><b>Åsa & "me"</b>\nline two'
        )
        assert page.get_by_label("What works well?").input_value() == "pancakes"
        assert page.get_by_label("I am a grandparent").is_checked()
        assert page.get_by_label("Over 25").is_checked()
        assert page.get_by_role("group", name="study children").get_by_label("Yes").is_checked()
        is_fit(page, "error", js)
        send(page)
        code_on(page)
    assert receipts(local) == before + 1


@everywhere
def test_a_code_that_we_do_not_know_and_a_page_that_is_not_there(
    browser: Browser, base: str, width: int
) -> None:
    with visiting(browser, base, width, js=True) as page:
        page.goto("/code")
        page.get_by_label("Type your six words").fill("apple")
        page.get_by_role("button", name="Look").click()
        assert page.get_by_role("alert").get_by_text("We do not know these six words").is_visible()
        is_fit(page, "code-unknown")
        page.goto("/nothing-here")
        is_fit(page, "nothing-here")


def test_a_file_is_looked_at_before_it_is_sent(browser: Browser, base: str, tmp_path: Path) -> None:
    with visiting(browser, base, 320, js=True) as page:
        page.goto("/form")
        files = [a_drawing(tmp_path, f"{number}.png") for number in range(11)]
        page.get_by_label("Add a picture").set_input_files(files)
        assert page.get_by_text("We can take up to 10 files at a time").is_visible()
        page.get_by_label("Add a picture").set_input_files(files[:2])
        assert page.get_by_text("2 files chosen").is_visible()


def test_the_form_can_be_filled_in_with_the_keyboard_alone(browser: Browser, base: str) -> None:
    with visiting(browser, base, 1280, js=True) as page:
        page.goto("/form")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "words":
                break
        page.keyboard.type("typed")
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == "Send":
                break
        page.keyboard.press("Enter")
        code_on(page)
