"""An agent talks with somebody on a web site, as quickly as people do. F28, F45, F51."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.host import CHAT
from tests.browser.place import Place
from tests.servers.chromium import NewPage


class Guest:
    """Somebody on the web site, as their page speaks."""

    def __init__(self, url: str) -> None:
        self._headers = {"Authorization": f"Visitor {secrets.token_urlsafe(32)}", "Sec-Fetch-Site": "same-origin"}
        self._url, self._line = f"{url}/chat/{CHAT}", httpx.Client(timeout=30)

    def look_on(self) -> None:
        """The page is open: it has its stream."""
        self._stream = self._line.send(self._line.build_request("GET", f"{self._url}/live", headers=self._headers), stream=True)

    def leave(self) -> None:
        self._stream.close()
        self._line.close()

    def say(self, text: str) -> None:
        said = {"key": (None, secrets.token_urlsafe(18)), "text": (None, text), "name": (None, "Åsa Lindqvist")}
        assert httpx.post(f"{self._url}/messages", headers=self._headers, files=said).status_code == 202

    def type(self, text: str) -> None:
        told: dict[str, Any] = {"on": True, "text": text}
        assert httpx.post(f"{self._url}/typing", headers=self._headers, json=told).status_code == 204


@pytest.fixture
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("talk"), chat_on=("https://www.norrsken.example",))
    place.start()
    yield place
    place.stop()


def test_enter_sends_and_the_next_words_are_typed_meanwhile(chat: Place, new_page: NewPage) -> None:
    """F28: what is typed while an answer is on its way is the next one. F45: who writes is seen. F51: a second answer of ours is stopped,
    what the customer says is not in the way; and nobody is told by a message that nobody sees: it can be taken back no more."""
    new_page.allow("409")
    guest = Guest(chat.url)
    johan, maja = (chat.enter(new_page(base_url=chat.url), key) for key in ("johan", "maja"))
    guest.say("Får hunden åka med?")
    johan.get_by_text("Får hunden åka med?").first.click()
    held: list[Route] = []
    johan.route("**/cases/*/reply", lambda route: held.append(route))  # noqa: PLW0108 - the driver marks what it is given
    johan.locator("#f-body").click()
    johan.keyboard.type("Ja!")
    johan.keyboard.press("Enter")
    johan.keyboard.type("Hur stor är ")
    guest.say("Toppen")
    expect(johan.locator(".msg.in .text")).to_have_text(["Får hunden åka med?", "Toppen"])
    held.pop().continue_()
    johan.unroute("**/cases/*/reply")
    expect(johan.locator(".msg.out .text")).to_have_text("Ja!")
    expect(johan.locator("#f-body")).to_be_focused()
    johan.keyboard.type("han?")
    expect(johan.locator("#f-body")).to_have_value("Hur stor är han?")
    guest.say("Är det dyrt?")
    johan.keyboard.press("Enter")
    expect(johan.locator(".msg.out .text")).to_have_text(["Ja!", "Hur stor är han?"])
    guest.look_on()
    guest.type("Sex kilo, och väskan")
    expect(johan.locator("#typed q")).to_have_text("Sex kilo, och väskan")
    expect(johan.locator("#visit")).to_have_text("writing …")
    maja.goto(johan.url)
    maja.locator("#f-body").fill("450 kr")
    johan.keyboard.type("450 kronor")
    maja.locator("#f-body").press("Enter")
    expect(johan.locator("#news")).to_contain_text("Maja Ek has answered meanwhile")
    johan.keyboard.press("Enter")
    expect(johan.get_by_role("alertdialog")).to_contain_text("Not sent: Maja Ek has answered")
    johan.get_by_role("button", name="Keep editing").click()
    expect(johan.locator("#f-body")).to_have_value("450 kronor")
    expect(johan.locator(".toast")).to_have_count(0)
    guest.leave()
    expect(johan.locator("#visit")).to_contain_text("left", timeout=15_000)
