"""What visitors ask in the chat. In: one toml a language. Out: a `Story` each, and its words with the blanks filled in."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from sluss.sandbox.customers.scripts import LANGUAGES, Language

HERE = Path(__file__).parent


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One talk: what is asked, said when nobody answers, asked further and said at the end.

    `page` is where on the web site it begins; who `leaves` goes before the answer comes and leaves an address; `proven` ones have signed
    in on the web site; `file` comes along with the last of the first messages.
    """

    key: str
    page: Literal["home", "bags", "bookings"]
    text: tuple[str, ...]
    impatient: tuple[str, ...]
    more: tuple[str, ...]
    closing: str
    who: Literal["", "f", "m"] = ""
    file: Literal["", "photo"] = ""
    leaves: bool = False
    proven: bool = False

    @property
    def language(self) -> Language:
        """The language it is told in, by its key."""
        return msgspec.convert(self.key[:2], Language)


def load_stories() -> dict[str, Story]:
    """Every story by its key."""
    files = [tomllib.loads((HERE / f"{language}.toml").read_text(encoding="utf-8")) for language in LANGUAGES]
    return {one.key: one for file in files for one in msgspec.convert(list(file["story"]), list[Story])}
