"""Fields in canned answers: `{{contact.first_name|there}}`. In: a text and facts of a case. Out: the text filled in, and what stayed open.

One pass over the text, named fields only: no logic, no expression, no attribute; what a value says is never read as a field (T94).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from sluss.kernel.text import clean_line
from sluss.kernel.words import say

FIELDS: dict[str, str] = {
    "contact.name": say("The customer's name"),
    "contact.first_name": say("The customer's first name"),
    "contact.email": say("The address the answer goes to"),
    "case.number": say("The case number"),
    "case.subject": say("The subject"),
    "case.waiting": say("How long the customer has waited"),
    "agent.name": say("Your name"),
    "agent.first_name": say("Your first name"),
    "inbox.name": say("The inbox"),
    "inbox.address": say("The inbox's address"),
    "workspace.name": say("The company"),
    "brand.name": say("The brand"),
    "date.today": say("Today's date"),
    "date.tomorrow": say("Tomorrow's date"),
    "time.now": say("The time now"),
}
MOST_FIELDS = 100
VALUE = 500
OPEN = say("Fill in %(fields)s first. Nothing was sent.")
_FIELD = re.compile(r"\{\{[ \t]{0,9}([a-z]{1,40}\.[a-z_]{1,40})[ \t]{0,9}(?:\|([^{}|\n]{0,200}))?\}\}")
_OPEN = re.compile(r"\{\{[^{}\n]{0,300}\}\}")


class Gap(msgspec.Struct, frozen=True):
    """A place of a text that nothing could be put in; `start` and `end` count characters."""

    start: int
    end: int
    field: str


class Filled(msgspec.Struct, frozen=True):
    """A text with its fields filled in; `gaps` in order."""

    text: str
    gaps: tuple[Gap, ...] = ()


def fill_text(text: str, values: Mapping[str, str]) -> Filled:
    """Fill in what is known. A field without a value takes its fallback; without one it stays as it was written.

    An empty fallback leaves nothing, also not the space before it: `Hej {{contact.first_name|}}!` is `Hej!`.
    """
    parts: list[str] = []
    gaps: list[Gap] = []
    at = length = 0
    for found in _FIELD.finditer(text):
        value = _safe(values.get(found[1], "")) or found[2]
        before = text[at : found.start()]
        if value is not None and not (value := value.strip()):
            before = before.removesuffix(" ")
        parts += [before, found[0] if value is None else value]
        length += len(before)
        if value is None:
            gaps.append(Gap(length, length + len(found[0]), found[1]))
        length += len(parts[-1])
        at = found.end()
    return Filled("".join([*parts, text[at:]]), tuple(gaps))


def open_fields(text: str) -> Sequence[str]:
    """What must not leave: everything in double braces, as written, each once."""
    return list(dict.fromkeys(found[0] for found in _OPEN.finditer(text)))


def wrong_fields(text: str) -> Sequence[str]:
    """What looks like a field and is none of ours, as written, each once."""
    found = dict.fromkeys(one[0] for one in _OPEN.finditer(text))
    return [one for one in found if not ((known := _FIELD.fullmatch(one)) and known[1] in FIELDS)]


def first_name(name: str) -> str:
    """The first name in a display name; empty where it cannot be told."""
    line = clean_line(name).strip("\"' ")
    last, comma, rest = line.partition(",")
    words = (rest if comma and rest.strip() else last).split()
    word = words[0] if words else ""
    return word if word[:1].isalpha() and not any(one.isdigit() or one in "@._/\\" for one in word) else ""


def _safe(value: str) -> str:
    """One line, bounded, and nothing that reads as a field when it is looked at again before sending."""
    return clean_line(value)[:VALUE].replace("{{", "(").replace("}}", ")")
