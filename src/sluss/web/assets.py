"""Static files by the hash of their content. In: a folder. Out: addresses that never change their meaning, and bytes with headers.

A bundle is several style sheets or browser modules served as one file: a first visit needs few requests, and nobody a build step.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

STATIC = Path(__file__).parent / "static"
PREFIX = "/static/"
WORTH_SQUEEZING = 1000

BUNDLES = {
    "sluss.css": (
        "tokens.css",
        "controls.css",
        "forms.css",
        "shell.css",
        "list.css",
        "case.css",
        "composer.css",
        "ready.css",
        "customers.css",
        "notifications.css",
        "palette.css",
        "narrow.css",
    ),
    "public.css": (
        "talk.css",
        "post.css",
        "answering.css",
        "noticed.css",
    ),
    "moderating.css": (
        "moderation.css",
        "noticed.css",
    ),
    "outside.css": (
        "pages.css",
        "settings.css",
    ),
    "sluss.js": (
        "js/text.js",
        "js/http.js",
        "js/toast.js",
        "js/passkey.js",
        "js/dialog.js",
        "js/clock.js",
        "js/keys.js",
        "js/menu.js",
        "js/theme.js",
        "js/stream.js",
        "js/live.js",
        "js/views.js",
        "js/case-list.js",
        "js/case-keys.js",
        "js/case.js",
        "js/merging.js",
        "js/contact.js",
        "js/files.js",
        "js/people.js",
        "js/sending.js",
        "js/draft.js",
        "js/composer.js",
        "js/writing-keys.js",
        "js/frame.js",
        "js/forms.js",
    ),
    "chat.js": (
        "js/text.js",
        "js/chat/store.js",
        "js/chat/net.js",
        "js/chat/line.js",
        "js/chat/outbox.js",
        "js/chat/picture.js",
        "js/chat/bubble.js",
        "js/chat/log.js",
        "js/chat/chosen.js",
        "js/chat/writer.js",
        "js/chat/menu.js",
        "js/chat/port.js",
        "js/chat/reading.js",
        "js/chat/ring.js",
        "js/chat/standing.js",
        "js/chat/person.js",
        "js/chat/talk.js",
        "js/chat/private.js",
        "js/chat/chat.js",
    ),
    "later.js": (
        "js/sheet.js",
        "js/palette-list.js",
        "js/palette.js",
        "js/key-choice.js",
        "js/presence.js",
        "js/visits.js",
        "js/aside.js",
        "js/sounds.js",
        "js/bell.js",
        "js/ready.js",
        "js/gaps.js",
        "js/mention.js",
        "js/alerts.js",
    ),
    "public.js": (
        "js/talk.js",
        "js/counting.js",
        "js/answering.js",
    ),
}
"""What is served as one file. A module follows those that it imports; what it exports must have a name of its own among all of them.

