"""Moving a matter from public to private. Part of the contract in screens.py."""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.web.shell import Form


class PassageShown(msgspec.Struct, frozen=True, kw_only=True):
    """One way to private. `why` says why it is shut, `said` stands in public meanwhile; `wants_words`: nothing goes without."""

    by: Literal["reply", "talk", "link", "mail"]
    icon: str
    title: str
    detail: str
    said: str
    why: str = ""
    wants_words: bool = True


class SluiceForm(msgspec.Struct, frozen=True, kw_only=True):
    """The dialog: what was said in public, by whom, on which `network` as which `account`; the ways, the best one first.

    `told` and `said` are what was typed; `exposed` may stand in public only once `confirmed`. `language` is the customer's.
    """

    no: int
    public: str
    author: str
    words: str
    network: str
    account: str
    language: str
    passages: tuple[PassageShown, ...]
    chosen: str = ""
    told: str = ""
    said: str = ""
    can_hide: bool = False
    hide: bool = False
    seen: str = ""
    confirmed: str = ""
    found: tuple[tuple[str, str], ...] = ()
    form: Form = Form()
