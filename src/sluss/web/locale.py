"""Languages of the screens. In: an agent's setting and an `Accept-Language` header. Out: a locale, and texts in it.

Catalogues are `.po` files read once into memory; `en` needs none, its texts are the msgids.

`python -m sluss.web.extract` keeps them up to date.
"""

from __future__ import annotations

import gettext as stdlib_gettext
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LOCALES = {"en": "English", "sv": "Svenska", "pl": "Polski"}
"""Every language of the screens, with the name its own speakers give it."""

CATALOGUES = Path(__file__).parent / "catalogues"
SAID = "Said with values that are filled in before it is translated."
"""The comment by which a catalogue marks a text of `kernel.words.say`."""


class Voice(msgspec.Struct, frozen=True):
    """How to speak to one reader: language, and the IANA time zone that times are told in."""

    locale: str = "en"
    zone: str = "UTC"


_NEUTRAL = Voice()
_voice: ContextVar[Voice] = ContextVar("voice", default=_NEUTRAL)


def choose(setting: str, accept_language: str) -> str:
    """The locale to use: the agent's own setting, else the best of an `Accept-Language` header, else English."""
    if setting in LOCALES:
        return setting
    for language in _ranked(accept_language):
        if language in LOCALES:
            return language
    return "en"


@contextmanager
def speaking(voice: Voice) -> Generator[None]:
    """Within this block `gettext`, `ngettext` and the template filters speak with this voice."""
    token = _voice.set(voice)
    try:
        yield
    finally:
        _voice.reset(token)


def speak(voice: Voice) -> None:
    """From here on this task (one request) speaks with this voice."""
    _voice.set(voice)


def voice() -> Voice:
    """The voice of the block we are in."""
    return _voice.get()


def gettext(message: str) -> str:
    """One text in the current language. Import as `_`. A sentence of `kernel.words.say` is known again by its pattern."""
    locale = voice().locale
    found = texts(locale).gettext(message) if message else ""
    return _retold(message, locale) if found == message else found


def ngettext(one: str, many: str, count: int) -> str:
    """One text that depends on a count, in the plural form that the language wants."""
    return texts(voice().locale).ngettext(one, many, count)


@cache
def texts(locale: str) -> stdlib_gettext.NullTranslations:
    """The catalogue of a locale, read once."""
    catalogue = _read(locale)
    if catalogue is None:
        return stdlib_gettext.NullTranslations()
    # Babel's catalogues are heavy to import and only the web role needs them.
    from babel.messages.mofile import write_mo  # noqa: PLC0415

    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)


def _retold(sentence: str, locale: str) -> str:
    """The translation of a sentence whose values are filled in already; the sentence itself where none of ours looks like it."""
    for pattern, translation in _patterns(locale):
        match = pattern.fullmatch(sentence)
        if match:
            return translation % {name: gettext(value) if name == "reason" else value for name, value in match.groupdict().items()}
    return sentence


@cache
def _patterns(locale: str) -> list[tuple[re.Pattern[str], str]]:
    """What sentences with values look like, and their translations; the ones with most words of their own first."""
    catalogue = _read(locale)
    said = [(str(one.id), str(one.string)) for one in catalogue or () if SAID in one.auto_comments and _VALUE.search(str(one.id))]
    by_length = sorted(said, key=lambda pair: len(_VALUE.sub("", pair[0])), reverse=True)
    return [(_pattern(english), translation) for english, translation in by_length]


_VALUE = re.compile(r"%\((\w+)\)s")


def _pattern(english: str) -> re.Pattern[str]:
    parts = _VALUE.split(english)
    names = [f"(?P<{name}>.+?)" if name not in parts[1:place:2] else f"(?P={name})" for place, name in enumerate(parts) if place % 2]
    words = [re.escape(part.replace("%%", "%")) for part in parts[::2]]
    return re.compile("".join(word + name for word, name in zip(words, [*names, ""], strict=True)), re.DOTALL)


@cache
def _read(locale: str) -> Catalog | None:
    path = CATALOGUES / f"{locale}.po"
    if not path.exists():
        return None
    from babel.messages.pofile import read_po  # noqa: PLC0415 - as above

    with path.open("rb") as source:
        return read_po(source, locale=locale)


def _ranked(accept_language: str) -> list[str]:
    ranked: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.partition("=")[2]) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            ranked.append((quality, tag.strip().lower().partition("-")[0]))
    return [language for _, language in sorted(ranked, key=lambda pair: -pair[0])]
