"""Readable text from HTML. In: any HTML. Out: plain text whose quoted blocks carry `>`.

Reads tags one after the other instead of building a tree: a tree-building sanitiser takes minutes over 400,000 nested elements. What
comes out is shown as text, so that a tag overlooked here is a blemish and no danger.
"""

from __future__ import annotations

import html as entities
import re

from sluss.channels.email.reading import limits

_APART = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "table", "pre"}
_BLOCKS = _APART | {"div", "li", "tr", "dt", "dd", "section", "article", "header", "footer", "address", "center", "body", "figure", "form"}
_UNSEEN = {"script", "style", "title", "textarea", "template"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})(?:[\s/:][^<>]*)?>|<[!?/][^<>]*>")
_BLANKS = re.compile(r"[ \t\r\n\f\xa0\u200b\u00ad\u034f]+")
_MANY_EMPTY = re.compile(r"\n{3,}")
_QUOTES_SHOWN = 20


def text_of_html(html: str) -> str:
    """The words of a page in their lines: blocks on lines of their own, list items with a dash, quotations with `>`."""
    return _Writer().write(_without_comments(html[: limits.HTML_READ_CHARACTERS]))


def _without_comments(html: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        kept.append(html[at:start])
        end = html.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join((*kept, html[at:]))


class _Writer:
    """Lines in the making."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.unseen = ""

    def write(self, html: str) -> str:
        at = 0
        for tag in _TAG.finditer(html):
            self._words(html[at : tag.start()])
            at = tag.end()
            if tag.group(2):
                self._tag(tag.group(2).lower(), closing=bool(tag.group(1)))
        self._words(html[at:])
        self._end_line()
        return _MANY_EMPTY.sub("\n\n", "\n".join(self.lines)).strip("\n")

    def _words(self, escaped: str) -> None:
        if self.unseen or not escaped:
            return
        words = _BLANKS.sub(" ", entities.unescape(escaped))
        if not self.line or self.line[-1].endswith((" ", "\t")):
            words = words.lstrip(" ")
        if words:
            self.line.append(words)

    def _tag(self, name: str, *, closing: bool) -> None:
        if self.unseen or name in _UNSEEN:
            self._hide(name, closing=closing)
        elif name == "br":
            self._end_line(keep_empty=True)
        elif name in {"td", "th"}:
            if self.line and not closing:
                self.line.append("\t")
        elif name in _BLOCKS or name == "blockquote":
            self._end_line()
            self._block(name, closing=closing)

    def _hide(self, name: str, *, closing: bool) -> None:
        if not closing:
            self.unseen = self.unseen or name
        elif name == self.unseen:
            self.unseen = ""

    def _block(self, name: str, *, closing: bool) -> None:
        if name == "blockquote":
            self.quotes = max(0, self.quotes + (-1 if closing else 1))
        elif name == "li" and not closing:
            self.line.append("- ")
        elif name in _APART:
            self._end_line(keep_empty=bool(self.lines and self.lines[-1].strip("> ")))

    def _end_line(self, *, keep_empty: bool = False) -> None:
        line = "".join(self.line).rstrip()
        if line or keep_empty:
            self.lines.append("> " * min(self.quotes, _QUOTES_SHOWN) + line if self.quotes else line)
        self.line.clear()
