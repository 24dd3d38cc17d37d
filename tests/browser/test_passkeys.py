"""Passkeys, with an authenticator that the browser itself plays; and the second step over a page that one was signed out of."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from pyotp.totp import TOTP

from tests.browser.fixtures import Desk
from tests.browser.place import Place
from tests.servers.chromium import NewPage
from tests.world import PASSWORD

PLATFORM = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}


def with_authenticator(tab: Page) -> None:
    """From now on the page's browser has a fingerprint reader, and a finger on it."""
    devtools = tab.context.new_cdp_session(tab)
    devtools.send("WebAuthn.enable", {"enableUI": False})
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PLATFORM | {"automaticPresenceSimulation": True}})


def test_a_passkey_is_made_signs_in_alone_and_proves_who_one_is(office: Place, new_page: NewPage) -> None:
    """T28"""
    url = office.url.replace("127.0.0.1", "localhost")
    tab = new_page(base_url=url)
    with_authenticator(tab)
    new_page.allow("401")  # what a page still asks for when its session is taken away
    tab.goto("/sign-in?next=/me")
    tab.get_by_label("E-mail").fill("maja@norrsken.example")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.get_by_role("link", name="Add a passkey").click()
    tab.get_by_label("Name").fill("Laptop")
    tab.get_by_role("button", name="Make the passkey").click()
    expect(tab.locator(".codes li")).to_have_count(10)
    tab.get_by_role("link", name="I have kept them").click()
    expect(tab.get_by_role("cell", name="Laptop", exact=True)).to_be_visible()
    tab.goto("about:blank")  # a page that still asks for something would bring cookies of its own
    tab.context.clear_cookies()
    tab.goto("/sign-in?next=/me")  # the browser offers the passkey by itself, and the finger is there already
    expect(tab.get_by_role("heading", name="Your settings")).to_be_visible()
    tab.goto("about:blank")
    tab.context.clear_cookies()
    tab.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    tab.goto("/sign-in?next=/me/fresh")
    tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(tab.get_by_role("heading", name="Is it you?")).to_be_visible()
    tab.get_by_role("button", name="Use a passkey").click()
    expect(tab.get_by_role("heading", name="Your settings")).to_be_visible()


def test_signed_out_over_a_page_one_gives_both_steps_in_the_dialog(desk: Desk, new_page: NewPage) -> None:
    """T28: what was being written stays on the page."""
    new_page.allow("401")  # what the page asks for while nobody is signed in
    tab = desk("johan", "/me/apps/new")
    code = TOTP(tab.locator(".seed").inner_text().replace(" ", ""))
    tab.get_by_label("Code").fill(code.now())
    tab.get_by_role("button", name="Add the app").click()
    recovery = tab.locator(".codes li").first.inner_text()
    tab.goto("/me")
    tab.get_by_label("Full name").fill("Johan F")
    tab.context.clear_cookies(name="sluss")
    tab.evaluate("document.dispatchEvent(new CustomEvent('sluss:signed-out'))")
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill("johan@norrsken.example")
    dialog.locator("[name=password]").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    dialog.get_by_text("Use a recovery code").click()
    dialog.get_by_label("Recovery code").fill(recovery)
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(tab.get_by_label("Full name")).to_have_value("Johan F")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_text("Saved", exact=True)).to_be_visible()
