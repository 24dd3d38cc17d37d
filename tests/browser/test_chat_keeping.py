"""What the page in the frame keeps, and for whom: drafts, refused messages, tabs, proven persons, a browser that keeps nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.browser.company_site import CompanySite
from tests.browser.host import CHAT, IDENTITY_KEY
from tests.browser.place import Place
from tests.servers.chromium import NewPage
from tests.visitor.ground import signed

FRAME = f"/chat/{CHAT}"
SHUT = """Object.defineProperty(window, "localStorage", {get() { throw new DOMException("shut", "SecurityError"); }});"""


@pytest.fixture
def site() -> Iterator[CompanySite]:
    made = CompanySite()
    yield made
    made.stop()


@pytest.fixture
def sluss(tmp_path_factory: pytest.TempPathFactory, site: CompanySite) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("keeping"), chat_on=(site.url,))
    place.start()
    site.start(place.url)
    yield place
    place.stop()


def write(where: Page | FrameLocator, words: str) -> None:
    where.get_by_label("Your message", exact=True).fill(words)
    where.get_by_label("Your message", exact=True).press("Enter")


def test_nothing_that_was_written_is_lost(sluss: Place, new_page: NewPage) -> None:
    """A draft stays over a reload; what is refused can be changed; a file that another tab sends is not called lost there;
    an end is the end in every tab; a browser that keeps nothing talks all the same."""
    new_page.allow("Failed to load")
    page = new_page(base_url=sluss.url)
    page.goto(FRAME)
    field = page.get_by_label("Your message", exact=True)
    page.get_by_label("E-mail").fill("åsa@")
    write(page, "Hej!")
    expect(page.get_by_role("alert")).to_contain_text("such as name@example.com")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.get_by_label("E-mail").fill("")
    write(page, "Hej!")
    expect(page.locator(".foot")).to_contain_text("Sent")
    field.fill("Halvfärdigt om väskan")
    page.reload()
    expect(field).to_have_value("Halvfärdigt om väskan")

    page.route("**/messages?*", lambda route: route.fulfill(status=422, json={"error": "No.", "fields": {"text": "Write it shorter."}}))
    field.press("Enter")
    page.get_by_role("button", name="Change it").click()
    expect(field).to_have_value("Halvfärdigt om väskan")
    expect(page.locator(".failed")).to_have_count(0)
    page.unroute_all()

    held: list[Route] = []
    page.route("**/messages?*", lambda route: held.append(route))  # noqa: PLW0108 - the driver marks what it is given
    page.locator("#files").set_input_files({"name": "intyg.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4" + b"0" * 9_000})
    field.press("Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{sluss.url}{FRAME}")
    expect(other.locator(".bubble")).to_have_text("Hej!")
    expect(other.locator(".failed")).to_have_count(0)
    held.pop().continue_()
    page.unroute_all()
    for tab in (page, other):
        expect(tab.locator(".bubble")).to_have_text(["Hej!", "Halvfärdigt om väskan"])
        expect(tab.get_by_role("button", name="Download intyg.pdf")).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Forget this conversation").click()
    page.get_by_role("button", name="Forget it here").click()
    expect(other.locator(".bubble")).to_have_count(0)
    assert other.evaluate("Object.keys(localStorage)") == []

    shut = new_page(base_url=sluss.url)
    shut.add_init_script(SHUT)
    shut.goto(FRAME)
    write(shut, "Utan minne")
    expect(shut.locator(".foot")).to_contain_text("Sent")


def test_whose_talk_it_is(sluss: Place, site: CompanySite, new_page: NewPage) -> None:
    """T70: in a frame that no page on the list has greeted nothing can be done. T71: who signs in takes the talk along, who signs in next
    sees nothing of it, and after the end nobody does, not even by an answer that comes late."""
    page = new_page()
    page.goto(f"{site.url}/bags")
    page.locator("sluss-chat button").click()
    frame = page.frame_locator("sluss-chat iframe")
    expect(frame.get_by_label("Your message", exact=True)).to_be_focused()
    write(frame, "Innan jag loggade in")
    expect(frame.locator(".foot")).to_contain_text("Sent")
    soon = int(time.time()) + 600

    def sign_in(subject: str, name: str) -> None:
        page.evaluate("token => sluss('identify', token)", signed(IDENTITY_KEY, sub=subject, name=name, exp=soon))
        expect(frame.locator("#person")).to_have_text(f"Signed in as {name}")

    sign_in("asa-1", "Åsa Lindqvist")
    expect(frame.locator(".bubble")).to_have_text("Innan jag loggade in")
    write(frame, "Efter")
    expect(frame.locator(".bubble")).to_have_text(["Innan jag loggade in", "Efter"])
    expect(frame.locator(".foot").last).to_contain_text("Sent")
    sign_in("lukasz-2", "Łukasz Wójcik")
    expect(frame.locator(".bubble")).to_have_count(0)
    sign_in("asa-1", "Åsa Lindqvist")
    expect(frame.locator(".bubble")).to_have_text(["Innan jag loggade in", "Efter"])
    late = signed(IDENTITY_KEY, sub="asa-1", name="Åsa Lindqvist", exp=soon)
    with page.expect_response("**/identify?*"):
        page.evaluate("token => (sluss('identify', token), sluss('logout'))", late)
    frame.locator("body").evaluate("() => fetch(location.href).then((page) => page.text())")
    expect(frame.locator(".bubble")).to_have_count(0)
    expect(frame.locator("#person")).to_be_hidden()
    page.reload()
    page.locator("sluss-chat button").click()
    expect(frame.locator("#welcome")).to_be_visible()
    expect(frame.locator(".bubble")).to_have_count(0)

    page.evaluate("src => document.body.append(Object.assign(document.createElement('iframe'), {id: 'bare', src}))", sluss.url + FRAME)
    bare = page.frame_locator("#bare")
    expect(bare.locator("#welcome")).to_be_attached()
    assert bare.locator("body").evaluate("body => body.inert")
