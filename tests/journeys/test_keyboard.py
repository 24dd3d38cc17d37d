"""Keys on the real desk: what they do, and that no letter of Polish or Swedish is ever taken for one."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place

LETTERS = "ąćęłńóśźż ĄĆĘŁŃÓŚŹŻ åäö jkernexz?"
FIELDS = 'input:is([type="text"], [type="search"], [type="email"], [type="password"], :not([type])), textarea'
ALTGR = """field => [..."ąćęłńóśźż"].filter(key => !field.dispatchEvent(new KeyboardEvent("keydown",
  {key, altKey: true, ctrlKey: true, modifierAltGraph: true, bubbles: true, cancelable: true})))"""
SEEN = """() => { const node = document.activeElement, box = node.getBoundingClientRect(), style = getComputedStyle(node);
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const name = (node.getAttribute("aria-label") ?? node.textContent).trim().replace(/\\s+/g, " ").slice(0, 40) || node.id || node.name;
  return {name, body: node === document.body, clear: Boolean(top && (node.contains(top) || top.contains(node))) || box.width <= 1,
    ring: [style, getComputedStyle(node.closest(".sheetlet") ?? node)].some(one =>
      one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 1 || one.boxShadow !== "none")}; }"""
PAGES = ("/inbox/open", "case", "/search?q=Hund", "/me", "/settings/inboxes/new", "/settings/agents/new", "/settings/teams")


def case_path(office: Place, page: Page) -> str:
    """The address of a case that is there for this."""
    page.goto("/inbox/open")
    if not page.locator("#rows li", has_text="Tangenter").count():
        office.mail("Tangenter", "Hej!")
    page.locator("#rows .row", has_text="Tangenter").first.click()
    expect(page.locator("#pane h1")).to_have_text("Tangenter")
    return page.url


@pytest.mark.parametrize("path", PAGES)
def test_letters_are_only_letters(office: Place, desk: Desk, path: str) -> None:
    """In every text field of the page: what is typed stands there, and nothing is done."""
    page = desk("ewa")
    page.goto(case_path(office, page) if path == "case" else path)
    address, done = page.url, watch(page)
    for field in page.locator(FIELDS).all():
        if not field.is_visible() or field.get_attribute("readonly") is not None:
            continue
        field.fill("")
        page.keyboard.type(LETTERS)
        expect(field).to_have_value(LETTERS)
        assert field.evaluate(ALTGR) == []
    assert (page.url, done) == (address, [])
    assert page.locator("dialog[open]").count() == 0


def watch(page: Page) -> list[str]:
    """Writes that the page asks for from now on; keeping a draft is none, nor is a preview."""
    done: list[str] = []

    def heard(request: Request) -> None:
        if request.method == "POST" and not request.url.endswith(("/draft", "/read", "/inboxes/signature", "/inboxes/confirmation")):
            done.append(request.url)

    page.on("request", heard)
    return done


def test_a_case_is_handled_without_a_pointer(office: Place, desk: Desk) -> None:
    """j, k, Enter, r, Esc, n, ?, Ctrl+K and e."""
    page = desk()
    case_path(office, page)
    page.goto("/inbox/open?sort=newest")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("#rows li:first-child .row")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#pane h1")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#f-body")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#f-note-body")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    # A dialog gives the focus back in a turn of its own after it is gone.
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    page.keyboard.press("Control+k")
    expect(page.locator("#omni")).to_be_focused()
    page.locator("#timeline").focus()
    page.keyboard.press("e")
    expect(page.locator('[data-action="status"]')).to_contain_text("Solved")


def test_focus_goes_everywhere_and_is_always_seen(office: Place, desk: Desk) -> None:
    """No trap, a ring around each stop, and no stop hidden under something."""
    page = desk()
    page.goto(case_path(office, page))
    stops: list[dict[str, Any]] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(SEEN))
        if stops[-1]["body"]:
            break
    names = [stop["name"] for stop in stops]
    assert stops[-1]["body"], f"no way out: {names[-8:]}"
    assert len(names) > 25
    assert [stop["name"] for stop in stops[:-1] if not (stop["ring"] and stop["clear"])] == []
    assert names.index("Skip to the conversation") < names.index("Conversation")


def test_single_keys_are_switched_off_for_good(office: Place, desk: Desk) -> None:
    """WCAG 2.1.4: on one's own page, kept over a new page."""
    page = desk("maja", "/me")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.goto(case_path(office, page))
    done = watch(page)
    for key in "eriazj?":
        page.keyboard.press(key)
    page.keyboard.press("Control+k")
    expect(page.locator("#omni")).to_be_focused()
    assert (done, page.locator("dialog[open]").count()) == ([], 0)
