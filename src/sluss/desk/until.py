"""When a snoozed case wakes. In: words as people say them, in any of our languages, or a local time. Out: an instant to come.

Wall-clock words keep their hour over a change to or from summer time: tomorrow at eight is eight. What has passed today comes tomorrow.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sluss.desk.until_reading import Told, Unclear, read
from sluss.desk.until_words import AFTERNOON, EVENING, MORNING
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.errors import Invalid
from sluss.kernel.words import say

FARTHEST_DAYS = 366 * 5
USUAL = "tomorrow"
"""What one key snoozes until, for whoever has chosen nothing else."""

_PASSED = say("That time has passed. Choose one that is to come.")
_FAR = say("Choose a time within five years.")


def when(words: str, zone: str, now: int) -> int:
    """The instant, in µs UTC. Raises `Invalid` for words that are none of ours, for the past and for more than five years."""
    try:
        instant = understand(words, zone, now)
    except Unclear as unclear:
        raise Invalid({"until": unclear.sentence}) from None
    if instant is None:
        raise Invalid({"until": Unclear().sentence})
    return instant


def understand(words: str, zone: str, now: int) -> int | None:
    """The instant, in µs UTC; None for “until the customer answers”. Raises `Unclear`."""
    told = read(words)
    if told.reply or told.minutes:
        # Neither goes together with a day.
        if told not in (Told(reply=True), Told(minutes=told.minutes)):
            raise Unclear
        instant = None if told.reply else now + told.minutes * MINUTE
    else:
        instant = _instant(told, datetime.fromtimestamp(now / SECOND, _zone(zone)))
    if instant is not None and instant > now + FARTHEST_DAYS * 24 * 60 * MINUTE:
        raise Unclear(_FAR)
    return instant


def _instant(told: Told, local: datetime) -> int:
    """A day and a time of day, rolled forward where they leave open which one."""
    clock = _clock(told)
    try:
        days = _days(told, local)
        moments = (_at(day, clock, local).timestamp() for day in days)
        chosen = next((moment for moment in moments if moment > local.timestamp()), None)
    except OverflowError:
        raise Unclear(_FAR) from None
    if chosen is None:
        raise Unclear(_PASSED)
    return int(chosen) * SECOND


def _clock(told: Told) -> int:
    """Minutes since midnight: nine in the evening is 21:00, a day alone begins with the morning, today ends with the evening."""
    if told.clock is not None:
        late = told.part is not None and told.part >= AFTERNOON and told.clock < 12 * 60
        return told.clock + 12 * 60 if late else told.clock
    if told.part is not None:
        return told.part
    return EVENING if told.day == 0 else MORNING


def _days(told: Told, local: datetime) -> list[date]:
    """The days that are meant, the likeliest first; the first on which the time is to come is taken."""
    today = local.date()
    named = [
        told.days or told.months,
        told.day is not None,
        told.weekday is not None,
        bool(told.start_of),
        told.month is not None or told.of_month is not None,
    ]
    if sum(map(bool, named)) > 1 and not (named[2] and named[4] and not told.following):
        raise Unclear
    if named[4]:
        return _dates(told, today)
    if named[0]:
        return [_months_on(today, told.months) + timedelta(days=told.days)]
    if told.day is not None:
        return [today + timedelta(days=told.day)]
    if told.weekday is not None:
        return _weekdays(told, today)
    if told.start_of:
        return [_start(told.start_of, today)]
    return [today, today + timedelta(days=1)]


def _weekdays(told: Told, today: date) -> list[date]:
    """“Next” is of the week after this one. Whoever says Monday on a Monday means today only with a time that is to come."""
    weekday = told.weekday or 0
    if told.following:
        return [today + timedelta(days=7 - today.weekday() + weekday)]
    ahead = (weekday - today.weekday()) % 7
    exact = told.clock is not None or told.part is not None
    return [today + timedelta(days=days) for days in ((ahead, ahead + 7) if ahead or exact else (7,))]


def _start(of: str, today: date) -> date:
    if of == "month":
        return _months_on(today.replace(day=1), 1)
    if of == "weekend":
        return today + timedelta(days=(5 - today.weekday()) % 7 or 7)
    return today + timedelta(days=7 - today.weekday())


def _dates(told: Told, today: date) -> list[date]:
    """A date in this year or the next that has it; a day of this month or the next that has it."""
    if told.of_month is None:
        raise Unclear
    if told.month is None:
        firsts = [_months_on(today.replace(day=1), ahead) for ahead in range(3)]
    else:
        if not 1 <= told.month <= 12:
            raise Unclear
        years = range(today.year, today.year + 6) if told.year is None else [told.year]
        firsts = [date(year, told.month, 1) for year in years if 1 <= year <= 9000]
    found = [first.replace(day=told.of_month) for first in firsts if 1 <= told.of_month <= calendar.monthrange(first.year, first.month)[1]]
    found = [day for day in found[: 6 if told.weekday is None else 1] if told.weekday in {None, day.weekday()}]
    if not found:
        raise Unclear
    return found


def _months_on(day: date, months: int) -> date:
    """As many months later, or the last day of a shorter one."""
    month = day.month - 1 + months
    year = day.year + month // 12
    if year > 9000:
        raise Unclear(_FAR)
    return date(year, month % 12 + 1, min(day.day, calendar.monthrange(year, month % 12 + 1)[1]))


def _at(day: date, clock: int, local: datetime) -> datetime:
    """An hour that is left out when summer time begins comes an hour later; one that comes twice is the first."""
    return datetime.combine(day, time(), local.tzinfo) + timedelta(minutes=clock)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
