"""A colleague is called: from an `@` typed on the keyboard to the bell of the other, who opens the very note."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place

SHOWN = """
window.shown = [];
window.Notification = class {
  static permission = "granted";
  constructor(title, more) { window.shown.push(`${title}: ${more.body}`); }
};
"""


def test_a_name_typed_in_a_note_rings_at_the_other_once(office: Place, desk: Desk) -> None:
    """Two tabs of Johan's are open: one of them shows it on the desktop, both count it; what is opened is read."""
    office.mail("Väskan kom inte fram", "Hej! Var är min väska?")
    johan, maja = desk("johan"), desk("maja")
    second = johan.context.new_page()
    for tab in (johan, second):
        tab.add_init_script(SHOWN)
        tab.goto("/inbox/mine")
        expect(tab.locator("#bell-count")).to_be_hidden()
    call_johan(maja)
    for tab in (johan, second):
        expect(tab.locator("#bell-count")).to_have_text("1")
        expect(tab).to_have_title(re.compile(r"^\(1\) "))
        expect(tab.locator("link[rel=icon]")).to_have_attribute("href", re.compile("favicon-unread"))
    johan.wait_for_function("() => localStorage.getItem('sluss-heard')")
    assert [*johan.evaluate("shown"), *second.evaluate("shown")] == [f"Maja Ek mentioned you: {title_of(maja)}"]
    second.keyboard.press("g")
    second.keyboard.press("m")
    expect(second.locator("#rows li")).to_have_count(1)
    johan.locator("#bell").click()
    johan.locator("#bell-list").get_by_text("Maja Ek mentioned you").click()
    expect(johan.locator(".msg.note.focus .mention.me")).to_have_text("@Johan Falk")
    for tab in (johan, second):
        expect(tab.locator("#bell-count")).to_be_hidden()
    johan.keyboard.press("w")
    expect(johan.locator("#toasts")).to_contain_text("You no longer follow this case")
    expect(second.locator('.view[data-view="following"] .n')).to_have_text("0")


def call_johan(maja: Page) -> None:
    """Find him with three letters, choose with the arrows, go on typing, save."""
    maja.locator("#rows .row", has_text="Väskan kom inte fram").click()
    expect(maja.locator("#pane h1")).to_have_text("Väskan kom inte fram")
    maja.keyboard.press("n")
    area = maja.locator("#f-note-body")
    area.press_sequentially("Hej @")
    expect(maja.locator("#colleagues [role=option]")).to_have_text(["Ewa Nowak", "Johan Falk", re.compile("Stockholm")])
    area.press("ArrowDown")
    expect(area).to_have_attribute("aria-activedescendant", "colleague-1")
    area.press_sequentially("JÖH")
    expect(maja.locator("#colleagues [aria-selected=true]")).to_have_text("Johan Falk")
    area.press("Enter")
    expect(area).to_have_value("Hej @Johan Falk ")
    area.press_sequentially("kan du ringa kunden? åäö ąćęłńóśźż @")
    area.press("Escape")
    expect(maja.locator("#colleagues")).to_be_hidden()
    area.press("Control+Enter")
    expect(maja.locator(".msg.note .mention")).to_have_text("@Johan Falk")


def title_of(tab: Page) -> str:
    return f"#{tab.locator('#pane').get_attribute('data-no')} Väskan kom inte fram"
