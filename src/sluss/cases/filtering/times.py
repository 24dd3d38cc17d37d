"""Times in filters. In: `>2h`, `<2026-11-01`, `today`, `2026-11-01..2026-11-07`, a zone and the present. Out: the instants meant.

Ages count from now, days are whole days where the reader is.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND

UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
LONGEST = 10_000
_AGE = re.compile(r"([<>])=?(\d{1,5})([mhdw])")
_DAY = re.compile(r"([<>]=?)?(\d{4}-\d{2}-\d{2}|today|yesterday)")
_DAYS = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")

Stretch = tuple[int | None, int | None]
"""From the first instant to the one after the last, in µs UTC; None is without end."""


def read_time(text: str) -> str | None:
    """The one way to write it, or None for what is no time."""
    text = text.lower()
    if age := _AGE.fullmatch(text):
        return f"{age[1]}{int(age[2])}{age[3]}" if 0 < int(age[2]) <= LONGEST else None
    days = _DAYS.fullmatch(text)
    written = [days[1], days[2]] if days else [day[2]] if (day := _DAY.fullmatch(text)) else []
    return text if written and all(one in {"today", "yesterday"} or _is_day(one) for one in written) else None


def stretch_of(text: str, zone: str, now: int, *, ahead: bool = False) -> Stretch:
    """Which instants a time of `read_time` means; `ahead` counts ages into the future."""
    if age := _AGE.fullmatch(text):
        distance = int(age[2]) * UNITS[age[3]]
        edge, near = (now + distance, age[1] == "<") if ahead else (now - distance, age[1] == ">")
        return (None, edge) if near else (edge, None)
    if days := _DAYS.fullmatch(text):
        return _midnight(date.fromisoformat(days[1]), zone), _midnight(date.fromisoformat(days[2]) + timedelta(1), zone)
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day = _day_of(found[2], zone, now)
    start, end = _midnight(day, zone), _midnight(day + timedelta(1), zone)
    stretches: dict[str | None, Stretch] = {"<": (None, start), "<=": (None, end), ">": (end, None), ">=": (start, None)}
    return stretches.get(found[1], (start, end))


def _is_day(text: str) -> bool:
    try:
        return 1970 <= date.fromisoformat(text).year <= 2200
    except ValueError:
        return False


def _day_of(text: str, zone: str, now: int) -> date:
    if text in {"today", "yesterday"}:
        here = datetime.fromtimestamp(now / SECOND, _zone(zone)).date()
        return here if text == "today" else here - timedelta(1)
    return date.fromisoformat(text)


def _midnight(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=_zone(zone)).timestamp()) * SECOND


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
