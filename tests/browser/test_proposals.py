"""A second mail of the same person: told at once in the open case, linked by one press, and given back."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place

SAID = "Min kontrabas fick inte plats i hytten och personalen visste inte vart den skulle ta vägen."


def test_what_may_be_the_same_is_linked_and_given_back(office: Place, desk: Desk) -> None:
    """The banner comes by itself, its button merges, Undo parts, and the banner is there again."""
    first = office.mail("Kontrabas", SAID, "Siri Lagerkvist <siri.lagerkvist@kund.example>")
    tab = desk()
    tab.locator("#rows").get_by_text("Kontrabas").first.click()
    expect(tab.locator("#pane")).to_contain_text("Kontrabas")
    office.mail("Kontrabasen igen", SAID, "Siri Lagerkvist <siri@musik.example>")
    banner = tab.locator(".banner.proposal")
    expect(banner).to_contain_text("Possibly the same as", timeout=20_000)
    banner.get_by_role("button", name="Link").click()
    expect(tab.locator("#toasts")).to_contain_text("is part of this now")
    expect(banner).to_have_count(0)
    tab.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(banner).to_contain_text("Possibly the same as", timeout=20_000)
    assert first
    tab.goto(tab.url.partition("/inbox")[0] + "/search?q=kontrabas+is:open")
    expect(tab.locator("#hits > li")).to_have_count(2)
    tab.locator("#hits .said").first.click()
    expect(tab.locator("#pane")).to_contain_text("vart den skulle ta vägen")
