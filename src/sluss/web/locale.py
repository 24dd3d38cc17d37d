"""Languages of the screens. In: an agent's setting and an `Accept-Language` header. Out: a locale, and texts in it.

Catalogues are `.po` files read once into memory; `en` needs none, its texts are the msgids.
"""

from __future__ import annotations

import gettext as stdlib_gettext
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

import msgspec

LOCALES = {"en": "English", "sv": "Svenska", "pl": "Polski"}
"""Every language of the screens, with the name its own speakers give it."""

CATALOGUES = Path(__file__).parent / "catalogues"


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
    """One text in the current language. Import as `_`."""
    return texts(voice().locale).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """One text that depends on a count, in the plural form that the language wants."""
    return texts(voice().locale).ngettext(one, many, count)


@cache
def texts(locale: str) -> stdlib_gettext.NullTranslations:
    """The catalogue of a locale, read once."""
    path = CATALOGUES / f"{locale}.po"
    if not path.exists():
        return stdlib_gettext.NullTranslations()
    # Babel is heavy to import and only the web role needs it.
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale))
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)


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