`sluss.css` is what every page has and all that the desk shows; the other pages link `outside.css` after it.
`later.js` is fetched when the page has come to rest, `public.js` and `public.css` when a case is shown that does not go by letters alone.
Both take from `sluss.js` what their modules import.
"""
FIRST, AFTER = "sluss.js", ("later.js", "public.js")

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
}
_SQUEEZABLE = {".css", ".js", ".svg"}
_STYLE_URL = re.compile(r"url\(([\w./-]+)\)")
_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AROUND = re.compile(r"\s*([{};])\s*|(?<=[:,])[ \n]+")
_TOKEN = re.compile(r"(?<=[{;])--([\w-]+):[^;}]+;")
_NAMED = re.compile(r"var\(--([\w-]+)")
_FOR_PEOPLE = re.compile(r"^(?:[ \t]*//.*\n|[ \t]+|\n)", re.MULTILINE)
"""Lines of comment, and what stands before a line: a fifth of what is sent. No text of ours runs over several lines."""
_EXPORT = re.compile(r"^export (?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
_IMPORT = re.compile(r'^import \{(.*)\} from "\.\.?/([\w-]+\.js)";\n', re.MULTILINE)


class Served(msgspec.Struct, frozen=True):
    """One answer: the bytes, and every header it needs."""

    data: bytes
    headers: dict[str, str]


class Assets:
    """All static files of one folder. `fresh` reads them again at each look-up, for people who edit them."""

    def __init__(self, folder: Path = STATIC, *, fresh: bool = False) -> None:
        self._folder = folder
        self._fresh = fresh
        self._by_name: dict[str, tuple[str, bytes]] = {}
        self._by_hashed: dict[str, str] = {}
        self._squeezed: dict[tuple[str, str], bytes] = {}

    def url(self, name: str) -> str:
        """The address of a file or bundle. Raises `FileNotFoundError` for a name that does not exist."""
        return PREFIX + self._load(name)[0]

    def find(self, hashed: str, accept_encoding: str = "") -> Served | None:
        """The answer to `GET /static/{hashed}`, squeezed as well as the browser can take, or None."""
        name = self._by_hashed.get(hashed) or self._guess(hashed)
        if name is None:
            return None
        data = self._load(name)[1]
        headers = {
            "Content-Type": MEDIA_TYPES[Path(name).suffix],
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "Vary": "Accept-Encoding",
        }
        encoding = _best(accept_encoding) if Path(name).suffix in _SQUEEZABLE else ""
        if encoding:
            headers["Content-Encoding"] = encoding
            data = self._squeeze(name, encoding)
        return Served(data, headers)

    def _load(self, name: str) -> tuple[str, bytes]:
        if name not in self._by_name or self._fresh:
            data = self._read(name)
            stem, _, suffix = name.replace("/", "-").rpartition(".")
            hashed = f"{stem}.{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"
            if self._by_name.get(name, ("",))[0] != hashed:
                self._squeezed.clear()
            self._by_name[name] = (hashed, data)
            self._by_hashed[hashed] = name
        return self._by_name[name]

    def _read(self, name: str) -> bytes:
        if name not in BUNDLES:
            return self._part(name)
        head, tail = b"", b""
        if name in AFTER:
            head = f'import {{ {", ".join(sorted(self._taken(name)))} }} from "{self.url(FIRST)}";\n'.encode()
        if name == FIRST:
            tail = f"export {{ {', '.join(sorted(set[str]().union(*map(self._taken, AFTER))))} }};\n".encode()
        return head + b"".join(self._part(part) for part in BUNDLES[name]) + tail

    def _taken(self, bundle: str) -> set[str]:
        """What modules of a bundle that comes after the first import from that."""
        own = {part.removeprefix("js/") for part in BUNDLES[bundle]}
        imports = [found for part in BUNDLES[bundle] for found in _IMPORT.finditer((self._folder / part).read_text("utf-8"))]
        return {name.strip() for found in imports if found[2] not in own for name in found[1].split(",")}

    def _part(self, name: str) -> bytes:
        data = (self._folder / name).read_bytes()
        if name.endswith(".css"):
            tight = tight_style(data.decode())
            named = self._named()
            tight = _TOKEN.sub(lambda found: found[0] if found[1] in named else "", tight).replace(";}", "}")
            return _STYLE_URL.sub(lambda found: f"url({self.url(found.group(1))})", tight).encode()
        if name.startswith("js/"):
            return _module(data.decode()).encode()
        return data

    def _named(self) -> set[str]:
        """Tokens that a style sheet uses; the other steps of the scales are not sent."""
        return {name for path in self._folder.glob("*.css") for name in _NAMED.findall(path.read_text("utf-8"))}

    def _guess(self, hashed: str) -> str | None:
        """After a restart a page may ask for a file that nobody has named yet; an old hash stays unknown."""
        for name in (*BUNDLES, *(str(path.relative_to(self._folder)) for path in self._folder.rglob("*") if path.suffix in MEDIA_TYPES)):
            self._load(name)
        return self._by_hashed.get(hashed)

    def _squeeze(self, name: str, encoding: str) -> bytes:
        key = (self._by_name[name][0], encoding)
        if key not in self._squeezed:
            self._squeezed[key] = _compress(self._by_name[name][1], encoding)
        return self._squeezed[key]


def squeezed(body: bytes, accept_encoding: str) -> tuple[bytes, str]:
    """A page as its reader takes it, and the encoding's name: quickly rather than tightly, and short ones as they are."""
    encoding = _best(accept_encoding) if len(body) >= WORTH_SQUEEZING else ""
    if encoding == "br":
        return bytes(importlib.import_module("brotli").compress(body, quality=4)), encoding
    return (gzip.compress(body, 5, mtime=0), encoding) if encoding else (body, "")


def one_script(modules: Iterable[str]) -> str:
    """Modules that follow those that they import, as one script for any page: in a scope of its own, all names in it different."""
    body = "".join(_bare(one) for one in modules)
    return f"(() => {{\n{body}}})();\n"


def tight_style(sheet: str) -> str:
    """A style sheet without what people read in it."""
    return _AROUND.sub(r"\1", _STYLE_COMMENT.sub("", sheet))


def _module(code: str) -> str:
    """One module of a bundle, in a scope of its own; what it exports is known to those that follow."""
    exported, body = ", ".join(_EXPORT.findall(code)), _bare(code)
    return f"const {{ {exported} }} = (() => {{\n{body}return {{ {exported} }};\n}})();\n" if exported else f"{{\n{body}}}\n"


def _bare(code: str) -> str:
    return _FOR_PEOPLE.sub("", _EXPORT.sub(lambda found: found[0].removeprefix("export "), _IMPORT.sub("", code)))


def _best(accept_encoding: str) -> str:
    accepted = {part.partition(";")[0].strip() for part in accept_encoding.split(",")}
    if "br" in accepted and importlib.util.find_spec("brotli"):
        return "br"
    return "gzip" if "gzip" in accepted else ""


def _compress(data: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(importlib.import_module("brotli").compress(data))
    return gzip.compress(data, 9, mtime=0)
