"""Signing in by an identity provider in a real browser: out to the provider and back, under the page's own content policy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from sluss.sandbox.oidc.provider import OidcProvider
from tests.browser.place import Place
from tests.servers.chromium import NewPage


@pytest.fixture
def keycloak() -> Iterator[OidcProvider]:
    """The double in a loop of its own, which answers while the browser waits."""
    loop, provider = asyncio.new_event_loop(), OidcProvider()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(provider.start(), loop).result(10)
    yield provider
    asyncio.run_coroutine_threadsafe(provider.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_an_agent_links_a_provider_and_signs_in_with_one_click(office: Place, new_page: NewPage, keycloak: OidcProvider) -> None:
    """T24, T25, T38: connected and tested by an administrator, linked by the agent's own yes, then the way in."""
    ewa, johan = new_page(), new_page()
    connect(office, ewa, keycloak)
    office.enter(johan, "johan", "/me")
    johan.get_by_role("link", name="Link Norrsken").click()
    expect(johan.get_by_role("heading", name="Link Norrsken?")).to_be_visible()
    johan.get_by_role("button", name="Link", exact=True).click()
    expect(johan.get_by_text("You sign in as johan.falk@idp.example.")).to_be_visible()
    stranger = new_page()
    stranger.goto(f"{office.url}/sign-in?next=/me")
    stranger.get_by_role("link", name="Norrsken").click()
    expect(stranger.get_by_text("johan@norrsken.example").first).to_be_visible()


def connect(place: Place, page: Page, keycloak: OidcProvider) -> None:
    keycloak.person = {"sub": "4711", "email": "johan.falk@idp.example", "name": "Johan Falk"}
    place.enter(page, "ewa", "/settings/provider")
    page.get_by_label("Issuer").fill(keycloak.issuer)
    page.get_by_label("Client id").fill(keycloak.client_id)
    page.get_by_label("Client secret").fill(keycloak.secret)
    page.get_by_label("What the button says").fill("Norrsken")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text("It answers.")).to_be_visible()
