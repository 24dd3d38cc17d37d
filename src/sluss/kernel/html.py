"""Mail HTML made harmless at render. In: HTML as a stranger sent it. Out: HTML of an allow-list, and the document for the sandboxed frame.

Three walls: this allow-list, the frame's sandbox, and the frame's own Content-Security-Policy. What is stored is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import unquote

import msgspec
import nh3

from sluss.kernel.css import clean_style

MAX_BYTES = 1_000_000
MAX_TAGS = 40_000
MAX_REFERENCES = 100_000
MAX_DEPTH = 500


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Elements that an HTML parser re-opens by itself: 25 kB of them become 37 MB. Under other names they are ordinary while we parse.
_REOPENED = "a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_BLOCKS = _words(
    "address article aside blockquote center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav "
    "ol p pre section table tr ul"
)
_INLINE = _words("abbr acronym bdi bdo br cite del dfn img ins kbd mark q samp span sub sup time var wbr")
_TABLE = _words("caption col colgroup tbody td tfoot th thead")
_TAGS = _BLOCKS | _INLINE | _TABLE | {f"x-{name}" for name in _REOPENED.split("|")}
_WITH_CONTENT = _words(
    "applet audio button canvas embed frameset head iframe map math noembed noframes noscript object option plaintext script "
    "select style svg template textarea title video xmp"
)
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"},
    "x-a": {"href"},
    "img": {"alt", "border", "src"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "nowrap", "rowspan"},
    "th": {"colspan", "nowrap", "rowspan", "scope"},
    "x-font": {"color", "face", "size"},
}
_AS_WRITTEN = frozenset({"title", "alt", "referrerpolicy"})
_ADDED = {"img": {"referrerpolicy": "no-referrer"}}
_LINK_START = '<a rel="noopener noreferrer" target="_blank"'
# Our own URLs of inline pictures are relative or data; what mail may name is decided in `_attribute`.
_SCHEMES = {"https", "http", "mailto", "tel", "cid", "data"}

_PLAIN = re.compile(r"[\w#%+., -]{0,100}")
_SPAN = re.compile(r"[1-9][0-9]{0,2}")
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\\<>\"]{1,8000}", re.IGNORECASE)
_NOISE = re.compile("[\x00-\x1f\x7f]+")

_START_OR_END = re.compile(r"<(/?)([a-z][a-z0-9-]{0,20})", re.IGNORECASE)
_REOPENED_TAG = re.compile(rf"(</?)({_REOPENED})(?![a-z0-9-])", re.IGNORECASE)
_RENAMED_TAG = re.compile(rf"(</?)x-({_REOPENED})(?![a-z0-9-])")
_NO_END = _words("area base br col embed hr img input link meta param source track wbr")
_END_IMPLIED = _words("body colgroup dd dt head html li option p tbody td tfoot th thead tr")
_LOOK_BACK = 64

_SAFE_BASE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; img-src 'self' data:"
FRAME_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
"""What `<iframe sandbox="…">` of a mail says; the header says it again, so that the document is as harmless when opened by itself."""
FRAME_CSP = f"{_SAFE_BASE}; frame-ancestors 'self'; sandbox {FRAME_SANDBOX}"
FRAME_CSP_WITH_REMOTE_IMAGES = f"{_SAFE_BASE} https:; frame-ancestors 'self'; sandbox {FRAME_SANDBOX}"

_FRAME_STYLE = (
    ":root{color-scheme:light}"
    "body{margin:0;padding:1px;background:#fff;color:#1b1f24;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "img{max-width:100%}table{max-width:100%}pre{white-space:pre-wrap}"
    "blockquote{margin:0 0 0 2px;padding-left:12px;border-left:2px solid #d4d9df}"
)


class TooMuchHtml(Exception):
    """The HTML is larger or deeper than what is rendered; the desk shows the text part and offers the original."""


class Cleaned(msgspec.Struct, frozen=True):
    """Harmless HTML, and how many remote images were left out."""

    html: str
    blocked_images: int


def clean_mail(html: str, *, remote_images: bool, cid: Mapping[str, str]) -> Cleaned:
    """Harmless HTML of one mail. `cid` maps content ids (without brackets) to our own URLs of inline pictures. Raises `TooMuchHtml`."""
    _require_bounds(html)
    rules = _Rules(cid, remote_images=remote_images)
    markup = _parsed(html, rules.attribute).replace("<x-a", _LINK_START)
    return Cleaned(_RENAMED_TAG.sub(r"\1\2", markup), rules.blocked)


def frame_document(html: str, lang: str, *, remote_images: bool = False) -> str:
    """The whole document of the frame around cleaned HTML, to be served with `FRAME_CSP`. `lang` is the language of the mail."""
    policy = f"{_SAFE_BASE} https:" if remote_images else _SAFE_BASE
    return (
        f'<!doctype html><html lang="{escape(lang)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title></title><style>{_FRAME_STYLE}</style></head><body>{html}</body></html>"
    )


def well_formed(html: str) -> str:
    """Allowed elements and attributes as balanced markup, reopened elements still named `x-…`: the form that `html_text` reads."""
    _require_bounds(html)
    return _parsed(html, _Rules({}, remote_images=False).attribute)


def _parsed(html: str, attribute: Callable[[str, str, str], str | None]) -> str:
    return nh3.clean(
        _REOPENED_TAG.sub(r"\1x-\2", html),
        tags=_TAGS,
        clean_content_tags=_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        link_rel=None,
        set_tag_attribute_values=_ADDED,
        url_schemes=_SCHEMES,
    )


class _Rules:
    """What an attribute of one mail may say."""

    def __init__(self, cid: Mapping[str, str], *, remote_images: bool) -> None:
        self._cid, self._remote_images = cid, remote_images
        self.blocked = 0

    def attribute(self, _tag: str, name: str, value: str) -> str | None:
        """The value to keep, or None. Every attribute passes here, those that we add too."""
        if name == "href":
            return _link(value)
        if name == "src":
            return self._picture(value)
        if name == "style":
            return clean_style(value) or None
        if name in {"colspan", "rowspan"}:
            return value if _SPAN.fullmatch(value) else None
        return value if name in _AS_WRITTEN or _PLAIN.fullmatch(value) else None

    def _picture(self, value: str) -> str | None:
        if value.lower().startswith("cid:"):
            return self._cid.get(unquote(value[4:]).strip("<>"))
        link = _link(value)
        if link is None or not link.lower().startswith("http"):
            return None
        if not self._remote_images:
            self.blocked += 1
            return None
        # Never over plain http: the agent's browser must not be made to speak to things inside the company.
        return "https://" + link.partition("://")[2]


def _link(value: str) -> str | None:
    """An absolute link of an allowed scheme, or None. Nothing of it is interpreted, so no reading of it can differ from the browser's."""
    link = _NOISE.sub("", value).strip().replace(" ", "%20")
    return link if _LINK.fullmatch(link) else None


