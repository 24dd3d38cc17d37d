"""A customer on a company's web site and an agent at the desk, each in a browser of their own, talk through Sluss."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import FilePayload, FrameLocator, Locator, Page, expect

from tests.browser.company_site import CompanySite
from tests.browser.place import Place
from tests.servers.chromium import NewPage

BUTTON = "sluss-chat button"
TICKET: FilePayload = {"name": "biljett.txt", "mimeType": "text/plain", "buffer": b"ARN-GDN 12A"}
RECEIPT: FilePayload = {"name": "kvitto.txt", "mimeType": "text/plain", "buffer": b"489 SEK"}


@pytest.fixture
def site() -> Iterator[CompanySite]:
    made = CompanySite()
    yield made
    made.stop()


@pytest.fixture
def sluss(tmp_path_factory: pytest.TempPathFactory, site: CompanySite) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("chat"), chat_on=(site.url,), follow_seconds=2)
    place.start()
    site.start(place.url)
    yield place
    place.stop()


def _open(tab: Page) -> FrameLocator:
    """The chat on a page of the company's, opened."""
    button = tab.locator(BUTTON)
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    frame = tab.frame_locator("sluss-chat iframe")
    expect(frame.locator("#close")).to_be_visible()  # it hears the page around it, and so the keys
    return frame


def _said(frame: FrameLocator) -> Locator:
    return frame.locator("#log .bubble")


def _say(frame: FrameLocator, words: str) -> None:
    frame.get_by_label("Your message").fill(words)
    frame.get_by_label("Your message").press("Enter")


def _answer(desk: Page, words: str) -> None:
    desk.locator("#f-body").fill(words)
    desk.locator("#f-body").press("Enter")


def test_two_browsers_talk_through_files_a_restart_and_a_line_that_sleeps(sluss: Place, site: CompanySite, new_page: NewPage) -> None:
    """F28, F44, F45, F46: both see at once what the other types, says, sends and has seen; whatever befalls the line or the server,
    everything stands there once and in order."""
    for expected in ("ERR_", "Failed to fetch", "Failed to load resource"):
        new_page.allow(expected)
    johan = sluss.enter(new_page(base_url=sluss.url), "johan")
    customer = new_page()
    customer.goto(f"{site.url}/bags")
    frame = _open(customer)
    _say(frame, "Hej! Får fiolen åka med?")
    johan.locator("#rows a.row", has_text="Får fiolen åka med?").click()
    expect(johan.locator("#visit")).to_have_text("here now")
    expect(frame.locator("#log .foot")).to_contain_text("Seen")
    frame.get_by_label("Your message").press_sequentially("Den är sex")
    expect(johan.locator("#typed")).to_contain_text("Den är sex")
    johan.locator("#f-body").press_sequentially("Ja")
    expect(frame.locator("#typing")).to_contain_text("Johan")
    johan.locator("#f-body").press("Enter")
    expect(_said(frame)).to_have_text(["Hej! Får fiolen åka med?", "Ja"])
    expect(frame.locator("#typing")).to_be_hidden()
    expect(johan.locator(".msg.out .after")).to_contain_text("Seen")

    frame.locator("#files").set_input_files(TICKET)
    _say(frame, "Min biljett")
    expect(johan.locator(".msg.in .file .name")).to_have_text("biljett.txt")
    johan.locator("#reply [name=upload]").set_input_files(RECEIPT)
    expect(johan.locator("#reply .attached [name=file]")).to_have_count(1)
    _answer(johan, "Ert kvitto")
    with customer.expect_download() as coming:
        frame.locator("button.file", has_text="kvitto.txt").click()
    assert coming.value.path().read_bytes() == RECEIPT["buffer"]

    sluss.stop()
    _say(frame, "Är ni kvar?")
    expect(frame.locator("#notice")).to_be_visible()
    sluss.start()
    expect(johan.locator(".msg.in .text")).to_have_text(["Hej! Får fiolen åka med?", "Min biljett", "Är ni kvar?"], timeout=20_000)
    customer.context.set_offline(True)
    _answer(johan, "Ja, vi är kvar")
    expect(johan.locator(".msg.out .text")).to_have_text(["Ja", "Ert kvitto", "Ja, vi är kvar"])
    customer.context.set_offline(False)
    talk = ["Hej! Får fiolen åka med?", "Ja", "Min biljett", "Ert kvitto", "Är ni kvar?", "Ja, vi är kvar"]
    expect(_said(frame)).to_have_text(talk, timeout=20_000)
    johan.close()
    customer.reload()
    expect(_said(_open(customer))).to_have_text(talk)


def test_a_message_for_nobody_goes_on_by_mail_in_the_same_case(sluss: Place, site: CompanySite, new_page: NewPage) -> None:
    """Nobody is there, and the chat says so; the answer follows by mail, and what is written back stands in the same case."""
    customer = new_page()
    customer.goto(f"{site.url}/bags")
    frame = _open(customer)
    expect(frame.locator("#state")).to_contain_text("Nobody is at the desk just now")
    frame.get_by_label("E-mail").fill("asa@customer.example")
    _say(frame, "Var är min väska?")
    expect(frame.locator("#log .foot")).to_contain_text("Sent")
    customer.close()
    johan = sluss.enter(new_page(base_url=sluss.url), "johan")
    johan.locator("#rows a.row", has_text="Var är min väska?").click()
    _answer(johan, "Den kommer i kväll.")
    expect(johan.locator(".msg.out .after")).to_contain_text("asa@customer.example", timeout=20_000)
    sluss.mail("Re: Var är min väska?", "Tack, då väntar jag.", references=sluss.last_letter())
    expect(johan.locator(".msg.in .text")).to_have_text(["Var är min väska?", "Tack, då väntar jag."], timeout=20_000)
