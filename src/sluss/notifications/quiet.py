"""Quiet hours. In: windows by weekday in an agent's own zone, and "not until". Out: whether it is quiet, and until when.

A window belongs to the day on which it begins; one that ends before it begins ends the day after. Its ends are moments on the clock of
the zone, so that a night in which the clock is changed is an hour shorter or longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from sluss.kernel.clock import HOUR, SECOND

WEEK = 7
MORNING, EVENING = 8, 18
"""Hours of the day at which a chosen quiet ends."""


class Quiet(msgspec.Struct, frozen=True):
    """When an agent is not to be disturbed. `windows` are minutes of the local day by weekday (0 is Monday); `until` in µs UTC."""

    zone: str = "UTC"
    windows: Mapping[int, tuple[int, int]] = {}
    until: int = 0


def quiet_until(quiet: Quiet, now: int) -> int | None:
    """When the quiet that holds now is over; None when it is not quiet. Windows that meet count as one, for at most a week."""
    end = now
    for _ in range(2 * WEEK + 1):
        later = max([quiet.until, *(stop for start, stop in _around(quiet, end) if start <= end < stop)], default=0)
        if later <= end:
            break
        end = later
    return end if end > now else None


def quiet_from(quiet: Quiet, now: int) -> int | None:
    """When the next quiet begins, if it is not quiet now; None when none begins within a day."""
    return min((start for start, _ in _around(quiet, now) if start > now), default=None)


def next_hour(zone: str, hour: int, now: int) -> int:
    """The next moment after `now` at which the clock of a zone shows a full hour of the day."""
    today = _local(zone, now).date()
    return next(at for at in (_instant(zone, today + timedelta(days=n), hour * 60) for n in range(3)) if at > now)


def until_of(word: str, zone: str, now: int) -> int:
    """When a quiet that is chosen by a word is over: `hour`, `evening`, `tomorrow`, `monday`; anything else is now."""
    today = _local(zone, now).date()
    if word == "hour":
        return now + HOUR
    if word == "evening":
        return next_hour(zone, EVENING, now)
    days = {"tomorrow": 1, "monday": WEEK - today.weekday()}.get(word)
    return now if days is None else _instant(zone, today + timedelta(days=days), MORNING * 60)


def _around(quiet: Quiet, now: int) -> Iterator[tuple[int, int]]:
    """The windows that begin yesterday, today or tomorrow."""
    today = _local(quiet.zone, now).date()
    for day in (today + timedelta(days=n) for n in (-1, 0, 1)):
        if day.weekday() in quiet.windows:
            start, stop = quiet.windows[day.weekday()]
            ends = day if stop > start else day + timedelta(days=1)
            yield _instant(quiet.zone, day, start), _instant(quiet.zone, ends, stop)


def _local(zone: str, instant: int) -> datetime:
    return datetime.fromtimestamp(instant // SECOND, UTC).astimezone(ZoneInfo(zone))


def _instant(zone: str, day: date, minute: int) -> int:
    at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).replace(hour=minute // 60 % 24, minute=minute % 60)
    return int(at.timestamp()) * SECOND
