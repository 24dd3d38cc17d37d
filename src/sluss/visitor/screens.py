"""What the page in the frame is given: the contract between `routes_page` and the template with its scripts.

| address | template | values |
| --- | --- | --- |
| `GET /chat/{key}` | `visitor/frame.html` | `chat: Frame` |
| `GET /private/{link}` | `visitor/frame.html` | `chat: Frame`, whose `private` is set |
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Private(msgspec.Struct, frozen=True, kw_only=True):
    """A page by itself that goes on from something public. `path` is its own address, `room` what the browser keeps it under.

    `said` is what its author wrote in public, `network` where.
    """

    path: str
    room: str
    said: str
    network: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One chat, in one language. `origins` are the web sites whose pages may talk with the frame, `https://*.example.com` all below one.

    `state` is what `GET /chat/{key}/state` answers. `identify` is `no`, `optional` or `required`; `ask_name` and `ask_email` as well.
    `on_accent` is the colour of text on the accent. `mail`: the talk can go on by mail.
    """

    key: str
    language: str
    theme: Literal["auto", "light", "dark"]
    title: str
    welcome: str
    brand: str
    accent: str
    on_accent: str
    origins: tuple[str, ...]
    ask_name: str
    ask_email: str
    files: bool
    preview: bool
    mail: bool
    identify: str
    state: dict[str, Any]
    most_text: int
    most_files: int
    most_bytes: int
    most_bytes_together: int
    private: Private | None = None
