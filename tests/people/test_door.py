"""Signing in and out, as a browser does it."""

import re

import pytest

from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import SECOND, TestClock
from sluss.people.throttle import ACCOUNT, PAIR
from tests.world import PASSWORD, Web

JOHAN = "johan@norrsken.test"


async def test_the_right_password_opens_the_page_asked_for(web: Web) -> None:
    browser = web.browser()
    answer = await browser.sign_in(JOHAN, then="/me?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me?x=1")
    assert "Johan Falk" in (await browser.get("/me")).text
    assert "agent.sign_in" in [deed.action for deed in web.db.read_now(list_deeds, web.world.who("ewa"))]


@pytest.mark.parametrize("email", ["nobody@norrsken.test", "ola@norrsken.test", "marek@ferries.test", "", "x" * 1900])
async def test_a_wrong_password_tells_nothing_about_the_address(web: Web, email: str) -> None:
    """T32: unknown, disabled, of another workspace: as a wrong password."""
    wrong = await web.browser().sign_in(JOHAN, "not this one")
    other = await web.browser().sign_in(email, PASSWORD)
    assert wrong.status_code == other.status_code == 422
    assert "The address or the password is not right." in wrong.text
    assert "The address or the password is not right." in other.text


@pytest.mark.parametrize("password", [PASSWORD.upper(), PASSWORD + " ", PASSWORD + "\x00tail", PASSWORD[:-1], "", " ", "x" * 100_000])
async def test_only_the_whole_password_fits(web: Web, password: str) -> None:
    """T15, T29"""
    assert (await web.browser().sign_in(JOHAN, password)).status_code == 422


async def test_the_address_may_be_typed_in_capitals(web: Web) -> None:
    assert (await web.browser().sign_in(" JOHAN@Norrsken.TEST ")).status_code == 303


@pytest.mark.parametrize(
    "there", ["https://evil.test/", "//evil.test", "/\\evil.test", "/\t/evil.test", "javascript:alert(1)", "/%0d%0aX: 1\r\nY: 2"]
)
async def test_signing_in_never_leads_to_another_host(web: Web, there: str) -> None:
    """T73"""
    answer = await web.browser().sign_in(JOHAN, then=there)
    assert answer.headers["location"] == "/"


async def test_a_page_asked_for_without_a_session_comes_after_signing_in(web: Web) -> None:
    answer = await web.browser().get("/me?saved=profile")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fme%3Fsaved%3Dprofile")


async def test_after_a_mistake_the_same_page_takes_the_right_password(web: Web) -> None:
    browser = web.browser()
    again = await browser.sign_in(JOHAN, "not this one")
    [token] = set(re.findall(r'name="csrf" value="([^"]*)"', again.text))
    answer = await browser.post("/sign-in", email=JOHAN, password=PASSWORD, csrf=token)
    assert answer.status_code == 303


async def test_guesses_are_slowed_and_the_wait_ends(web: Web, clock: TestClock) -> None:
    """T30"""
    for _ in range(PAIR.free):
        assert (await web.browser().sign_in(JOHAN, "guess")).status_code == 422
    slowed = await web.browser().sign_in(JOHAN)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
    clock.move(SECOND)
    assert (await web.browser().sign_in(JOHAN, "guess")).status_code == 422
    assert (await web.browser().sign_in(JOHAN)).headers["retry-after"] == "2"
    clock.move(2 * SECOND)
    assert (await web.browser().sign_in(JOHAN)).status_code == 303


async def test_a_known_device_is_not_slowed_by_what_others_do_to_the_account(web: Web) -> None:
    """T30: a victim still signs in while an attacker guesses from everywhere."""
    known = await web.sign_in("johan")
    await known.post("/sign-out")
    for n in range(ACCOUNT.free):
        assert (await web.browser(address=f"198.51.{n}.7").sign_in(JOHAN, "guess")).status_code == 422
    assert (await web.browser(address="198.51.200.7").sign_in(JOHAN)).status_code == 429
    assert (await known.sign_in(JOHAN)).status_code == 303


async def test_signing_out_ends_the_session_everywhere(web: Web) -> None:
    browser = await web.sign_in("johan")
    cookie = browser.client.cookies["sluss"]
    assert (await browser.post("/sign-out")).headers["location"] == "/sign-in"
    thief = web.browser()
    thief.client.cookies.set("sluss", cookie)
    assert (await thief.get("/me")).status_code == 303


async def test_the_session_is_another_after_signing_in_again(web: Web) -> None:
    """T26: what was there before is worth nothing afterwards."""
    browser = await web.sign_in("johan")
    before = browser.client.cookies["sluss"]
    await browser.get("/sign-in/again")
    assert (await browser.post("/sign-in/again", email=JOHAN, password=PASSWORD)).status_code == 204
    assert browser.client.cookies["sluss"] != before
    thief = web.browser()
    thief.client.cookies.set("sluss", before)
    assert (await thief.get("/me")).status_code == 303


async def test_a_planted_cookie_opens_nothing(web: Web) -> None:
    """T15, T26"""
    for planted in ("", "0", "null", "x" * 43, "x" * 10_000):
        browser = web.browser()
        browser.client.cookies.set("sluss", planted)
        assert (await browser.get("/me")).status_code == 303
