"""Values as people read them. In: instants (µs UTC), byte counts, names, plain text. Out: safe HTML or text in the current voice."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from sluss.web.locale import voice

COLOURS = 6
"""How many avatar colours the style sheet has (`av-0` …)."""

_LINK = re.compile(r"(?P<url>https?://[^\s<>\"'\u200b]+[^\s<>\"'\u200b.,;:!?)\]}])|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)")
_UNITS = (("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000))
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def tick(instant: int, kind: str = "age") -> Markup:
    """A `<time>` that the browser keeps telling.

    Kinds: `age` and `span` (12 min), `clock` (14:02), `left` (in 4 min), `until` (Fri 09:00), `date` (14 Nov), `day`.
    The text inside is what a reader without scripts sees; the title is always the exact local time.
    """
    local = _local(instant)
    text = format_time(local, "HH:mm", locale=_locale()) if kind == "clock" else short(instant)
    exact = format_datetime(local, "d MMMM y HH:mm:ss", locale=_locale())
    return Markup('<time datetime="{}" data-tick="{}" title="{}">{}</time>').format(iso(instant), kind, exact, text)


def short(instant: int) -> str:
    """Day and time without a year: `21 Nov 14:02`."""
    return format_datetime(_local(instant), "d MMM HH:mm", locale=_locale())


def exact(instant: int) -> str:
    """The full local time: `21 November 2026 14:02:09`."""
    return format_datetime(_local(instant), "d MMMM y HH:mm:ss", locale=_locale())


def moment(instant: int) -> str:
    """Day, year and time without seconds: `21 November 2026 14:02`."""
    return format_datetime(_local(instant), "d MMMM y HH:mm", locale=_locale())


def moment_of_week(instant: int, now: int) -> str:
    """When something is to be, with its weekday, and with the year where it is another: `Friday 27 Nov 09:00`."""
    there = _local(instant)
    form = "EEEE d MMM HH:mm" if there.year == _local(now).year else "EEEE d MMM y HH:mm"
    return format_datetime(there, form, locale=_locale())


def clock_time(instant: int) -> str:
    """The time of day alone: `14:02`."""
    return format_time(_local(instant), "HH:mm", locale=_locale())


def weekday_and_time(instant: int) -> str:
    """A moment of the coming days: `Monday 08:00`."""
    return format_datetime(_local(instant), "EEEE HH:mm", locale=_locale())


def iso(instant: int) -> str:
    """An instant for machines: `2026-11-21T13:02:09Z`."""
    return datetime.fromtimestamp(instant / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(instant: int) -> date:
    """The local calendar day of an instant, to put separators between days."""
    return _local(instant).date()


def long_day(value: date) -> str:
    """A day as a separator says it: `Saturday 21 November`."""
    return format_date(value, "EEEE d MMMM", locale=_locale())


def size(count: int) -> str:
    """Bytes as people say them: `340 kB`, `1.2 MB`, decimal units."""
    if count < 1000:
        return f"{count} B"
    unit, scale = next((unit, scale) for unit, scale in _UNITS if count < scale * 1000 or unit == "GB")
    return f"{format_decimal(round(count / scale, 1 if count < scale * 10 else 0), locale=_locale())} {unit}"


def number(value: float) -> str:
    """A number with the language's separators: `12 400`."""
    return format_decimal(value, locale=_locale())


def language(code: str) -> str:
    """A language by its name in the reader's: `svenska`; a code that nobody knows stays as it is."""
    try:
        return Locale.parse(code, sep="-").get_display_name(_locale()) or code
    except (ValueError, UnknownLocaleError):
        return code


def initials(name: str) -> str:
    """One or two letters for an avatar; `?` for a name without letters."""
    words = [word for word in re.split(r"[\s@._-]+", name) if word[:1].isalnum()]
    picked = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(picked).upper() or "?"


def colour(key: str) -> str:
    """The avatar class of a person, stable for a key."""
    return f"av-{zlib.crc32(key.encode()) % COLOURS}"


def plain(text: str) -> str:
    """Text without the marks that turn reading direction, which can make a name or an address look like another."""
    return text.translate(_BIDI)


def outside(url: str) -> str:
    """An address of the web that somebody outside gave, as a link may bear it; nothing for any other kind (`javascript:`)."""
    return url if url.lower().startswith(("https://", "http://")) else ""


def linkify(text: str) -> Markup:
    """Plain text as safe HTML: everything escaped, http(s) and mail addresses made links that tell the target nothing."""
    parts: list[Markup] = []
    position = 0
    for match in _LINK.finditer(text):
        parts.append(escape(text[position : match.start()]))
        parts.append(_link(match))
        position = match.end()
    parts.append(escape(text[position:]))
    return Markup("").join(parts)


def marked(excerpt: str) -> Markup:
    """A search excerpt as safe HTML: what stands between U+0002 and U+0003 becomes `<mark>`."""
    return Markup(str(escape(excerpt)).replace("\x02", "<mark>").replace("\x03", "</mark>"))  # noqa: S704 - escaped first, only our own marks are added


def _link(match: re.Match[str]) -> Markup:
    found = match.group()
    if match.group("url"):
        return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>').format(found, found)
    return Markup('<a href="mailto:{}">{}</a>').format(found, found)


def _locale() -> str:
    """Dates and numbers in English are told the European way."""
    return {"en": "en_GB"}.get(voice().locale, voice().locale)


def _local(instant: int) -> datetime:
    return datetime.fromtimestamp(instant / 1_000_000, _zone(voice().zone))


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
