"""An administrator puts a chat on a web site: by keyboard, with the page telling at once how it looks and where it is seen."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place

SITE = "https://www.norrsken.example"


def test_a_chat_is_set_up_and_seen(office: Place, desk: Desk) -> None:
    tab = desk("ewa", "/settings/inboxes/new")
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.get_by_role("link", name="Web chat").press("Enter")
    tab.get_by_label("Name", exact=True).first.fill("Webbplatsen")
    tab.get_by_label("Web sites that may show it").fill(SITE)
    tab.get_by_label("Colour", exact=True).fill("#7c7c7c")
    expect(tab.locator("#look .error")).to_contain_text("Neither white nor dark")
    tab.get_by_label("Choose a colour").fill("#7a1f5c")
    expect(tab.locator("#look")).to_contain_text("White text on this colour")
    assert tab.locator("#look .chat-button rect").first.get_attribute("fill") == tab.locator("#f-accent").input_value() == "#7a1f5c"
    tab.get_by_label("Monday").fill("00:00-24:00")
    tab.get_by_role("button", name="Monday’s hours").press("Enter")
    expect(tab.get_by_label("Friday")).to_have_value("00:00-24:00")
    expect(tab.locator("#hours-now")).to_contain_text("120 hours a week")
    tab.get_by_label("Always").check()
    expect(tab.locator("#hours")).to_be_hidden()
    tab.get_by_role("button", name="Save").press("Enter")
    tab.get_by_role("button", name="Copy").first.click()
    line = tab.evaluate("navigator.clipboard.readText()")
    assert line.startswith(f'<script async src="{office.url}/embed/v1.js" data-key="chat-')
    expect(tab.locator("#sites")).to_contain_text("Not seen yet")
    key = line.partition('data-key="')[2].partition('"')[0]
    asked = [httpx.get(f"{office.url}/embed/{key}.json?path=/kontakt", headers={"Origin": one}) for one in (SITE, "https://norrsken.shop")]
    assert [one.status_code for one in asked] == [200, 403]
    # The page asks by itself; nobody reloads it.
    expect(tab.locator("#sites")).to_contain_text(f"seen on {SITE}/kontakt", timeout=10_000)
    tab.get_by_role("button", name="Add to the list").press("Enter")
    expect(tab.get_by_text("Refused")).to_have_count(0)
    assert httpx.get(f"{office.url}/embed/{key}.json", headers={"Origin": "https://norrsken.shop"}).status_code == 200
    tab.get_by_role("button", name="Make a new identity key").click()
    tab.get_by_role("button", name="Make it").click()
    expect(tab.get_by_label("Identity key", exact=True)).to_have_value(re.compile(r"^[\w-]{43}$"))
