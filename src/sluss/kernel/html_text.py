"""Plain text of mail HTML, for previews, search and mails without a text part.

In: HTML as sent. Out: paragraphs, lists, quotes and links as text.
"""

from __future__ import annotations

import re
from html import unescape

from sluss.kernel.css import hides
from sluss.kernel.html import MAX_BYTES, TooMuchHtml, well_formed

MAX_TEXT = 200_000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The markup read here was written by the sanitiser: balanced, quoted, and without a bare `<` in texts.
_TOKEN = re.compile(r'<(/?)([a-z0-9-]+)((?: [a-z-]+="[^"]*")*)>|([^<]+)')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_CRUDE_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")
_GAPS = re.compile(r"\n{3,}")

_APART = _words("p blockquote pre ul ol dl table h1 h2 h3 h4 h5 h6 figure section article")
_LINES = _words("div li tr dd dt address center header footer main nav aside caption figcaption")
_NO_END = frozenset({"br", "hr", "img", "wbr", "col"})


def text_from_html(html: str, limit: int = MAX_TEXT) -> str:
    """Text of at most `limit` characters. Never raises: HTML beyond the bounds of `clean_mail` loses its tags and keeps its words."""
    try:
        markup = well_formed(html)
    except TooMuchHtml:
        return " ".join(unescape(_CRUDE_TAG.sub(" ", html[:MAX_BYTES])).split())[:limit]
    writer = _Writer(limit)
    for closing, name, attributes, text in _TOKEN.findall(markup):
        if writer.full:
            break
        if text:
            writer.text(unescape(text))
        elif closing:
            writer.end(name)
        else:
            writer.start(name, dict(_ATTRIBUTE.findall(attributes)) if attributes else {})
    return writer.result()


class _Writer:
    """Collects text; knows how far apart the next word stands, how deep it is quoted, and whether it is hidden."""

    def __init__(self, limit: int) -> None:
        self._limit, self._length = limit, 0
        self._parts: list[str] = []
        self._gap, self._space = 0, False
        self._quotes, self._last_quotes, self._pre, self._hidden = 0, 0, 0, 0
        self._lists: list[int] = []
        self._links: list[tuple[str, int]] = []

    @property
    def full(self) -> bool:
        return self._length > self._limit

    def text(self, text: str) -> None:
        if self._hidden:
            return
        if self._pre:
            self._write(text.replace("\n", "\n" + "> " * self._quotes))
            return
        words = _BLANKS.sub(" ", text)
        self._space = self._space or words.startswith(" ")
        if words.strip(" "):
            self._write(words.strip(" "))
            self._space = words.endswith(" ")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._hidden or hides(attributes.get("style", "")):
            self._hidden += name not in _NO_END
            return
        self._break(name)
        if name == "li":
            self._write(self._bullet())
        elif name == "img":
            self.text(unescape(attributes.get("alt", "")))
        elif name == "hr":
            self._write("---")
            self._gap = 1
        elif name == "x-a":
            self._links.append((unescape(attributes.get("href", "")), len(self._parts)))
        self._enter(name, 1)

    def end(self, name: str) -> None:
        if self._hidden:
            self._hidden -= 1
            return
        if name == "x-a" and self._links:
            self._end_link(*self._links.pop())
        self._enter(name, -1)
        self._break(name)

    def result(self) -> str:
        return _GAPS.sub("\n\n", "".join(self._parts)).strip()[: self._limit].rstrip()

    def _break(self, name: str) -> None:
        if name in {"br", "hr"}:
            self._gap += 1
        elif name in _APART:
            self._gap = max(self._gap, 2)
        elif name in _LINES:
            self._gap = max(self._gap, 1)
        elif name in {"td", "th"}:
            self._space = True

    def _enter(self, name: str, step: int) -> None:
        if name == "blockquote":
            self._quotes += step
        elif name == "pre":
            self._pre += step
        elif name in {"ul", "ol"}:
            if step > 0:
                self._lists.append(1 if name == "ol" else 0)
            elif self._lists:
                self._lists.pop()

    def _bullet(self) -> str:
        if not self._lists or not self._lists[-1]:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1] - 1}. "

    def _end_link(self, link: str, since: int) -> None:
        shown = "".join(self._parts[since:]).strip()
        bare = link.removeprefix("mailto:").removeprefix("tel:")
        if bare and shown and bare.rstrip("/") not in {shown.rstrip("/"), f"https://{shown}", f"http://{shown}"}:
            self._write(f" ({bare})")

    def _write(self, text: str) -> None:
        if self._gap and self._parts:
            between = "\n" + "> " * min(self._quotes, self._last_quotes)
            self._parts.append((between.rstrip(" ")) * (min(self._gap, 2) - 1) + "\n" + "> " * self._quotes)
        elif self._gap or not self._parts:
            self._parts.append("> " * self._quotes)
        elif self._space and not text.startswith(" ("):
            self._parts.append(" ")
        self._gap, self._space, self._last_quotes = 0, False, self._quotes
        self._parts.append(text)
        self._length += len(text) + 1
