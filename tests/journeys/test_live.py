"""What an open desk hears: over a restart, without a line, in two tabs, after the session's end, and under the pointer."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.fixtures import Desk
from tests.browser.place import Place
from tests.servers.chromium import NewPage
from tests.servers.program import until
from tests.world import PASSWORD

LONG = 20_000


def rows(page: Page, subject: str):
    return page.locator("#rows li", has_text=subject)


def test_a_restart_leaves_no_gap_and_repeats_nothing(office: Place, desk: Desk, new_page: NewPage) -> None:
    """The server goes and comes again; what came meanwhile appears once, without a reload."""
    new_page.allow("net::ERR_")
    page = desk()
    office.mail("Före omstarten", "Hej!")
    expect(rows(page, "Före omstarten")).to_have_count(1)
    page.evaluate("window.notReloaded = true")
    office.stop()
    expect(page.locator("html")).to_have_attribute("data-line", "down", timeout=LONG)
    office.start()
    office.mail("Efter omstarten", "Hej igen!")
    expect(rows(page, "Efter omstarten")).to_have_count(1, timeout=LONG)
    expect(rows(page, "Före omstarten")).to_have_count(1)
    expect(page.locator("html")).not_to_have_attribute("data-line", "down")
    assert page.evaluate("window.notReloaded")


def test_a_browser_without_a_line_catches_up(office: Place, desk: Desk, new_page: NewPage) -> None:
    new_page.allow("net::ERR_")
    page = desk()
    until(lambda: office.streams() == 1, "the stream")
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('online'))")
    until(lambda: office.streams() == 0, "the stream's end")
    office.mail("Utan linje", "Hej!")
    page.context.set_offline(False)
    expect(rows(page, "Utan linje")).to_have_count(1, timeout=LONG)


def test_two_tabs_share_one_stream(office: Place, desk: Desk) -> None:
    """The tab that holds it goes, and the other takes over."""
    first = desk()
    second = first.context.new_page()
    second.goto("/inbox/unassigned")
    office.mail("Två flikar", "Hej!")
    for page in (first, second):
        expect(rows(page, "Två flikar")).to_have_count(1)
    until(lambda: office.streams() == 1, "one stream for both tabs")
    first.close()
    office.mail("En flik", "Hej!")
    expect(rows(second, "En flik")).to_have_count(1, timeout=LONG)
    until(lambda: office.streams() == 1, "one stream again")


def test_a_revoked_session_keeps_the_text(office: Place, desk: Desk, new_page: NewPage) -> None:
    """Ended elsewhere: the stream closes, a dialog asks for the password, and the answer being written is still there."""
    new_page.allow("401")
    office.mail("Återkallad", "Hej!")
    page = desk("maja")
    rows(page, "Återkallad").locator(".row").click()
    page.get_by_label("Answer to").fill("Halvskrivet")
    elsewhere = desk("maja", "/me")
    elsewhere.get_by_role("button", name="End all others").click()
    expect(elsewhere.get_by_role("button", name="End all others")).to_have_count(0)
    elsewhere.goto("about:blank")  # every page has a stream, for its bell
    until(lambda: office.streams() == 0, "the stream's end", 6)
    dialog = page.get_by_role("dialog", name="You were signed out")
    expect(dialog).to_be_visible(timeout=LONG)
    dialog.get_by_label("E-mail").fill("maja@norrsken.example")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("Answer to")).to_have_value("Halvskrivet")
    expect(page.locator("#reply [data-state]")).to_contain_text("Draft saved", timeout=LONG)
    until(lambda: office.streams() == 1, "the stream again")


def test_the_list_stands_still_under_the_pointer(office: Place, desk: Desk) -> None:
    """New rows wait behind a pill until the pointer leaves."""
    office.mail("Under pekaren", "Hej!")
    page = desk(path="/inbox/open?sort=newest")
    rows(page, "Under pekaren").hover()
    place = rows(page, "Under pekaren").bounding_box()
    office.mail("Ny under pekaren", "Hej!")
    expect(page.locator(".news")).to_contain_text("1 new")
    assert rows(page, "Under pekaren").first.bounding_box() == place
    expect(rows(page, "Ny under pekaren")).to_have_count(0)
    page.locator(".top").hover()
    expect(rows(page, "Ny under pekaren")).to_have_count(1)
    expect(page.locator(".news")).to_be_hidden()
