"""The customer beside the case, in a browser: what is known is changed by keys, an outside system is slow and asked again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, expect

from sluss.sandbox.cards.server import SECRET, CardServer, booking
from tests.browser.fixtures import Desk
from tests.browser.place import Place
from tests.servers.chromium import NewPage

SUBJECT, WERA = "Var är min bokning?", "wera@customer.example"


@contextmanager
def airline() -> Generator[CardServer]:
    """The airline's system, with its door open in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def do(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(10)

    server = CardServer({WERA: [booking("7QK2XM", "ARN – GDN", "2026-11-28")]})
    do(server.start())
    yield server
    do(server.stop())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def connect(page: Page, server: CardServer) -> None:
    page.goto("/settings/cards/new")
    for label, value in (("Name", "Bookings"), ("Address", server.url), ("Secret", SECRET), ("Wait at most, milliseconds", "300")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test").click()
    expect(page.locator(".check.ok")).to_contain_text("knows nobody of that name")


def test_an_agent_tells_apart_who_writes_and_what_other_systems_know(office: Place, desk: Desk, new_page: NewPage) -> None:
    """A claimed address is not asked about until somebody verifies it; then a slow system holds up nothing and is asked again."""
    new_page.allow("422")
    page = desk("ewa")
    office.mail(SUBJECT, "Hej!", sender=f"Wera Nord <{WERA}>")
    with airline() as server:
        connect(page, server)
        page.goto("/inbox/open")
        page.locator("#rows .row", has_text=SUBJECT).first.click()
        known = page.get_by_role("region", name="Bookings")
        expect(known).to_contain_text("Not asked: no address of this customer is proven")
        server.fault = "slow"
        page.get_by_role("button", name=f"More about {WERA}").click()
        page.get_by_role("button", name="I have made sure that it is theirs").click()
        expect(page.locator(".reach .proof")).to_contain_text("Verified")
        expect(known).to_contain_text("It takes too long to answer")
        server.fault = ""
        known.get_by_role("button", name="Try again").click()
        expect(known).to_contain_text("Booking 7QK2XM")
        assert server.asked[-1].question["contact"]["identities"][0]["proof"] == "verified"
        _by_keys(page)
        page.goto("/settings/cards")
        page.get_by_role("link", name="Bookings").click()
        page.get_by_role("button", name="Disconnect").first.click()
        page.get_by_role("button", name="Disconnect").last.click()
        expect(page.get_by_text("No system is connected")).to_be_visible()


def _by_keys(page: Page) -> None:
    """Enter opens a form, Escape leaves it as it was, what is wrong is said where it is, and what was done can be undone."""
    zone = page.locator("#edit-zone summary")
    zone.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Mars")
    page.keyboard.press("Escape")
    expect(zone).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Time zone", exact=True)).to_have_value("")
    page.keyboard.type("Mars")
    page.keyboard.press("Enter")
    expect(page.locator("#edit-zone .error")).to_contain_text("Choose a time zone")
    expect(page.get_by_label("Time zone", exact=True)).to_be_focused()
    page.get_by_label("Time zone", exact=True).fill("Europe/Warsaw")
    page.keyboard.press("Enter")
    expect(zone).to_contain_text("Europe/Warsaw")
    expect(zone).to_be_focused()
    page.locator("#edit-notes summary").press("Enter")
    page.get_by_label("Note", exact=True).last.fill("Åker alltid med żółw")
    page.locator("#edit-notes").get_by_role("button", name="Save").click()
    expect(page.locator(".jot")).to_contain_text("Åker alltid med żółw")
    page.locator(".toast").last.get_by_role("button", name="Undo").click()
    expect(page.locator(".jot")).to_have_count(0)
