"""The administrator's form of a chat.

In: fields by the names they have on the page, or words of the command line. Out: settings, and back; faults by the page's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluss.channels.contract import Check
from sluss.channels.hours import read_week, write_day
from sluss.channels.seen import Given, Seen
from sluss.channels.webchat.identity import KEY, new_identity_key
from sluss.channels.webchat.settings import LANGUAGES, ChatSettings, hours_of, new_chat_key, read_settings
from sluss.channels.webchat.snippet import frame_policy, snippet
from sluss.channels.webchat.standing import stand
from sluss.kernel.errors import Invalid
from sluss.kernel.words import say

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS, BY_HOURS = "always", "hours"
OFFICE = "mon-fri 08:00-17:00"
"""What a new form offers: whoever keeps other hours sees at once where they are changed."""

PLAIN = {
    "accent": "accent",
    "side": "side",
    "offset_x": "offset_x",
    "offset_y": "offset_y",
    "z": "z",
    "theme": "theme",
    "ask_name": "ask_name",
    "ask_email": "ask_email",
    "files": "files",
    "preview": "preview",
    "zone": "zone",
    "mail_inbox": "mail_inbox_id",
    "identify": "identify",
}
"""Name on the page, and in the stored settings."""
LINES = {"origins": "origins", "closed_days": "closed_days"}
"""The same, a line for each."""
TEXTS = ("title", "welcome")
WORDS = frozenset({*PLAIN.values(), *LINES.values(), "hours", *(f"{one}_{language}" for one in TEXTS for language in LANGUAGES)})
"""What the command line may set."""


def given(zone: str, mail_inbox_id: int) -> Given:
    """A new chat: a key for an address, a key for proofs, the company's time zone, and a mail inbox by which it goes on."""
    settings = {"zone": zone, "mail_inbox_id": mail_inbox_id}
    return Given(address=new_chat_key(), settings=settings, secrets={KEY: new_identity_key()})


def read_fields(fields: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings as `check_settings` takes them; a chat has no secrets that anybody types. What is empty is left to its default."""
    typed = {name: value.strip() for name, value in fields.items()}
    settings: dict[str, Any] = {stored: typed[name] for name, stored in PLAIN.items() if typed.get(name)}
    settings |= {stored: _lines(typed.get(name, "")) for name, stored in LINES.items()}
    settings["closed_days"] = sorted(set(settings["closed_days"]))
    settings |= {one: {language: typed.get(f"{one}_{language}", "") for language in LANGUAGES} for one in TEXTS}
    settings["hours"] = [typed.get(day, "") for day in DAYS] if typed.get("when") == BY_HOURS else []
    return settings, {}


def read_words(words: Mapping[str, str]) -> dict[str, Any]:
    """Settings from words such as `hours=mon-fri 8-17` and `title_sv=Hej`. Raises `Invalid`."""
    unknown = sorted(set(words) - WORDS)
    if unknown:
        raise Invalid({unknown[0]: say("A chat has no such setting. It has: %(names)s.", names=", ".join(sorted(WORDS)))})
    settings: dict[str, Any] = {name: value for name, value in words.items() if name in PLAIN.values() or name == "hours"}
    settings |= {name: _lines(words[name].replace(",", "\n")) for name in LINES if name in words}
    texts = {one: {language: words.get(f"{one}_{language}", "") for language in LANGUAGES} for one in TEXTS}
    return settings | {one: said for one, said in texts.items() if any(said.values())}


def show_fields(settings: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of stored settings."""
    found = read_settings(settings)
    shown = {name: _shown(getattr(found, stored)) for name, stored in PLAIN.items()}
    shown |= {name: "\n".join(getattr(found, stored)) for name, stored in LINES.items()}
    shown |= {f"{one}_{language}": getattr(found, one).get(language, "") for one in TEXTS for language in LANGUAGES}
    return shown | {"when": BY_HOURS if found.hours else ALWAYS} | _week(found)


def rename_faults(faults: Mapping[str, str]) -> dict[str, str]:
    """Faults of settings under the names the page uses."""
    back = {stored: name for name, stored in PLAIN.items()} | {one: f"{one}_{LANGUAGES[0]}" for one in TEXTS}
    return {back.get(name, name): sentence for name, sentence in faults.items()}


def presets() -> list[tuple[str, str, str, dict[str, str]]]:
    """A chat has no providers to choose from."""
    return []


def look(settings: Mapping[str, Any], seen: Seen) -> list[Check]:
    """How the chat stands, as far as can be seen without trying."""
    return stand(read_settings(settings), seen)


def paste(origin: str, address: str) -> dict[str, str]:
    """What goes into the pages of the web site, and what a strict site must allow."""
    return {"snippet": snippet(origin, address), "policy": frame_policy(origin)}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _week(found: ChatSettings) -> dict[str, str]:
    return dict(zip(DAYS, map(write_day, hours_of(found).days or read_week(OFFICE)), strict=True))


DEFAULTS = show_fields({}) | {"when": BY_HOURS}
