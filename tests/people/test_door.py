"""Signing in and out, as a browser does it."""

from tests.world import PASSWORD, Web


async def test_the_right_password_opens_the_page_asked_for(web: Web) -> None:
    browser = web.browser()
    answer = await browser.sign_in("johan@norrsken.test", then="/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert "Johan Falk" in (await browser.get("/me")).text


async def test_a_wrong_password_and_an_unknown_address_are_told_alike(web: Web) -> None:
    """T32"""
    wrong = await web.browser().sign_in("johan@norrsken.test", "not this one")
    unknown = await web.browser().sign_in("nobody@norrsken.test", PASSWORD)
    assert wrong.status_code == unknown.status_code == 422
    assert "not right" in wrong.text
    assert "not right" in unknown.text
