"""Two agents at one case: each sees what the other does, and neither loses a word."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place
from tests.servers.chromium import NewPage


def open_case(office: Place, page: Page, subject: str) -> Page:
    """Let a mail come in, and open its case."""
    office.mail(subject, "Hej! Kan jag ta med hunden?")
    return open_row(page, subject)


def open_row(page: Page, subject: str) -> Page:
    page.locator("#rows .row", has_text=subject).click()
    expect(page.locator("#pane h1")).to_have_text(subject)
    return page


def write(page: Page, text: str) -> None:
    """Type an answer, and see it kept."""
    page.get_by_label("Answer to").fill(text)
    expect(page.locator("#reply [data-state]")).to_contain_text("Draft saved")


def send(page: Page) -> None:
    page.locator('#reply [data-action="send"]').click()


def test_what_one_does_appears_at_the_other(office: Place, desk: Desk) -> None:
    """Assignment, priority, tag and note, while the other only looks."""
    johan = open_case(office, desk("johan"), "Hund i kabinen")
    maja = open_row(desk("maja"), "Hund i kabinen")
    johan.keyboard.press("i")
    expect(maja.locator('[data-action="assign"]')).to_contain_text("Johan Falk")
    expect(maja.locator("#rows li", has_text="Hund i kabinen").locator(".end")).to_have_attribute("title", "Johan Falk")
    maja.keyboard.press("n")
    maja.locator("#f-note-body").fill("Högst 8 kg med bur.")
    maja.keyboard.press("Control+Enter")
    expect(johan.locator(".msg.note")).to_contain_text("Högst 8 kg med bur.")
    maja.locator("#case-head").get_by_role("button", name="Priority").click()
    maja.get_by_role("button", name="Urgent").click()
    expect(johan.locator('[data-action="priority"]')).to_contain_text("Urgent")


def test_a_send_over_unseen_news_is_stopped(office: Place, desk: Desk, new_page: NewPage) -> None:
    """T78: the other's answer is shown, the draft is kept, and may go out all the same."""
    new_page.allow("409")
    johan = open_case(office, desk("johan"), "Katt i kabinen")
    johan.route("**/cases/*/fresh*", lambda route: route.fulfill(status=204))
    write(johan, "Ja, katten får plats.")
    maja = open_row(desk("maja"), "Katt i kabinen")
    write(maja, "Nej, tyvärr.")
    send(maja)
    expect(maja.locator(".msg.out")).to_contain_text("Nej, tyvärr.")
    send(johan)
    dialog = johan.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Maja Ek")
    expect(dialog).to_contain_text("Nej, tyvärr.")
    expect(dialog.get_by_label("Your text")).to_have_value("Ja, katten får plats.")
    dialog.get_by_label("Your text").fill("Ja, katten får plats, i bur.")
    dialog.get_by_role("button", name="Keep editing").click()
    expect(johan.get_by_label("Answer to")).to_have_value("Ja, katten får plats, i bur.")
    send(johan)
    johan.get_by_role("button", name="Send anyway").click()
    expect(johan.locator(".msg.out", has_text="Ja, katten får plats, i bur.")).to_have_count(1)
    expect(dialog).to_have_count(0)
    expect(johan.get_by_label("Answer to")).to_have_value("")


def test_a_draft_survives_reload_and_follows_to_another_browser(office: Place, desk: Desk) -> None:
    text = "Zażółć gęślą jaźń.\n\nÅ ä ö, och 👩‍✈️."
    here = open_case(office, desk("johan"), "Utkast")
    write(here, text)
    here.reload()
    expect(here.get_by_label("Answer to")).to_have_value(text)
    there = open_row(desk("johan"), "Utkast")
    expect(there.get_by_label("Answer to")).to_have_value(text)


def test_undo_gives_the_exact_draft_back(office: Place, desk: Desk) -> None:
    """Text, copy and file; nothing leaves."""
    text = "Hej Åsa,\n\n  en rad med indrag\n\nMvh"
    page = open_case(office, desk("johan"), "Ångra")
    page.locator("#reply [data-cc]").click()
    page.locator("#f-cc").fill("lukasz@customer.example")
    page.locator("#reply input[type=file]").set_input_files({"name": "karta.txt", "mimeType": "text/plain", "buffer": b"karta"})
    expect(page.locator('#reply .attached input[name="file"]')).to_have_count(1)
    write(page, text)
    send(page)
    expect(page.locator(".msg.out")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".msg.out")).to_have_count(0)
    expect(page.get_by_label("Answer to")).to_have_value(text)
    expect(page.locator("#cc-line .who-chip")).to_have_text(["lukasz@customer.example"])
    expect(page.locator("#reply .attached .name")).to_have_text("karta.txt")
