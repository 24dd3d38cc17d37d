"""What stands after the colon. In: a field and values as typed, names the reader may use. Out: values as terms hold them, or `Wrong`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from sluss.cases.filtering.names import Names
from sluss.cases.filtering.terms import FIELDS, ME, NOBODY, Wrong
from sluss.cases.filtering.times import read_time
from sluss.channels.registry import channel_names
from sluss.kernel.text import fold
from sluss.kernel.words import say

ALIASES = {
    "status": "is",
    "holder": "assignee",
    "agent": "assignee",
    "language": "lang",
    "label": "tag",
    "no": "number",
    "created": "opened",
}
LARGEST = (1 << 63) - 1
_UNKNOWN: Mapping[str, str] = {
    "inbox": say("There is no inbox %(name)s."),
    "team": say("There is no team %(name)s."),
    "tag": say("There is no tag %(name)s."),
    "assignee": say("There is no agent %(name)s."),
}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_ADDRESS = re.compile(r"[^\s@]*@?[^\s@]+")


def read_value(word: str, values: Sequence[tuple[str, int]], at: int, names: Names) -> tuple[str, tuple[str | int, ...]]:
    """The field, and its values as a term holds them, each once."""
    field = ALIASES.get(word, word)
    if field not in FIELDS:
        raise _unknown(say("There is no field %(name)s.", name=word), at, _near(word, [*FIELDS, *ALIASES]))
    kind = FIELDS[field].kind
    read: Callable[[str, int], str | int]
    if kind == "named":
        read = lambda text, place: _named(field, text, place, names)  # noqa: E731 - one of six ways to read
    elif kind == "word":
        read = lambda text, place: _word(field, text, place)  # noqa: E731 - as above
    else:
        read = {"time": _time, "number": _number, "address": _address, "language": _language}[kind]
    return field, tuple(dict.fromkeys(read(text, place) for text, place in values))


def words_of(field: str) -> tuple[str, ...]:
    """Every word that a field takes, where that is a closed list."""
    return channel_names() if field == "channel" else FIELDS[field].words


def _word(field: str, text: str, at: int) -> str:
    word = text.lower()
    if word not in words_of(field):
        sentence = say("After %(field)s stands one of: %(words)s.", field=f"{field}:", words=", ".join(words_of(field)))
        raise _unknown(sentence, at, _near(word, words_of(field)))
    return word


def _named(field: str, text: str, at: int, names: Names) -> int:
    """An id, by `#id`, by the whole name, or by one word of it that no other has."""
    if field == "assignee" and text.lower() in {"me", "nobody", "none"}:
        return ME if text.lower() == "me" else NOBODY
    known = names.of(field)
    if text.startswith("#") and text[1:].isascii() and text[1:].isdigit() and int(text[1:]) in known:
        return int(text[1:])
    wanted = fold(text)
    found = [key for key, name in known.items() if wanted and fold(name) == wanted]
    if not found and field != "tag":
        found = [key for key, name in known.items() if wanted in fold(name).split()]
    if len(found) == 1:
        return found[0]
    if found:
        near = tuple(known[key] for key in found[:3])
        raise _unknown(say("There are several of the name %(name)s.", name=text), at, near)
    raise _unknown(_UNKNOWN[field] % {"name": text}, at, _near(text, known.values()))


def _time(text: str, at: int) -> str:
    time = read_time(text)
    if time is None:
        raise Wrong(say("A time is written as >2h, <7d, today, 2026-11-01, <2026-11-01 or 2026-11-01..2026-11-07."), at)
    return time


def _number(text: str, at: int) -> int:
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and int(digits) <= LARGEST):
        raise Wrong(say("A case number is written in digits, as in number:10482."), at)
    return int(digits)


def _address(text: str, at: int) -> str:
    if not _ADDRESS.fullmatch(text) or len(text) > 320:
        raise Wrong(say("Write a whole address, or @ and a domain, as in from:@kund.example."), at)
    return text.lower() if text.startswith("@") else text


def _language(text: str, at: int) -> str:
    if not _LANGUAGE.fullmatch(text.lower()):
        raise Wrong(say("A language is written by its code, as in lang:pl."), at)
    return text.lower()


def _near(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """What may have been meant, as it is written."""
    spelled = {fold(one): one for one in known}
    return tuple(spelled[one] for one in get_close_matches(fold(word), list(spelled), 3, 0.6))


def _unknown(sentence: str, at: int, near: tuple[str, ...]) -> Wrong:
    if near:
        sentence = say("%(reason)s Did you mean %(near)s?", reason=sentence, near=", ".join(near))
    return Wrong(sentence, at, near)
