"""Everything that matters works as plain pages and forms, where scripts are off or never arrive."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place


def open_case(office: Place, desk: Desk, subject: str) -> Page:
    """Without a live stream the page is asked for until the mail has arrived."""
    office.mail(subject, "Hej, kan ni hjälpa mig?")
    page = desk("ewa", java_script_enabled=False)
    while not page.locator("#rows .row", has_text=subject).count():
        page.goto("/inbox/open")
    page.locator("#rows .row", has_text=subject).click()
    return page


def test_a_case_is_read_and_answered(office: Place, desk: Desk) -> None:
    page = open_case(office, desk, "Utan skript")
    expect(page.locator("#items")).to_contain_text("kan ni hjälpa mig?")
    page.locator("#f-body").fill("Hej! Ja.")
    page.locator("#reply input[type=file]").set_input_files({"name": "plan.txt", "mimeType": "text/plain", "buffer": b"plan"})
    page.locator("#reply").get_by_role("button", name="Send", exact=False).last.click()
    expect(page.locator(".msg.out")).to_contain_text("Hej! Ja.")
    expect(page.locator(".msg.out .file")).to_contain_text("plan.txt")
    page.get_by_role("tab", name="Note").click()
    page.locator("#f-note-body").fill("För oss.")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator(".msg.note")).to_contain_text("För oss.")


def test_a_case_is_assigned_and_solved(office: Place, desk: Desk) -> None:
    """Menus are popovers, which need no script."""
    page = open_case(office, desk, "Tilldelas")
    page.locator('[data-action="assign"]').click()
    page.locator("#assign-menu").get_by_role("button", name="Johan Falk").click()
    expect(page.locator('[data-action="assign"]')).to_contain_text("Johan Falk")
    page.locator('[data-action="tags"]').click()
    page.locator("#new-tag").fill("husdjur")
    page.locator("#tags-menu").get_by_role("button", name="Save").click()
    expect(page.locator('[data-action="tags"]')).to_contain_text("husdjur")
    page.locator('[data-action="solve"]').click()
    expect(page.locator('[data-action="status"]')).to_contain_text("Solved")


def test_settings_are_changed(desk: Desk) -> None:
    page = desk("ewa", "/settings/agents/new", java_script_enabled=False)
    page.get_by_label("Name").fill("Klara Sundin")
    page.get_by_label("E-mail").fill("klara@norrsken.example")
    page.get_by_role("button", name="Invite").click()
    page.goto("/settings/agents")
    expect(page.locator("main")).to_contain_text("Klara Sundin")
    page.goto("/me")
    page.get_by_label("Name").fill("Ewa Nowak-Ek")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
