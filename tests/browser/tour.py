"""Every whole page that somebody can open, found in the routes of the application. In: a signed-in page. Out: addresses in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page

from sluss.app import ROUTES

BARE = re.compile(r"{\w+:\w+}")
CHATS = ["/settings/inboxes/new?channel=webchat"]
CHAT = re.compile(r'href="(/settings/inboxes/\d+)">[^<]*</a><span class="sub">chat-')
"""An inbox of another channel has pages of its own at the same addresses."""
ENDS = {"/sign-out", "/live", "/live/ping"}


def addresses() -> set[str]:
    """Every address that is looked at."""
    handlers = [handler for handler in ROUTES if "GET" in handler.http_methods]
    return {path for handler in handlers for path in handler.paths} - ENDS


def pages(page: Page, first: str) -> Iterator[str]:
    """Whole pages: those without a name in their address, and for each of the others the first that something links to."""
    plain = {address for address in addresses() if not BARE.search(address)}
    waiting = [first, *sorted(plain), *CHATS]
    named = {address: _pattern(address) for address in addresses() - plain}
    while waiting:
        path = waiting.pop(0)
        answer = page.request.get(path, max_redirects=0)
        if answer.status != 200 or "text/html" not in answer.headers["content-type"]:
            continue
        text = answer.text()
        chat = CHAT.search(text)
        waiting += [chat[1], f"{chat[1]}/edit"] if chat else []
        for href in re.findall(r'(?:href|hx-get)="(/[^"]*)"', text):
            found = [address for address, pattern in named.items() if pattern.match(href) and href not in plain]
            waiting += [href.replace("&amp;", "&") for address in found if named.pop(address)]
        if "<body" in text:
            yield path


def _pattern(address: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"{\w+:str}", r"[^/?#]+", re.sub(r"{\w+:int}", r"\\d+", address)) + r"(?=[?#]|$)")
