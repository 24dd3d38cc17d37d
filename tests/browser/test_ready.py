"""Canned answers while writing: found, read, put in and sent by the keyboard alone, and told to who cannot see the menu."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.axe import judge
from tests.browser.fixtures import Desk
from tests.browser.place import Place
from tests.servers.chromium import NewPage

TEXT = "Hej {{contact.first_name|du}}!\n\nVi söker väskan. Ring {{contact.nickname}}"
FOUND = "Hej Åsa!\n\nDin väska är funnen och kommer till ___ i morgon."


def test_an_answer_is_found_read_put_in_and_sent(office: Place, desk: Desk, new_page: NewPage) -> None:
    """T94: a field that is open stops the send. The menu is told as a list of options, of which one is marked (Zammad #6162)."""
    lead = desk("maja", "/settings/answers/new")
    _write_down(lead, "Väska saknas", "bag", TEXT.replace(" Ring {{contact.nickname}}", ""))
    _write_down(lead, "Väska funnen", "found", FOUND.replace("Åsa", "{{contact.first_name}}"))
    office.mail("Var är väskan?", "Hej, min väska kom inte med och jag vet inte var den är. Tack!")
    tab = desk("johan", "/inbox/open")
    tab.locator("#rows .row", has_text="Var är väskan?").click()
    field = tab.locator("#f-body")
    field.click()
    tab.keyboard.type("1/2 och http://a/b")
    expect(tab.locator(".ready")).to_be_hidden()
    tab.keyboard.type("\n/vask")
    options = tab.locator(".ready").get_by_role("option")
    expect(options).to_have_count(2)
    assert _told(tab) == ("textbox", "Väska funnen")
    tab.keyboard.press("ArrowDown")
    assert _told(tab)[1] == "Väska saknas"
    expect(tab.locator(".preview:visible .text")).to_contain_text("Hej Åsa!")
    assert judge(tab)[0] == []
    tab.keyboard.press("Escape")
    expect(tab.locator(".ready")).to_be_hidden()
    tab.keyboard.type("a")
    expect(tab.locator(".ready")).to_be_hidden()
    assert field.input_value() == "1/2 och http://a/b\n/vaska"
    tab.keyboard.press("Control+A")
    tab.keyboard.type("/found")
    expect(options).to_have_count(1)
    tab.keyboard.press("Tab")
    expect(field).to_have_value(FOUND)
    assert field.evaluate("one => one.value.slice(one.selectionStart, one.selectionEnd)") == "___"
    tab.keyboard.press("Control+Z")
    expect(field).to_have_value("/found")
    tab.keyboard.press("Control+A")
    tab.keyboard.type("Hej {{contact.nickname}}")
    expect(tab.get_by_role("button", name="contact.nickname")).to_be_visible()
    new_page.allow("422")
    tab.keyboard.press("Control+Enter")
    expect(tab.locator(".composer .errors")).to_contain_text("Fill in {{contact.nickname}} first. Nothing was sent.")
    lead.goto(f"{office.url}/settings/answers")
    expect(lead.locator("tbody tr", has_text="Väska funnen").locator("[data-label=Used]")).to_have_text("1")


def _write_down(tab: Page, name: str, shortcut: str, text: str) -> None:
    if not tab.url.endswith("/new"):
        tab.goto(f"{tab.url.split('/settings')[0]}/settings/answers/new")
    tab.get_by_label("Name").fill(name)
    tab.get_by_label("Shortcut").fill(shortcut)
    tab.locator("details[open] textarea").fill(text)
    tab.get_by_role("button", name="Save").click()
    expect(tab.locator("h1")).to_have_text(name)


def _told(tab: Page) -> tuple[str, str]:
    """How the focused field and its marked option are told: from the browser's own tree, not from attributes."""
    session = tab.context.new_cdp_session(tab)
    nodes: list[Any] = session.send("Accessibility.getFullAXTree")["nodes"]
    fields = [one for one in nodes if one.get("role", {}).get("value") == "textbox"]
    field = next(one for one in fields if any(each["name"] == "focused" for each in one.get("properties", ())))
    marked = next(each for each in field["properties"] if each["name"] == "activedescendant")["value"]["relatedNodes"][0]
    option = next(one for one in nodes if one.get("backendDOMNodeId") == marked["backendDOMNodeId"])
    assert option["role"]["value"] == "option"
    return field["role"]["value"], option["name"]["value"].split(" /")[0].strip()
