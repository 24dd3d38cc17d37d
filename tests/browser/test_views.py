"""A view is built in rows, saved, emptied by one deed to all that match, and filled again by its undo."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place, compose

HELP = "help@norrsken.test"


def test_a_view_is_built_saved_emptied_and_filled_again(office: Place, desk: Desk) -> None:
    """What stands beyond the page is done as well, and comes back as well; rows go and come while one looks."""
    office.hand_over([compose(f"Sak {n}", "Hej!", f"kund{n}@kund.example", HELP) for n in range(55)])
    tab = desk("johan", "/views/new")
    builder = tab.locator("#builder")
    builder.locator("[name=value]").first.fill("open")
    builder.locator("[name=value]").first.press("Tab")
    expect(tab.locator("#f-f")).to_have_value("is:open")
    builder.get_by_role("button", name="Add a condition").click()
    expect(builder.locator("[name=field]")).to_have_count(2)
    drawn = builder.locator("[name=value]").nth(1).element_handle()
    builder.locator("[name=field]").nth(1).select_option("from")
    drawn.wait_for_element_state("hidden")  # the other field brings another builder
    builder.locator("[name=value]").nth(1).fill("@kund.example")
    builder.locator("[name=value]").nth(1).press("Tab")
    expect(tab.locator("#f-f")).to_have_value("is:open from:@kund.example")
    expect(builder.locator("h2")).to_contain_text("55 cases now")
    tab.locator("#f-name").fill("Kunder")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.locator("#total")).to_have_text("55")
    expect(tab.locator('.view[data-view^="v:"] .n')).to_have_text("55")
    tab.locator("#rows > li").first.locator(".pick input").check()
    tab.locator(".choose-all").click()
    expect(tab.locator("#bulk .effect")).to_contain_text("55 cases")
    tab.locator('#bulk [value="solve"]').click()
    expect(tab.locator(".toast")).to_contain_text("55 solved")
    tab.mouse.move(0, 0)
    expect(tab.locator("#total")).to_have_text("0")
    expect(tab.locator("#rows > li")).to_have_count(0)
    tab.locator('.toast [data-action="undo"]').click()
    expect(tab.locator(".toast")).to_contain_text("55 cases are as they were")
    expect(tab.locator("#total")).to_have_text("55")
    expect(tab.locator("#rows > li").first).to_be_visible()
