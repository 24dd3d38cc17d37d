"""Keys on the real desk: what they do to a case, to a row, to chosen rows; one's own keys; the palette."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, Request, expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place

SEEN = """() => { const node = document.activeElement, box = node.getBoundingClientRect(), style = getComputedStyle(node);
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const name = (node.getAttribute("aria-label") ?? node.textContent).trim().replace(/\\s+/g, " ").slice(0, 40) || node.id || node.name;
  return {name, body: node === document.body, clear: Boolean(top && (node.contains(top) || top.contains(node))) || box.width <= 1,
    ring: [style, getComputedStyle(node.closest(".sheetlet") ?? node)].some(one =>
      one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 1 || one.boxShadow !== "none")}; }"""


def case_path(office: Place, page: Page) -> str:
    """The address of a case that is there for this."""
    page.goto("/inbox/open")
    if not page.locator("#rows li", has_text="Tangenter").count():
        office.mail("Tangenter", "Hej!")
    page.locator("#rows .row", has_text="Tangenter").first.click()
    expect(page.locator("#pane h1")).to_have_text("Tangenter")
    return page.url


def watch(page: Page) -> list[str]:
    """Writes that the page asks for from now on; keeping a draft is none, nor is a preview."""
    done: list[str] = []

    def heard(request: Request) -> None:
        if request.method == "POST" and not request.url.endswith(("/draft", "/read", "/presence")):
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
    expect(page.locator("#pane[data-shown] h1")).to_be_visible()
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
    page.keyboard.press("/")
    expect(page.locator("#omni")).to_be_focused()
    page.locator("#timeline").focus()
    page.keyboard.press("e")
    expect(page.locator('[data-action="status"]')).to_contain_text("Solved")


def test_the_palette_finds_and_does(office: Place, desk: Desk) -> None:
    """Words without their accents, a time in words, an undo whose toast has gone, a case by its number; all without a pointer."""
    page = desk("maja")
    case_path(office, page)
    number = page.locator("#pane").get_attribute("data-no")
    field, options = page.get_by_role("combobox", name="Find or do anything"), page.locator(".palette [role=option]")
    page.locator("#timeline").focus()
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("assign jóhan")
    expect(options.first).to_contain_text("Assign › Johan Falk")
    expect(page.locator(".palette [role=status]")).to_contain_text("result")
    page.keyboard.press("Control+a")
    page.keyboard.type("snooze i övermorgon kl 9")
    expect(options.first).to_contain_text(re.compile(r"Snooze until \w+ \d+ \w+ (\d+ )?09:00"))
    page.keyboard.press("Enter")
    expect(page.locator('[data-action="status"]')).to_contain_text("Snoozed")
    expect(page.locator("#timeline")).to_be_focused()
    page.locator("#toasts [data-dismiss]").click()
    page.keyboard.press("Control+k")
    expect(options.first).to_contain_text("Undo: Snoozed until")
    page.keyboard.press("Enter")
    expect(page.locator('[data-action="status"]')).to_contain_text("Open")
    page.goto("/settings") if page.locator('a[href="/settings"]').count() else page.goto("/me")
    page.keyboard.press("Control+k")
    page.keyboard.type(f"#{number}")
    expect(options.filter(has_text="Tangenter")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#pane h1")).to_have_text("Tangenter")


def test_keys_mean_the_row_that_has_the_focus(office: Place, desk: Desk) -> None:
    """Solve, snooze and their undo on a row; selecting by x, Shift+x and *; one's own keys in the place of the usual ones."""
    for name in ("Rad ett", "Rad två", "Rad tre"):
        office.mail(name, "Hej!")
    # Her keys stay hers: the others, in whatever order the tests run, have the usual ones.
    page = desk("ewa", "/inbox/open?sort=newest")
    rows = page.locator("#rows > li")
    expect(rows.filter(has_text="Rad")).to_have_count(3)
    page.keyboard.press("j")
    first = rows.first.inner_text().split("·")[0]
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Snoozed until")
    page.keyboard.press("Control+z")
    expect(page.locator("#toasts")).to_contain_text("as it was")
    page.goto("/inbox/open?sort=newest")
    page.keyboard.press("j")
    assert rows.first.inner_text().split("·")[0].splitlines()[-1] == first.splitlines()[-1]
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+x")
    expect(page.locator("[data-selected]")).to_contain_text("3 selected")
    page.keyboard.press("*")
    page.keyboard.press("n")
    expect(rows.locator(".pick input:checked")).to_have_count(0)
    page.goto("/me/keys")
    page.get_by_label("Keys for: Solve", exact=True).focus()
    page.keyboard.press("Shift+y")
    expect(page.get_by_label("Keys for: Solve", exact=True)).to_have_value("Shift+y")
    page.keyboard.press("Enter")
    expect(page.locator("#k-solve")).to_contain_text("Saved")
    page.goto("/inbox/open?sort=newest")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(rows.filter(has_text="Rad")).to_have_count(3)
    page.keyboard.press("Shift+y")
    expect(page.locator("#toasts")).to_contain_text("Solved")


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
    expect(page.get_by_role("combobox", name="Find or do anything")).to_be_focused()
    assert (done, page.locator("dialog[open]").count()) == ([], 1)
