"""A complaint in public becomes a private talk and ends in public; an answer given elsewhere stops two agents. F28, F51."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from sluss.sandbox.graph.people import ANNA, BO
from tests.browser.meta import Meta
from tests.browser.place import Place
from tests.servers.chromium import NewPage

SAID = "Min bokning QX7T2P är borta och ingen svarar!"


@pytest.fixture
def meta(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Meta, Place]]:
    double = Meta()
    place = Place(tmp_path_factory.mktemp("meta"), chat_on=("https://www.norrsken.example",), graph_port=double.port, undo_seconds=0)
    place.start()
    double.connect(place)
    yield double, place
    place.stop()
    double.stop()


def test_a_public_complaint_goes_private_and_ends_in_public(meta: tuple[Meta, Place], new_page: NewPage) -> None:
    """One case from the comment to the thanks; the booking is offered to be hidden, and stands in nothing that we say in public."""
    double, place = meta
    comment = double.do(double.page.comment(ANNA, double.post, SAID))
    johan = place.enter(new_page(base_url=place.url), "johan")
    johan.get_by_text("Min bokning").first.click()
    expect(johan.get_by_text("booking number")).to_be_visible()
    johan.get_by_role("button", name="Move to private").or_(johan.get_by_role("link", name="Move to private")).first.click()
    dialog = johan.get_by_role("dialog", name="Go on in private")
    dialog.get_by_label("In private").fill("Hej Anna! Skriv ditt bokningsnummer här, så hjälper vi dig.")
    said = dialog.locator("#f-said").input_value()
    dialog.get_by_role("button", name="Move to private").click()
    double.until_sent("Hej Anna! Skriv ditt bokningsnummer här, så hjälper vi dig.", said)
    expect(johan.locator(".msg.out .text")).to_have_count(2)
    expect(johan.locator(".msg.in").first).to_contain_text("hidden", ignore_case=True)
    assert double.page.items[comment].hidden

    double.do(double.page.talks.say(ANNA, "Tack, den heter QX7T2P"))
    expect(johan.locator(".msg.in .text").last).to_have_text("Tack, den heter QX7T2P")
    expect(johan.locator("#rows > li")).to_have_count(1)
    johan.reload()
    expect(johan.locator("#reply [data-action=send]")).not_to_contain_text("publicly")
    johan.locator("#f-body").fill("Klart, du är ombokad till i morgon.")
    johan.locator("#reply [data-action=send]").click()
    double.until_sent("Hej Anna! Skriv ditt bokningsnummer här, så hjälper vi dig.", said, "Klart, du är ombokad till i morgon.")
    johan.get_by_role("button", name="Say publicly: we have answered in private").click()
    back = "Vi har svarat dig privat. Tack för ditt tålamod!"
    double.until_sent("Hej Anna! Skriv ditt bokningsnummer här, så hjälper vi dig.", said, "Klart, du är ombokad till i morgon.", back)
    assert "QX7T2P" not in "".join(double.page.replies(comment))


def test_an_answer_given_at_facebook_itself_stops_two_agents(meta: tuple[Meta, Place], new_page: NewPage) -> None:
    """F51: both are told while they type, and neither sends a second answer without a look."""
    new_page.allow("409")
    double, place = meta
    comment = double.do(double.page.comment(BO, double.post, "Får hunden åka med?"))
    johan, maja = (place.enter(new_page(base_url=place.url), key) for key in ("johan", "maja"))
    for page in (johan, maja):
        page.get_by_text("Får hunden åka med?").first.click()
        page.locator("#f-body").fill("Ja, hundar är välkomna.")
    double.do(double.page.native_reply(comment, "Ja, upp till åtta kilo."))
    for page in (johan, maja):
        expect(page.locator(".msg.out .text")).to_have_text("Ja, upp till åtta kilo.")
        expect(page.locator("#news")).to_be_visible()
        page.locator("#reply [data-action=send]").click()
        expect(page.get_by_role("alertdialog")).to_contain_text("Not sent")
        page.get_by_role("button", name="Keep editing").click()
        expect(page.locator("#f-body")).to_have_value("Ja, hundar är välkomna.")
    assert double.graph.sent == []
