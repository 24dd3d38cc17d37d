"""The page in the frame, as the customer has it: live, offline, in two tabs, with files, for everybody."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, Response, Route, expect

from sluss.web.assets import Assets
from tests.browser import axe
from tests.browser.host import CHAT
from tests.browser.place import Place
from tests.servers.chromium import NewPage

FRAME = f"/chat/{CHAT}"


@pytest.fixture(scope="module")
def sluss(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("frame"), chat_on=("http://127.0.0.1:9",))
    place.start()
    yield place
    place.stop()


def visit(sluss: Place, new_page: NewPage, query: str = "", **size: Any) -> Page:
    """The chat as a page of its own, which is the same page as in the frame."""
    page = new_page(base_url=sluss.url, **size)
    page.goto(f"{FRAME}{query}")
    expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
    return page


def write(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Your message").fill(words)
    page.get_by_role("textbox", name="Your message").press("Enter")


def texts_in(sluss: Place, *words: str) -> list[str]:
    """What the database has of messages with any of these words, in order; what is stored as an envelope is there a moment later."""
    found: list[str] = []
    ends = time.monotonic() + 10
    while len(found) < len(words) and time.monotonic() < ends:
        with sqlite3.connect(f"file:{sluss.folder / 'data' / 'sluss.sqlite3'}?mode=ro", uri=True) as data:
            rows = data.execute("SELECT text FROM messages WHERE direction = 'in' ORDER BY id").fetchall()
        found = [text for (text,) in rows if any(word in text for word in words)]
    return found


def test_what_is_written_is_kept_and_answered_live(sluss: Place, new_page: NewPage) -> None:
    """Nothing is stored before the first message; it is there after a reload; the answer, who writes it and that it was read are told."""
    page = visit(sluss, new_page)
    page.get_by_role("textbox", name="Your message").fill("<b>Hej!</b> Kan jag boka om? https://norrsken.example/x).")
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Mvh Åsa")
    page.keyboard.press("Enter")
    bubble = page.locator(".item.visitor .bubble")
    expect(bubble).to_have_text("<b>Hej!</b> Kan jag boka om? https://norrsken.example/x).\nMvh Åsa")
    expect(bubble.get_by_role("link")).to_have_attribute("href", "https://norrsken.example/x")
    expect(page.locator(".foot")).to_contain_text("Sent")
    desk = sluss.enter(new_page(base_url=sluss.url), "johan")
    desk.locator("#rows .row", has_text="boka om").first.click()
    expect(page.locator(".foot")).to_contain_text("Seen")
    desk.locator("#f-body").click()
    desk.keyboard.type("Javisst, vilken dag?")
    expect(page.locator("#typing")).to_contain_text("Johan is writing")
    desk.keyboard.press("Enter")
    expect(page.locator(".item.agent .bubble")).to_have_text("Javisst, vilken dag?")
    expect(page.locator(".item.agent .name")).to_have_text("Johan Falk")
    expect(page.locator("#typing")).to_be_hidden()
    expect(page.locator("#speaker")).to_have_text("Johan Falk: Javisst, vilken dag?")
    expect(desk.locator("#timeline")).to_contain_text("Seen")
    page.reload()
    expect(page.locator(".bubble")).to_have_count(2)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Forget this conversation").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget it here").click()
    expect(page.locator(".bubble")).to_have_count(0)
    page.reload()
    expect(page.locator("#welcome")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter(one => !one.endsWith('sound'))") == []


def test_what_is_written_offline_is_sent_once_and_in_order(sluss: Place, new_page: NewPage) -> None:
    """F45: a line that is gone, one that loses the answer to what was stored, a page that is loaded anew in between; a key for each."""
    for expected in ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to load"):
        new_page.allow(expected)
    page = visit(sluss, new_page)
    write(page, "Ett: före tunneln")
    expect(page.locator(".foot")).to_contain_text("Sent")
    page.context.set_offline(True)
    expect(page.get_by_role("status").first).to_contain_text("You are offline")
    write(page, "Två: i tunneln")
    write(page, "Tre: i tunneln")
    expect(page.locator(".foot").last).to_contain_text("Waiting for the connection")
    page.context.set_offline(False)
    expect(page.locator(".foot").last).to_contain_text("Sent")
    expect(page.locator("#notice")).to_be_hidden()
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST" or len(lost) >= 2:
            route.continue_()
            return
        lost.append(route.fetch().text())
        route.abort()

    page.route(re.compile(r"/messages"), lose)
    with page.expect_event("requestfailed"):
        write(page, "Fyra: svaret försvann")
    page.reload()
    expect(page.locator(".item.visitor .bubble")).to_have_count(4)
    expect(page.locator(".foot").last).to_contain_text("Sent")
    page.unroute_all()
    page.reload()
    expect(page.locator(".item.visitor .bubble")).to_have_text([re.compile(one) for one in ("^Ett", "^Två", "^Tre", "^Fyra")])
    words = ["Ett: före tunneln", "Två: i tunneln", "Tre: i tunneln", "Fyra: svaret försvann"]
    assert texts_in(sluss, *words) == words


def test_a_silent_line_and_a_second_tab(sluss: Place, new_page: NewPage) -> None:
    """F45: after a sleep the line is dead and nobody has said so; two tabs of one visitor are one visitor."""
    page = new_page(base_url=sluss.url)
    page.clock.install()
    page.goto(FRAME)
    write(page, "Från första fliken")
    page.clock.run_for(1_000)
    expect(page.locator(".foot")).to_contain_text("Sent")
    with page.expect_request("**/live*"):
        page.clock.fast_forward(60_000)
        page.clock.run_for(5_000)
    page.clock.resume()
    other = page.context.new_page()
    other.goto(f"{sluss.url}{FRAME}")
    expect(other.locator(".bubble")).to_have_text("Från första fliken")
    write(other, "Från andra fliken")
    for tab in (page, other):
        expect(tab.locator(".item.visitor .bubble")).to_have_text(["Från första fliken", "Från andra fliken"])
        expect(tab.locator(".foot").last).to_contain_text("Sent")
    assert texts_in(sluss, "första fliken", "andra fliken") == ["Från första fliken", "Från andra fliken"]


def test_files_go_along_and_what_is_wrong_is_said(sluss: Place, new_page: NewPage, tmp_path: Path) -> None:
    """T105: too long, too large; a file that goes with its progress, and comes back as a download; a refusal with a way on."""
    page = visit(sluss, new_page)
    new_page.allow("Failed to load")
    page.get_by_role("textbox", name="Your message").fill("x" * 10_001)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("too long")
    page.get_by_role("textbox", name="Your message").fill("Bilden av väskan")
    large = tmp_path / "stor.bin"
    with large.open("wb") as made:
        made.truncate(10_000_001)
    page.locator("#files").set_input_files(large)
    expect(page.get_by_role("alert")).to_contain_text("stor.bin is too large")
    page.locator("#files").set_input_files({"name": "väska.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 300_000})
    expect(page.locator("#chosen")).to_contain_text("väska.png")
    page.keyboard.press("Enter")
    with page.expect_download() as loaded:
        page.get_by_role("button", name="Download väska.png").click()
    assert loaded.value.suggested_filename == "väska.png"
    page.route("**/messages?*", lambda route: route.fulfill(status=422, json={"error": "No.", "fields": {"text": "Write it shorter."}}))
    write(page, "Avvisas")
    expect(page.locator(".failed .foot")).to_contain_text("Not sent. Write it shorter.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".item.visitor .foot").last).to_contain_text("Sent")


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 320)])
def test_the_chat_is_for_everybody(sluss: Place, new_page: NewPage, theme: Literal["light", "dark"], width: int) -> None:
    """WCAG 2.2 AA in every state; nothing runs out of the side; keys alone suffice."""
    page = visit(sluss, new_page, "?lang=en", width=width, height=640, theme=theme)
    states = [axe.violations(page)]
    write(page, "Hej! " + "Konstantynopolitańczykowianeczka" * 3)
    expect(page.locator(".foot")).to_contain_text("Sent")
    states.append(axe.violations(page))
    page.get_by_role("button", name="More").focus()
    page.keyboard.press("Enter")
    states.append(axe.violations(page))
    page.get_by_role("button", name="Send me this conversation").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("E-mail")).to_be_focused()
    states.append(axe.violations(page))
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    new_page.allow("ERR_INTERNET_DISCONNECTED")
    write(page, "Offline")
    expect(page.locator(".foot").last).to_contain_text("Waiting")
    states.append(axe.violations(page))
    assert states == [[], [], [], [], []]
    assert page.evaluate(
        "document.documentElement.scrollWidth <= innerWidth && document.getElementById('scroll').scrollWidth <= innerWidth"
    )


def test_the_log_stays_small(sluss: Place, new_page: NewPage) -> None:
    """However long a talk is: 500 items leave 300, and the way to the earlier ones."""
    page = visit(sluss, new_page)
    write(page, "Början")
    expect(page.locator(".foot")).to_contain_text("Sent")
    each = {"key": "", "from": "agent", "name": "Johan", "state": "read", "files": []}
    items = [each | {"id": str(10**18 + n), "text": str(n), "at": n} for n in range(500)]
    start = {
        "items": items,
        "more": False,
        "seen_at": 0,
        "name": "",
        "email": "",
        "state": {"open": True, "staffed": True, "says": "", "now": 0},
    }
    body = f'event: start\ndata: {json.dumps(start)}\n\nevent: bye\ndata: {{"wait": 60000}}\n\n'
    page.route("**/live*", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    page.reload()
    expect(page.locator(".item.agent")).to_have_count(300)
    expect(page.get_by_role("button", name="Earlier messages")).to_be_visible()


def test_the_opened_chat_weighs_little(sluss: Place, new_page: NewPage) -> None:
    """6 KB of page, 20 KB of scripts, 6 KB of style, 40 KB in all and five requests at most."""
    page = new_page(base_url=sluss.url)
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        sizes[response.url.removeprefix(sluss.url)] = response.request.sizes()["responseBodySize"]

    page.on("response", weigh)
    page.goto(FRAME, wait_until="networkidle")
    assert len(sizes) <= 5, sizes
    assert sum(sizes.values()) <= 40_000, sizes
    assets = Assets()
    for name, most in (("chat.js", 20_000), ("chat.css", 6_000)):
        served = assets.find(assets.url(name).rpartition("/")[2], "br")
        assert served
        assert len(served.data) <= most
    assert sizes[FRAME] <= 6_000
