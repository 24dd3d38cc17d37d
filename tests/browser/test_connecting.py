"""Connecting a mailbox at its provider, as an administrator's browser goes there and back. T38."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.host import BOOKING, CLIENT
from tests.browser.place import Place
from tests.servers.chromium import NewPage
from tests.servers.program import free_port


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    ports = {"consent_port": free_port(), "imap_port": free_port(), "smtp_port": free_port()}
    place = Place(tmp_path_factory.mktemp("consent"), **ports)
    place.ports = ports
    place.start()
    yield place
    place.stop()


def test_an_inbox_is_connected_with_google(place: Place, new_page: NewPage) -> None:
    """T38: through the page's own policy, the cookie on the way back, and a token that the mail servers take."""
    tab = place.enter(new_page(base_url=place.url), "ewa", "/settings/mail-sign-in/google")
    tab.get_by_label("Client ID").fill(CLIENT[0])
    tab.get_by_label("Client secret").fill(CLIENT[1])
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Ready")).to_be_visible()
    _fill_in(tab, place.ports)
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text(f"Connected as {BOOKING}.")).to_be_visible()
    tab.get_by_role("button", name="Test now").click()
    expect(tab.get_by_text("The test mail went out and came back.")).to_be_visible(timeout=40_000)


def _fill_in(tab: Page, ports: dict[str, int]) -> None:
    """The double's servers are on ports of their own, so they are written before the fields for them go."""
    tab.goto("/settings/inboxes/new")
    tab.get_by_label("Name", exact=True).fill("Bokning")
    tab.get_by_label("Address", exact=True).fill(BOOKING)
    for way in ("imap", "smtp"):
        tab.locator(f"#f-{way}_host").fill("127.0.0.1")
        tab.locator(f"#f-{way}_port").fill(str(ports[f"{way}_port"]))
        tab.locator(f"#f-{way}_security").select_option("plain")
    tab.locator('input[name="auth"][value="google"]').check()
    expect(tab.locator("#f-imap_host")).to_be_hidden()
    expect(tab.locator("#f-smtp_host")).to_be_hidden()
