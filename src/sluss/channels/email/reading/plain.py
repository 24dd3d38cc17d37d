"""Readable text from HTML. In: any HTML. Out: plain text whose quoted blocks carry `>`; linear in time, no tag survives."""

from __future__ import annotations

import html as entities
import re

import nh3

_KEPT = {"br", "p", "div", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "ul", "ol", "table"}
_APART = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "table", "pre"}
_UNSEEN = {"script", "style", "title", "head", "template", "noscript", "svg", "math", "object", "select", "textarea", "iframe"}
_TAG = re.compile(r"(</?[a-z0-9]+>)")
_BLANKS = re.compile(r"[ \t\r\n\f\u200b\u00ad]+")
_MANY_EMPTY = re.compile(r"\n{3,}")
_QUOTES_SHOWN = 20


def text_of_html(html: str) -> str:
    """The words of a page in their lines: blocks on lines of their own, list items with a dash, quotations with `>`."""
    return _Writer().write(nh3.clean(html, tags=_KEPT, attributes={}, clean_content_tags=_UNSEEN, strip_comments=True))


class _Writer:
    """Lines in the making. The sanitiser's output is regular: bare tags and escaped text, nothing else."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0

    def write(self, clean: str) -> str:
        for piece in _TAG.split(clean):
            if piece.startswith("<"):
                self._tag(piece.strip("</>"), closing=piece.startswith("</"))
            elif piece:
                self._words(_BLANKS.sub(" ", entities.unescape(piece)))
        self._end_line()
        return _MANY_EMPTY.sub("\n\n", "\n".join(self.lines)).strip("\n")

    def _words(self, words: str) -> None:
        if not self.line or self.line[-1].endswith((" ", "\t")):
            words = words.lstrip(" ")
        if words:
            self.line.append(words)

    def _tag(self, name: str, *, closing: bool) -> None:
        if name == "br":
            self._end_line(keep_empty=True)
        elif name in {"td", "th"}:
            if self.line and not closing:
                self.line.append("\t")
        else:
            self._end_line()
            self._block(name, closing=closing)

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