def _require_bounds(html: str) -> None:
    """A parser's time grows with tags times depth, and with the square of references, so all of them have an end."""
    if len(html) > MAX_BYTES or len(html.encode("utf-8", "replace")) > MAX_BYTES:
        raise TooMuchHtml("This mail's HTML is larger than 1 MB.")
    if html.count("<") > MAX_TAGS:
        raise TooMuchHtml(f"This mail's HTML has more than {MAX_TAGS} tags.")
    if html.count("&") > MAX_REFERENCES:
        raise TooMuchHtml(f"This mail's HTML has more than {MAX_REFERENCES} character references.")
    stack: list[str] = []
    for match in _START_OR_END.finditer(html):
        name = match[2].lower()
        if match[1]:
            _close(stack, name)
        elif name not in _NO_END and name not in _END_IMPLIED:
            stack.append(name)
            if len(stack) > MAX_DEPTH:
                raise TooMuchHtml(f"This mail's HTML is nested more than {MAX_DEPTH} deep.")


def _close(stack: list[str], name: str) -> None:
    """Close an element unless a table, or for an inline element a block, stands between, much as a parser does."""
    walls = {"table"} if name in _BLOCKS else _BLOCKS
    for back in range(1, min(len(stack), _LOOK_BACK) + 1):
        if stack[-back] == name:
            del stack[-back:]
            return
        if stack[-back] in walls:
            return
