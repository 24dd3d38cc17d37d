"""HTML of plain text, for mail that leaves. In: text as people write it. Out: paragraphs, lists, quotes and links that say the same.

Every character of the text is escaped; only what is written here becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby

_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")
_BULLET = re.compile(r"[ \t]{0,3}[-*•][ \t]+(?=\S)")
_NUMBER = re.compile(r"[ \t]{0,3}(\d{1,3})[.)][ \t]+(?=\S)")
_QUOTE = re.compile(r"> ?")
_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}|(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_LINK_END = ".,;:!?)'"
_DEPTH = 5


def html_of_text(text: str, pictures: Mapping[str, str] | None = None) -> str:
    """A fragment. `pictures` are addresses by name: where `[name]` stands in the text, there is the picture."""
    lines = _LINE_ENDS.sub("\n", text).replace("\0", "").strip("\n").split("\n")
    return "\n".join(_blocks(lines, dict(pictures or {}), _DEPTH))


def page_of(fragment: str) -> str:
    """A whole document around a fragment."""
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{fragment}\n</body></html>\n'


def _blocks(lines: list[str], pictures: Mapping[str, str], depth: int) -> Iterator[str]:
    for kind, group in groupby(lines, key=lambda line: _kind(line, depth)):
        block = list(group)
        if kind == "quote":
            inside = "\n".join(_blocks([_QUOTE.sub("", one, count=1) for one in block], pictures, depth - 1))
            yield f"<blockquote>\n{inside}\n</blockquote>"
        elif kind in {"ul", "ol"}:
            yield _list(kind, block, pictures)
        elif kind == "text":
            shown = "<br>\n".join(_shown(one, pictures) for one in block)
            yield f"<p>{shown}</p>"


def _kind(line: str, depth: int) -> str:
    if line.startswith(">") and depth:
        return "quote"
    if _BULLET.match(line):
        return "ul"
    if _NUMBER.match(line):
        return "ol"
    return "text" if line.strip() else "gap"


def _list(kind: str, lines: list[str], pictures: Mapping[str, str]) -> str:
    mark = _BULLET if kind == "ul" else _NUMBER
    first = _NUMBER.match(lines[0])
    start = f' start="{int(first[1])}"' if first and int(first[1]) != 1 else ""
    items = "\n".join(f"<li>{_shown(mark.sub('', one, count=1), pictures)}</li>" for one in lines)
    return f"<{kind}{start}>\n{items}\n</{kind}>"


def _shown(line: str, pictures: Mapping[str, str]) -> str:
    """One line: its pictures in their places, its links as links."""
    if not pictures:
        return linked(line)
    named = re.compile("|".join(re.escape(f"[{name}]") for name in pictures))
    pieces: list[str] = []
    at = 0
    for found in named.finditer(line):
        name = found[0][1:-1]
        pieces += [linked(line[at : found.start()]), f'<img src="{escape(pictures[name])}" alt="{escape(name)}" style="max-width:100%">']
        at = found.end()
    return "".join((*pieces, linked(line[at:])))


def linked(text: str) -> str:
    """Escaped text with web and mail addresses as links."""
    pieces: list[str] = []
    at = 0
    for found in _LINK.finditer(text):
        link = found.group().rstrip(_LINK_END)
        target = link if link.startswith(("http://", "https://")) else f"mailto:{link}"
        pieces += [escape(text[at : found.start()]), f'<a href="{escape(target)}">{escape(link)}</a>']
        at = found.start() + len(link)
    return "".join((*pieces, escape(text[at:])))
