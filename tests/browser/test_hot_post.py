"""A hot post goes through moderation: its author is asked first, and softens it; the next one is hidden, and shown again from the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from sluss.sandbox.graph.people import ANNA, BO
from tests.browser.meta import Meta
from tests.browser.place import Place
from tests.servers.chromium import NewPage

HOT = "SKANDAL!!! Er personal är idioter, jävla skit!!!"


@pytest.fixture
def square(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Meta, Place]]:
    double = Meta()
    place = Place(tmp_path_factory.mktemp("square"), graph_port=double.port, undo_seconds=0)
    place.start()
    double.connect(place)
    yield double, place
    place.stop()
    double.stop()


def test_an_author_is_asked_first_and_another_is_hidden(square: tuple[Meta, Place], new_page: NewPage) -> None:
    """The private question leaves, nothing is hidden meanwhile; what is softened is over; what is hidden can be shown again."""
    double, place = square
    comment = double.do(double.page.comment(BO, double.post, HOT))
    maja = place.enter(new_page(base_url=place.url), "maja")
    maja.get_by_text("SKANDAL").first.click()
    maja.locator(".mod-notice a").click(timeout=20_000)
    expect(maja.locator(".mod-way")).to_contain_text("Privately")
    maja.get_by_label("What the author is told, if you ask").fill("Hej Bo! Skriv gärna om utan skällsord.")
    maja.get_by_label("Reason, for the log").fill("Kränker kollegor")
    maja.get_by_role("button", name="Do it").click()
    expect(maja.locator(".mod-cols .banner")).to_contain_text("The author was asked")
    double.until_sent("Hej Bo! Skriv gärna om utan skällsord.")
    assert not double.page.items[comment].hidden
    double.do(double.page.edit(comment, "Tre timmar försenat, och ingen säger något."))
    _until(maja, lambda: expect(maja.locator(".mod-top")).to_contain_text("Changed by its author", timeout=700))
    expect(maja.locator(".mod-log")).to_contain_text("Kränker kollegor")
    expect(maja.locator(".mod-cols .banner")).to_have_count(0)

    second = double.do(double.page.comment(ANNA, double.post, "Ni är idioter hela bunten"))
    maja.goto("/moderation")
    _until(maja, lambda: expect(maja.get_by_role("link", name="Decide", exact=True)).to_be_visible(timeout=700))
    maja.get_by_role("link", name="Decide", exact=True).click()
    maja.locator("input[value=hide]").check()
    maja.get_by_label("Reason, for the log").fill("Skällsord")
    maja.get_by_role("button", name="Do it").click()
    _until(maja, lambda: _is(double.page.items[second].hidden))
    maja.get_by_role("button", name="Undo").click()
    _until(maja, lambda: _is(not double.page.items[second].hidden))
    expect(maja.locator(".mod-log")).to_contain_text("Shown again")
    maja.goto("/moderation/report")
    expect(maja.locator(".mod-report tfoot")).to_contain_text("2")


def _is(so: bool) -> None:
    assert so


def _until(page: Page, look: Callable[[], object]) -> None:
    """Load the page again until it is so: what comes from the network takes its time."""
    for _ in range(30):
        try:
            look()
        except Exception:  # noqa: BLE001 - whichever way it is not so yet
            page.reload()
        else:
            return
    look()
