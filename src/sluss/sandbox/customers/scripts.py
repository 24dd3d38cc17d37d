"""What customers write. In: `scripts/*.toml`. Out: a `Script` each, and its texts with the blanks filled in."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

HERE = Path(__file__).parent / "scripts"
LANGUAGES: tuple[Language, ...] = ("sv", "pl", "en")

Language = Literal["sv", "pl", "en"]


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One matter, from the first mail to the thanks. `answer`, `closing` and `note` are what agents wrote when it came up before.

    `who` is set where the words tell a woman (`f`) from a man (`m`); `file` is what comes along with the first mail.
    """

    key: str
    inbox: Literal["bokning", "bagage", "kund"]
    subject: str
    text: str
    nudge: str
    answer: str
    more: str
    closing: str
    thanks: str
    tags: tuple[str, ...]
    note: str = ""
    who: Literal["", "f", "m"] = ""
    file: Literal["", "pdf", "photo", "inline"] = ""

    @property
    def language(self) -> Language:
        """The language it is written in, by its key."""
        return msgspec.convert(self.key[:2], Language)


def load_scripts() -> dict[str, Script]:
    """Every script by its key."""
    files = [tomllib.loads((HERE / f"{language}.toml").read_text(encoding="utf-8")) for language in LANGUAGES]
    scripts = [msgspec.convert(entry, Script) for file in files for entry in file["script"]]
    return {script.key: script for script in scripts}


CITIES: dict[Language, tuple[str, ...]] = {
    "sv": ("Kiruna", "Göteborg", "Gdańsk", "Tromsø", "Bergen", "Umeå", "Kraków", "Edinburgh"),
    "pl": ("Sztokholmu", "Gdańska", "Krakowa", "Bergen", "Oslo", "Edynburga", "Kopenhagi", "Helsinek"),
    "en": ("Kiruna", "Gdańsk", "Bergen", "Edinburgh", "Stockholm", "Kraków", "Tromsø", "Copenhagen"),
}
SUMS: dict[Language, tuple[str, ...]] = {
    "sv": ("1 845", "2 390", "3 120", "5 760"),
    "pl": ("489", "640", "918", "1 276"),
    "en": ("89", "146", "212", "318"),
}
MONTHS: dict[Language, tuple[str, ...]] = {
    "sv": ("december", "januari", "februari"),
    "pl": ("grudnia", "stycznia", "lutego"),
    "en": ("December", "January", "February"),
}


def fill_blanks(language: Language, name: str, dice: random.Random) -> dict[str, str]:
    """Values for the blanks of one matter."""
    month = dice.choice(MONTHS[language])
    return {
        "name": name,
        "first": name.split(maxsplit=1)[0],
        "ref": "".join(dice.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=6)),
        "flight": f"NA {dice.randrange(101, 899)}",
        "date": f"{dice.randrange(2, 27)} {month}",
        "city": dice.choice(CITIES[language]),
        "bag": f"ARNNA{dice.randrange(10_000, 99_999)}",
        "sum": dice.choice(SUMS[language]),
    }
