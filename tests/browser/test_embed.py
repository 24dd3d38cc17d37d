"""The chat on other people's pages: careful ones, sloppy ones, hostile ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser import axe
from tests.browser.company_site import CompanySite
from tests.browser.host import CHAT
from tests.browser.place import Place
from tests.servers.chromium import NewPage

BUTTON = "sluss-chat button"
STRICT = (
    "default-src 'none'; img-src data:; script-src {sluss} 'nonce-4711'; connect-src {sluss}; frame-src {sluss}; "
    "require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Baggage</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>
<body><main><h1>Norrsken Air</h1><button id="own">Ask us</button></main>{body}</body></html>"""
TAG = '<script async nonce="4711" src="{sluss}/embed/v1.js" data-key="{key}"{more}></script>'
OWN = """<script nonce="4711">window.sluss ||= Object.assign((...call) => window.sluss.q.push(call), {q: []});
window.told = [];
for (const event of ["ready", "open", "close", "unread", "message", "error"])
  window.sluss("on", event, (what) => told.push([event, what ?? null]));
document.querySelector("#own").addEventListener("click", () => sluss("open"));</script>"""
STAND_IN = """<!doctype html><title>Chat</title><input aria-label="Message"><script>
const heard = []; let port; let greeted = 0;
addEventListener("message", (event) => { if (event.data.sluss !== "hello") return; greeted += 1; port = event.ports[0];
  port.onmessage = ({data}) => { heard.push(data); if (data.do === "open") document.querySelector("input").focus(); };
  heard.push(event.data); port.postMessage({tell: "ready"}); });
addEventListener("keydown", (event) => event.key === "Escape" && port.postMessage({tell: "close"}));
</script>"""


STRANGER = """<!doctype html><title>Evil</title><link rel="icon" href="data:,"><iframe src="{sluss}/chat/{key}"></iframe>
<script>window.blocked = false; document.querySelector("iframe").addEventListener("load", () => {{ blocked = true; }});</script>
<script async src="{sluss}/embed/v1.js" data-key="{key}"></script>"""
LOOK = """async (home) => {
  const frame = document.querySelector("sluss-chat").shadowRoot.querySelector("iframe");
  const seen = [], forged = new MessageChannel();
  const look = (what) => { try { return String(what()); } catch (error) { return error.name; } };
  forged.port1.onmessage = ({data}) => seen.push(data);
  frame.contentWindow.postMessage({sluss: "hello", page: {}, open: true}, home, [forged.port2]);
  frame.contentWindow.postMessage({do: "logout"}, "*");
  window.postMessage({tell: "close"}, "*");
  await new Promise((done) => setTimeout(done, 300));
  const inside = [() => frame.contentDocument, () => frame.contentWindow.document.body, () => frame.contentWindow.localStorage];
  return [...inside.map(look), seen.length];
}"""
SHIFTS = """() => new Promise((done) => {
  let shifts = 0;
  new PerformanceObserver((list) => { shifts += list.getEntries().length; }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(shifts), 100);
})"""


@pytest.fixture(scope="module")
def site() -> Iterator[CompanySite]:
    """The company's own site; another origin than Sluss."""
    made = CompanySite()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def sluss(tmp_path_factory: pytest.TempPathFactory, site: CompanySite) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("chat"), chat_on=(site.url, f"http://*.shop.localhost:{site.port}"))
    place.start()
    site.start(place.url)
    yield place
    place.stop()


def _lay(site: CompanySite, sluss: Place, *, head: str = "", body: str = OWN, key: str = CHAT, more: str = "") -> None:
    """What the site answers with from now on, under its strict policy."""
    site.headers = {"Content-Security-Policy": STRICT.format(sluss=sluss.url)}
    site.body = PAGE.format(lang="en", head=head or TAG.format(sluss=sluss.url, key=key, more=more), body=body)


def _stand_in(tab: Page) -> None:
    """A frame that says and hears what the real one would, so that the loader is alone what is looked at."""
    tab.route("**/chat/**", lambda route: route.fulfill(content_type="text/html", body=STAND_IN))


def _frame(tab: Page) -> Frame:
    tab.wait_for_selector("sluss-chat iframe", state="attached")
    found = next(one for one in tab.frames if "/chat/" in one.url)
    found.wait_for_function("greeted > 0")
    return found


def _tell(frame: Frame, **what: Any) -> None:
    frame.evaluate("what => port.postMessage(what)", what)


def test_the_chat_stands_on_a_careful_page(site: CompanySite, sluss: Place, new_page: NewPage) -> None:
    """T70. Strict policy, no error; nothing before the page rests; focus, names, badge, events; and it outlives an exchange of the page."""
    _lay(site, sluss)
    tab = new_page()
    _stand_in(tab)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{site.url}/bags?secret=1#x")
    button = tab.locator(BUTTON)
    expect(button).to_have_accessible_name("Open the chat")
    expect(button).to_have_attribute("aria-expanded", "false")
    box = button.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 48
    assert [one.removeprefix(sluss.url).partition("?")[0] for one in asked if one.startswith(sluss.url)] == [
        "/embed/v1.js",
        f"/embed/{CHAT}.json",
    ]
    assert tab.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    assert axe.violations(tab) == []
    tab.locator("#own").click()
    frame = _frame(tab)
    expect(frame.get_by_label("Message")).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    assert frame.evaluate("heard[0].page.url") == f"{site.url}/bags"
    tab.evaluate("window.postMessage({tell: 'close'}, '*'); history.pushState({}, '', '/late')")
    frame.wait_for_function("heard.some((one) => one.do === 'page' && one.page.url.endsWith('/late'))")
    frame.get_by_label("Message").press("Escape")
    expect(tab.locator("#own")).to_be_focused()
    _tell(frame, tell="begun")
    _tell(frame, tell="unread", count=2)
    expect(button).to_have_accessible_name("Open the chat. Unread messages: 2")
    tab.evaluate("const fresh = document.createElement('body'); fresh.textContent = 'Another page'; document.body.replaceWith(fresh)")
    tab.evaluate("document.querySelector('sluss-chat').remove()")
    tab.wait_for_function("document.querySelector('sluss-chat')")
    assert _frame(tab).evaluate("greeted") == 1
    button.press("Enter")
    expect(_frame(tab).get_by_label("Message")).to_be_focused()
    assert tab.evaluate("told") == [["ready", None], ["open", None], ["close", None], ["unread", 2], ["open", None]]
    tab.reload()
    _frame(tab)
    expect(button).to_have_attribute("aria-expanded", "false")
    assert tab.evaluate(SHIFTS) == 0
    tab.evaluate("sluss('destroy')")
    assert tab.evaluate("[document.querySelector('sluss-chat'), typeof sluss]") == [None, "undefined"]


