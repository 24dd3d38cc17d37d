"""What a web site loads of ours. In: the files of `web/static/embed`, the settings of a chat. Out: one script, one style sheet."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache

import msgspec

from sluss.channels.webchat.colours import DARK, text_on
from sluss.channels.webchat.settings import ChatSettings
from sluss.web.assets import STATIC, one_script, tight_style

FOLDER = STATIC / "embed"
MODULES = ("site.js", "events.js", "launcher.js", "bridge.js", "swaps.js", "api.js")
LICENCE = "/*! Sluss web chat · AGPL-3.0-or-later · readable source: web/static/embed */\n"


class Script(msgspec.Struct, frozen=True):
    """The loader as it is sent; `tag` changes with it."""

    plain: bytes
    squeezed: bytes
    tag: str


def loader(*, fresh: bool = False) -> Script:
    """The loader; `fresh` reads its files again, for people who edit them."""
    if fresh:
        _loader.cache_clear()
        _sheet.cache_clear()
    return _loader()


def launcher_style(settings: ChatSettings) -> str:
    """The launcher's style sheet with the values of a chat: its colour, and where it stands."""
    side, x = settings.side, settings.offset_x
    values = {"x": f"{x}px", "y": f"{settings.offset_y}px", "z": settings.z, "accent": settings.accent, "on": on_accent(settings)}
    told = "".join(f"--{name}:{value};" for name, value in values.items())
    return f".p{{{side}:var(--x)}}{_sheet()}:host{{{side}:calc({x}px + env(safe-area-inset-{side},0px));{told}}}"


def on_accent(settings: ChatSettings) -> str:
    """The colour of what stands on the chat's own."""
    return text_on(settings.accent) or DARK


@cache
def _loader() -> Script:
    code = LICENCE + one_script((FOLDER / name).read_text("utf-8") for name in MODULES)
    plain = code.encode()
    return Script(plain, gzip.compress(plain, 9, mtime=0), f'W/"{hashlib.sha256(plain).hexdigest()[:20]}"')


@cache
def _sheet() -> str:
    return tight_style((FOLDER / "launcher.css").read_text("utf-8")).strip()
