"""What in a public message a person should look at, and how hot it is. In: text. Out: findings, each with the words that it rests on.

Nothing is asked of anybody outside, and nothing is decided: a finding is a reason to look. Every step is bounded, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from urllib.parse import urlsplit

import msgspec

from sluss.kernel.text import fold
from sluss.language.disguise import LOOKED_AT, Word, words_of
from sluss.language.guard import find_personal
from sluss.language.guess import guess_language
from sluss.language.lexicon import KINDS

FLAGGED = ("threat", "hate", "abuse", "spam", "link", "personal")
"""What can be found, the gravest first."""
_SHOWN = 5
_LINK = re.compile(
    r"(?i)\bhttps?://[^\s<>\"']{1,300}"
    r"|\b(?:[a-z0-9-]{1,63}\.){1,4}(?:com|net|org|info|biz|xyz|top|shop|online|site|link|click|ru|cn|tk|icu|io|me|co|se|pl)\b"
    r"(?:/[^\s<>\"']{0,200})?"
)
_SHORTENERS = frozenset(
    "bit.ly tinyurl.com t.co goo.gl is.gd ow.ly cutt.ly rb.gy shorturl.at t.me wa.me chat.whatsapp.com discord.gg linktr.ee".split()  # noqa: SIM905 - one line
)
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
_LOUD = re.compile(r"[!?]{3,20}")
_ANGRY = frozenset("😡🤬😠👿💩🖕👎🔪💣")


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found; `words` as they stand in the text, the first few."""

    kind: str
    words: tuple[str, ...]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace adds: `words` by kind in the lexicon's notation, words that are `fine` here, `sites` that may be linked to."""

    words: Mapping[str, tuple[str, ...]] = {}
    fine: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()


class Screened(msgspec.Struct, frozen=True):
    """What was found, and from 0 to 100 how angry it sounds."""

    findings: tuple[Finding, ...]
    heat: int


class _Entry(msgspec.Struct, frozen=True):
    parts: tuple[str, ...]
    exact: bool


def screen(text: str, known: Known = Known(), language: str = "") -> Screened:  # noqa: B008 - frozen
    """Look through a message. `language` is whose words count that are innocent elsewhere; it is guessed when it is not told."""
    words = [one for one in words_of(text) if one.plain and one.plain not in known.fine]
    spoken = language or guess_language(text)
    found = _matches(words, spoken, known.words)
    links = _links(text, known.sites)
    found["link"] = links
    found["spam"] = [*found["spam"], *_unwanted(text, links)] if links or len(found["spam"]) > 1 else _unwanted(text, links)
    found["personal"] = [_veiled(text[one.start : one.end]) for one in find_personal(text[:LOOKED_AT])]
    findings = tuple(Finding(kind, tuple(dict.fromkeys(found[kind]))[:_SHOWN]) for kind in FLAGGED if found[kind])
    return Screened(findings, _heat(text, found))


def is_entry(text: str) -> bool:
    """Whether a word or a few can be looked for; so that a workspace's list holds none that never could."""
    return bool(_read(text.strip()).parts) and len(text) <= 60


def _matches(words: Sequence[Word], language: str, own: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    index, but = _lexicon(language)
    mine = _index((kind, _read(one)) for kind, entries in own.items() for one in entries) if any(own.values()) else {}
    found: dict[str, list[str]] = {kind: [] for kind in {**KINDS, **own}}
    for at, word in enumerate(words):
        told: set[str] = set()
        for kind, entry in [*index.get(word.plain[:2], ()), *mine.get(word.plain[:2], ())] if "*" not in word.plain[:2] else ():
            here = words[at : at + len(entry.parts)]
            fits = len(here) == len(entry.parts) and all(
                _is(part, one, exact=entry.exact) for part, one in zip(entry.parts, here, strict=True)
            )
            if fits and kind not in told and not any(_is(one.parts[0], word, exact=one.exact) for one in but):
                told.add(kind)
                found[kind].append(" ".join(one.shown for one in here))
    return found


def _is(part: str, word: Word, *, exact: bool) -> bool:
    said = word.spelt if exact else word.plain
    if "*" in said:  # a letter was starred out: all the others must be right, and the first two of them be there
        stem = part.rstrip("*")
        same = len(stem) == len(said) > 3 and sum(char != "*" for char in said) > 1
        return same and all(mine in ("*", theirs) for mine, theirs in zip(said, stem, strict=True))
    return said.startswith(part[:-1]) if part.endswith("*") else said == part


@cache
def _lexicon(language: str) -> tuple[dict[str, list[tuple[str, _Entry]]], list[_Entry]]:
    """What counts in a text of a language, by how it begins; and what is innocent though it looks alike."""
    told = [(kind, of, one) for kind, texts in KINDS.items() for of, text in texts.items() for one in text.split()]
    counts = [(kind, _read(one)) for kind, of, one in told if one[0] != "-" and (one[0] != "?" or of == language)]
    return _index(counts), [_read(one[1:]) for _kind, _of, one in told if one[0] == "-"]


def _index(entries: Iterable[tuple[str, _Entry]]) -> dict[str, list[tuple[str, _Entry]]]:
    found: dict[str, list[tuple[str, _Entry]]] = {}
    for kind, entry in entries:
        found.setdefault(fold(entry.parts[0])[:2] if entry.parts else "", []).append((kind, entry))
    return found


def _read(text: str) -> _Entry:
    exact = text.startswith("=")
    said = text.lstrip("=?").replace("'", "").replace(" ", "_").lower()
    return _Entry(tuple(part if exact else fold(part) for part in said.split("_") if part.strip("*")), exact)


def _links(text: str, allowed: Collection[str]) -> list[str]:
    found = [one.group().rstrip(".,;:!?)") for one in _LINK.finditer(_INVISIBLE.sub("", text[:LOOKED_AT]))]
    return [one for one in found if not any(_host(one) == site or _host(one).endswith("." + site) for site in allowed)]


def _host(link: str) -> str:
    try:
        return (urlsplit(link if "://" in link else f"//{link}").hostname or "").removeprefix("www.")
    except ValueError:  # what cannot be read as an address leads nowhere that we know
        return ""


def _unwanted(text: str, links: Sequence[str]) -> list[str]:
    """Signs of advertising beside words: hidden addresses, many links, many people called at once."""
    hidden = [one for one in links if _host(one) in _SHORTENERS]
    called = text[:LOOKED_AT].count("@")
    return [*hidden, *(links if len(links) > 2 else ()), *(["@ × " + str(called)] if called > 5 else ())]


def _veiled(text: str) -> str:
    """Enough of somebody's data to find it in the message, and no copy of it."""
    kept = text.strip()
    return f"{kept[:2]}…{kept[-2:]}" if len(kept) > 5 else "…"


def _heat(text: str, found: Mapping[str, Sequence[str]]) -> int:
    letters = [char for char in text[:LOOKED_AT] if char.isalpha()]
    loud = len(letters) > 12 and sum(char.isupper() for char in letters) * 2 > len(letters)
    shouts = len(_LOUD.findall(text[:LOOKED_AT])) + sum(char in _ANGRY for char in text[:LOOKED_AT])
    weights = {"threat": 50, "hate": 40, "abuse": 25, "coarse": 12}
    return min(100, sum(weight * min(3, len(found[kind])) for kind, weight in weights.items()) + 15 * loud + 8 * min(3, shouts))