def test_the_chat_fills_a_phone_and_counts_in_a_hidden_title(site: CompanySite, sluss: Place, new_page: NewPage) -> None:
    _lay(site, sluss, more=' data-lang="sv"')
    tab = new_page(390, 844, "dark")
    _stand_in(tab)
    tab.goto(site.url)
    tab.get_by_role("button", name="Ask us").click()
    frame = _frame(tab)
    assert "lang=sv" in frame.url
    with tab.expect_response("**/embed/*.json?lang=pl*"):
        tab.evaluate("sluss.locale('pl')")
    frame.wait_for_function("heard.some((one) => one.do === 'locale' && one.lang === 'pl')")
    panel = tab.locator("sluss-chat [part=panel]").bounding_box()
    assert panel == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(tab.locator(BUTTON)).not_to_be_visible()
    tab.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    for count, title in ((1, "(1) Baggage"), (3, "(3) Baggage"), (0, "Baggage")):
        _tell(frame, tell="unread", count=count)
        expect(tab).to_have_title(title)
    _tell(frame, tell="close")
    expect(tab.locator(BUTTON)).to_be_visible()
    tab.emulate_media(forced_colors="active")
    assert tab.locator(BUTTON).evaluate("one => getComputedStyle(one).borderTopColor") != "rgba(0, 0, 0, 0)"


def test_sloppy_pages_are_told_what_is_wrong(site: CompanySite, sluss: Place, new_page: NewPage) -> None:
    """Twice there, without a body, without a key, and with Sluss down."""
    tag = TAG.format(sluss=sluss.url, key=CHAT, more="")
    tab, said = new_page(), list[str]()
    tab.on("console", lambda message: said.append(message.text))
    new_page.allow("Failed to load resource")
    new_page.allow("ERR_FAILED")
    _lay(site, sluss, head=tag + tag)
    tab.goto(site.url)
    expect(tab.locator(BUTTON)).to_have_count(1)
    assert said == []
    site.body = f"<title>No body</title><link rel=icon href=data:,>{tag}"
    tab.goto(site.url)
    expect(tab.locator(BUTTON)).to_have_count(1)
    _lay(site, sluss, head=tag.replace(f' data-key="{CHAT}"', ""))
    tab.goto(site.url)
    tab.wait_for_function("document.readyState === 'complete'")
    assert [one.partition(":")[0] for one in said] == ["Sluss chat"]
    assert "data-key" in said.pop()
    _lay(site, sluss, more=' data-fallback="/contact" data-fallback-text="Write to us"')
    tab.route("**/embed/*.json*", lambda route: route.abort())
    tab.goto(site.url)
    expect(tab.get_by_role("link", name="Write to us")).to_have_attribute("href", "/contact")
    assert [one for one in said if "is none of its web sites" in one] != []
    assert tab.evaluate("told") == [["error", "unreachable"]]
    tab.get_by_role("button", name="Ask us").click()
    expect(tab).to_have_url(f"{site.url}/contact")


def test_a_hostile_page_gets_nothing(site: CompanySite, sluss: Place, new_page: NewPage) -> None:
    """T70: a site that is not on the list, and one that is but looks further than it may. On a site of another name, whose
    frames a browser gives no storage, the chat works all the same."""
    for expected in ("CORS", "ERR_FAILED", "403", "frame-ancestors", "Refused to frame", "Framing"):
        new_page.allow(expected)
    elsewhere = CompanySite()
    elsewhere.body = STRANGER.format(sluss=sluss.url, key=CHAT)
    elsewhere.start(sluss.url)
    stranger = new_page()
    with stranger.expect_console_message(lambda message: "is none of its web sites" in message.text):
        stranger.goto(elsewhere.url)
    expect(stranger.locator("sluss-chat")).to_have_count(0)
    stranger.wait_for_function("blocked")
    [framed] = stranger.frames[1:]
    assert framed.url.startswith("chrome-error:")
    elsewhere.stop()

    _lay(site, sluss)
    listed = new_page()
    listed.goto(site.url)
    listed.locator(BUTTON).click()
    frame = listed.frame_locator("sluss-chat iframe")
    expect(frame.get_by_role("textbox").first).to_be_visible()
    found = listed.evaluate(LOOK, sluss.url)
    assert found == ["null", "SecurityError", "SecurityError", 0]
    expect(listed.locator(BUTTON)).to_have_attribute("aria-expanded", "true")
    listed.goto(f"http://www.shop.localhost:{site.port}")
    listed.locator(BUTTON).click()
    expect(frame.get_by_role("textbox").last).to_be_focused()
    frame.get_by_role("textbox").last.fill("Hej")
    frame.get_by_role("textbox").last.press("Enter")
    expect(frame.locator(".foot")).to_contain_text("Sent")
