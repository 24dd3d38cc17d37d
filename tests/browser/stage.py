"""One scene in a real browser, with a server of our own making. In: answers by path. Out: the page, and what it sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route

from sluss.web.assets import Assets
from sluss.web.templates import Templates
from tests.browser import scenes
from tests.browser.preview import answer
from tests.servers.chromium import NewPage

Answer = Callable[[Route], None]
ASSETS = Assets()
TEMPLATES = Templates(ASSETS)


class Stage:
    """`stage.open("desk")` shows a scene, `stage.answers` says what a path answers, `stage.sent` is what was posted."""

    def __init__(self, new_page: NewPage) -> None:
        self.new_page = new_page
        self.answers: dict[str, Answer] = {}
        self.sent: list[tuple[str, dict[str, list[str]]]] = []

    def open(self, name: str, width: int = 1440, theme: str = "light", **context: Any) -> Page:
        """A page with the scene in it, fonts loaded, time standing still, steps taken."""
        tab = self.new_page(width, 844 if width < 500 else 900, **context)
        tab.clock.set_fixed_time(scenes.NOW_ISO)
        # Frames without scripts complain about the driver's own.
        self.new_page.allow("about:blank")
        return self.show(tab, name, theme)

    def show(self, tab: Page, name: str, theme: str = "light") -> Page:
        """A scene in a page that showed another one: of the routes the newest answers."""
        scene = scenes.SCENES[name]
        usual = answer(scenes.render(TEMPLATES, scene, theme), ASSETS)
        tab.route("**/*", lambda route: self._take(route, usual))
        tab.goto("http://localhost/scene")
        tab.evaluate("document.fonts.ready")
        for step in scene.steps:
            step(tab)
        return tab

    def says(self, path: str, body: object = "", status: int = 200, kind: str = "text/html") -> None:
        """What a path answers from now on."""
        text = body if isinstance(body, str) else json.dumps(body)
        kind = kind if isinstance(body, str) else "application/json"
        self.answers[path] = lambda route: route.fulfill(status=status, content_type=kind, body=text)

    def posts(self, path: str) -> list[dict[str, list[str]]]:
        """The forms that were sent to a path, in order."""
        return [fields for where, fields in self.sent if where == path]

    def _take(self, route: Route, usual: Answer) -> None:
        path = urlsplit(route.request.url).path
        if route.request.method == "POST":
            self.sent.append((path, _fields(route.request.post_data_buffer or b"")))
        self.answers.get(path, usual)(route)


def push(tab: Page, name: str, data: object) -> None:
    """As if the event stream had said it."""
    touched = "document.dispatchEvent(new CustomEvent('sluss:touched', {detail: data}))"
    handlers = {"row": "document.querySelector('sluss-list').push(data)", "touched": touched}
    tab.evaluate(f"data => {{ {handlers[name]} }}", data)


def _fields(body: bytes) -> dict[str, list[str]]:
    text = body.decode("utf-8", "replace")
    if "form-data; name=" not in text:
        return parse_qs(text, keep_blank_values=True)
    fields: dict[str, list[str]] = {}
    for part in text.split('form-data; name="')[1:]:
        name, _, rest = part.partition('"')
        fields.setdefault(name, []).append(rest.partition("\r\n\r\n")[2].partition("\r\n--")[0])
    return fields
