"""Inline styles of mail, made harmless. In: the value of a `style` attribute. Out: what only changes how text and boxes look.

Nothing that loads (`url()`, `image-set()`), moves out of its place (`position`, negative margins), computes (`calc()`, `var()`,
`attr()`) or escapes (backslash, comment) has a form in this grammar.
"""

from __future__ import annotations

import re

MAX_STYLE = 4_000
MAX_VALUE = 300


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BOXES = {f"{box}{side}" for box in ("margin", "padding", "border") for side in ("", "-top", "-right", "-bottom", "-left")}
_BORDERS = {f"border{side}-{part}" for side in ("", "-top", "-right", "-bottom", "-left") for part in ("color", "style", "width")}
_PROPERTIES = _words(
    "background background-color border-collapse border-radius border-spacing caption-side color direction display "
    "empty-cells font font-family font-size font-style font-variant font-weight height letter-spacing line-height list-style "
    "list-style-type max-height max-width min-height min-width table-layout text-align text-decoration text-decoration-color "
    "text-decoration-line text-indent text-transform unicode-bidi vertical-align white-space width word-break word-spacing "
    "word-wrap overflow-wrap"
)
_ALLOWED = _PROPERTIES | _BOXES | _BORDERS
_DISPLAYS = _words("none block inline inline-block list-item table table-row table-cell table-row-group table-header-group")

_NUMBER = r"\+?(?:[0-9]{1,4}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(?:px|pt|pc|em|rem|ex|ch|in|cm|mm|vw|vh|%)?"
_WORD = r"[a-z][a-z0-9-]{0,40}|-(?:apple|webkit|moz|ms)-[a-z0-9-]{1,40}"
_COLOUR = r"\#[0-9a-f]{3,8}|(?:rgb|rgba|hsl|hsla)\([0-9 .,%/]{1,60}\)"
_QUOTED = r"\"[\w .-]{1,60}\"|'[\w .-]{1,60}'"
_TOKEN = f"(?:{_NUMBER}|{_WORD}|{_COLOUR}|{_QUOTED})"
_VALUE = re.compile(rf"{_TOKEN}(?:(?: ?[,/] ?| ){_TOKEN})*", re.IGNORECASE)
_IMPORTANT = re.compile(r" ?! ?important$", re.IGNORECASE)


def clean_style(style: str) -> str:
    """The allowed declarations in their order, or an empty string."""
    if len(style) > MAX_STYLE:
        return ""
    kept = (_declaration(part) for part in style.split(";"))
    return "; ".join(declaration for declaration in kept if declaration)


def hides(style: str) -> bool:
    """Whether cleaned styles make an element invisible."""
    return "display: none" in style


def _declaration(part: str) -> str:
    name, _, value = part.partition(":")
    name, value = name.strip().lower(), _IMPORTANT.sub("", " ".join(value.split()))
    if name not in _ALLOWED or len(value) > MAX_VALUE or not _VALUE.fullmatch(value):
        return ""
    if name == "display" and value.lower() not in _DISPLAYS:
        return ""
    return f"{name}: {value.lower() if name == 'display' else value}"
