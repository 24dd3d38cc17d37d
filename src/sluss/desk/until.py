"""When a snoozed case wakes. In: `hour`, `evening`, `tomorrow`, `monday` or a local time. Out: an instant in the future.

Wall-clock words keep their hour over a change to or from summer time: tomorrow at eight is eight.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.errors import Invalid

MORNING, EVENING = 8, 18
FARTHEST_DAYS = 366 * 5


def when(words: str, zone: str, now: int) -> int:
    """The instant, in µs UTC. Raises `Invalid` for words that are none of ours, for the past and for more than five years."""
    local = datetime.fromtimestamp(now / SECOND, _zone(zone))
    if words == "hour":
        return now + HOUR
    if words == "evening":
        evening = _at(local, 0, EVENING)
        return _instant(evening if evening > local else _at(local, 1, EVENING))
    if words in {"tomorrow", "default"}:
        return _instant(_at(local, 1, MORNING))
    if words == "monday":
        return _instant(_at(local, 7 - local.weekday(), MORNING))
    return _given(words, local)


def _given(words: str, local: datetime) -> int:
    try:
        chosen = datetime.strptime(words, "%Y-%m-%dT%H:%M").replace(tzinfo=local.tzinfo)
    except ValueError:
        raise Invalid({"until": "Choose a time, as 2026-11-30T09:00."}) from None
    if chosen.timestamp() <= local.timestamp():
        raise Invalid({"until": "Choose a time in the future."})
    if chosen > local + timedelta(days=FARTHEST_DAYS):
        raise Invalid({"until": "Choose a time within five years."})
    return _instant(chosen)


def _at(local: datetime, days: int, hour: int) -> datetime:
    return (local + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)


def _instant(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
