import pytest
from playwright.sync_api import expect

from tests.servers.chromium import NewPage


def test_a_page_takes_size_theme_and_language(new_page: NewPage):
    page = new_page(width=390, height=844, theme="dark", language="sv")
    seen = page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, navigator.language]")
    assert seen == [390, True, "sv-SE"]


def test_letters_of_three_languages_have_a_shape(new_page: NewPage):
    page = new_page()
    page.set_content("<p>Åsa Łukasz Małgorzata Żak</p>")
    expect(page.get_by_text("Łukasz")).to_be_visible()
    box = page.get_by_text("Łukasz").bounding_box()
    assert box
    assert box["height"] > 10


@pytest.mark.parametrize("script", ["console.error('broken')", "throw new Error('broken')", "Promise.reject(new Error('broken'))"])
def test_a_page_that_goes_wrong_fails_its_test(browser, script: str):
    opened = NewPage(browser)
    page = opened()
    page.set_content(f"<script>{script}</script>")
    page.evaluate("new Promise(requestAnimationFrame)")
    with pytest.raises(AssertionError, match="broken"):
        opened.close()


def test_an_allowed_error_is_what_the_test_is_about(new_page: NewPage):
    new_page.allow("broken")
    page = new_page()
    page.set_content("<script>console.error('broken')</script>")
    assert page.evaluate("1 + 1") == 2
