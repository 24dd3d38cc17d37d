"""Accessibility of the running desk: axe on every page and state, reflow, large text, forced colours. Single screens: tests/browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import judge
from tests.browser.fixtures import Desk
from tests.browser.place import LUKASZ, Place
from tests.servers.chromium import NewPage

SUBJECT = "Bagaż nie doleciał – försenat bagage"
PAGES = ("/inbox/mine", "/inbox/open", "case", "/search", "/search?q=doleciał", "/search?q=finnsinte", "/me", "/me/keys", "/nowhere")
SETTINGS = ("", "/inboxes", "/inboxes/new", "/agents", "/agents/new", "/teams", "/quarantine", "/health", "/audit")
EVERY = (*PAGES, *(f"/settings{path}" for path in SETTINGS))
LARGE = "document.documentElement.style.fontSize = '200%'"
# Controls whose text is cut off though nothing tells so by an ellipsis, and what lies beyond the right edge.
CUT = """() => {
  const scrolls = node => ["auto", "scroll", "hidden"].includes(getComputedStyle(node).overflowX);
  const above = ({parentElement: up}) => up && up !== document.documentElement ? [up, ...above(up)] : [];
  const shown = node => node.checkVisibility() && node.getClientRects().length && !node.closest(".sr, svg, .skip");
  const cut = node => { const style = getComputedStyle(node);
    return style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && node.scrollWidth > node.clientWidth + 1; };
  const beyond = node => node.getBoundingClientRect().right > innerWidth + 1 && !above(node).some(scrolls);
  return [...document.querySelectorAll("button, a, label, h1, h2, p, td, dd")].filter(node => shown(node) && (cut(node) || beyond(node)))
    .map(node => `${node.tagName} ${node.className} ${node.textContent.trim().slice(0, 40)}`); }"""
OVERFLOWS = "() => document.scrollingElement.scrollWidth > innerWidth"
OUTLINE = "() => { const node = document.activeElement; return getComputedStyle(node.closest('.sheetlet') ?? node).outlineStyle }"
SETTLED = """() => new Promise(done => {
  const end = () => { seen.disconnect(); done(); };
  let quiet = setTimeout(end, 400);
  const seen = new MutationObserver(() => { clearTimeout(quiet); quiet = setTimeout(end, 400); });
  seen.observe(document.querySelector("#pane") ?? document.body, { subtree: true, childList: true }); })"""
# Nothing is behind these that a person could not tell: axe cannot judge what a neighbour or the scrolled panel covers.
UNJUDGED = ("color-contrast",)


def press(selector: str) -> Callable[[Page], Any]:
    return lambda page: page.locator(selector).first.click()


STATES: dict[str, Callable[[Page], Any]] = {
    "status menu": press('[data-action="status"]'),
    "assign menu": press('[data-action="assign"]'),
    "priority menu": press('[data-action="priority"]'),
    "tags menu": press('[data-action="tags"]'),
    "snooze menu": press('[data-action="snooze-choose"]'),
    "note": press("#tab-note"),
    "empty answer": press('#reply [data-action="send"]'),
    "toast": lambda page: (page.keyboard.press("n"), page.keyboard.type("Kolla"), page.keyboard.press("Control+Enter"), toast(page)),
}
WIDE: dict[str, Callable[[Page], Any]] = {
    "account menu": press('[popovertarget="me-menu"]'),
    "sort menu": press('[popovertarget="sort-menu"]'),
    "keys": press('.rail [data-action="sheet"]'),
    "palette": lambda page: (page.keyboard.press("Control+k"), page.locator(".palette :focus").wait_for()),
    "selection": lambda page: page.locator("#rows .pick input").first.check(force=True),
}


def toast(page: Page) -> None:
    page.locator(".toast").first.wait_for()
    page.evaluate(SETTLED)  # the live update of the case follows; axe cannot judge a heading that is replaced under it


def go(office: Place, page: Page, path: str) -> Page:
    """A page with a case of three messages behind it."""
    if path != "case":
        page.goto(path)
        return page
    page.goto("/inbox/open")
    if not page.locator("#rows li", has_text="doleciał").count():
        office.mail(SUBJECT, "Dzień dobry,\n\nhttps://norrsken.example/status\n\n> Wcześniej", LUKASZ, html="<p>Dzień <b>dobry</b></p>")
    page.locator("#rows .row", has_text="doleciał").first.click()
    expect(page.locator("#pane h1")).to_have_text(SUBJECT)
    return page


def require_accessible(page: Page, where: str) -> None:
    wrong, unsure = judge(page)
    assert wrong == [], where
    assert [line for line in unsure if not line.startswith(UNJUDGED)] == [], where


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(office: Place, desk: Desk, new_page: NewPage, theme: str) -> None:
    new_page.allow("404")
    page = desk("ewa", theme=theme)
    for path in EVERY:
        require_accessible(go(office, page, path), f"{path} {theme}")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (390, "light")])
def test_axe_finds_nothing_in_any_state(office: Place, desk: Desk, new_page: NewPage, width: int, theme: str) -> None:
    """Menus, dialog, toast, selection, an error: each on a case opened anew."""
    new_page.allow("422")
    page = desk("johan", width=width, theme=theme)
    go(office, page, "case")
    address = page.url
    for name, reach in (STATES | (WIDE if width > 719 else {})).items():
        page.goto(address)
        expect(page.locator("#pane h1")).to_be_visible()
        reach(page)
        require_accessible(page, name)


@pytest.mark.parametrize("width", [1024, 390])
def test_axe_finds_nothing_on_narrower_screens(office: Place, desk: Desk, width: int) -> None:
    page = desk("ewa", width=width)
    for path in ("/inbox/open", "case", "/settings", "/settings/inboxes/new", "/me"):
        require_accessible(go(office, page, path), f"{path} {width}")


@pytest.mark.parametrize(("width", "large"), [(320, False), (1280, True), (640, True)])
def test_nothing_is_lost_when_it_is_narrow_or_large(office: Place, desk: Desk, new_page: NewPage, width: int, large: bool) -> None:
    """WCAG 1.4.4 and 1.4.10: at 320 px, and with text twice as large."""
    new_page.allow("404")
    page = desk("ewa", width=width, height=640)
    for path in EVERY:
        go(office, page, path)
        if large:
            page.evaluate(LARGE)
        assert not page.evaluate(OVERFLOWS), f"{path} at {width}"
        assert page.evaluate(CUT) == [], f"{path} at {width}"


def test_forced_colours_keep_focus_and_choice_visible(office: Place, desk: Desk) -> None:
    page = go(office, desk("johan", forced_colors="active"), "case")
    for selector in ("#omni", '[data-action="status"]', "#f-body", '#rows .row[aria-current="true"]'):
        page.locator(selector).focus()
        page.keyboard.press("Shift")
        assert "none" not in page.evaluate(OUTLINE), selector


def test_nothing_moves_for_who_wants_no_motion(office: Place, desk: Desk) -> None:
    page = go(office, desk("johan"), "case")
    moving = page.evaluate("""() => [...document.querySelectorAll("*")].map(node => getComputedStyle(node)).filter(style =>
      [style.animationDuration, style.transitionDuration].some(one => one.split(",").some(each => parseFloat(each) > 0.01))).length""")
    assert moving == 0


@pytest.mark.parametrize("width", [1366, 1440, 1920])
def test_a_case_has_one_line_of_controls(office: Place, desk: Desk, width: int) -> None:
    """However long its subject and its tags are."""
    page = desk("maja", width=width)
    office.mail(f"{width} {'Reklamacja bagażu rejestrowanego ' * 5}", "Dzień dobry")
    page.locator("#rows .row", has_text=f"{width} Reklamacja").click()
    page.locator('[data-action="tags"]').click()
    page.locator("#new-tag").fill("odszkodowanie-za-opóźniony-bagaż")
    page.locator("#new-tag").press("Enter")
    expect(page.locator('[data-action="tags"]')).to_contain_text("odszkodowanie")
    # In one go: the head may be drawn anew at any moment.
    lines, height, cut = page.evaluate(
        """() => { const box = (one) => one.getBoundingClientRect(), row = document.querySelector('.deeds');
          return [[...row.querySelectorAll(':scope > :not(.grow)')].map(one => Math.round(box(one).top)),
            box(document.querySelector('#case-head')).height, row.scrollWidth > row.clientWidth]; }"""
    )
    assert max(lines) - min(lines) <= 2
    assert height <= 100
    assert not cut
