"""Opening hours. In: what an administrator wrote, and an instant. Out: whether it is open, until when, and a sentence for visitors.

Pure. Hours are told by the clock on the wall of one time zone. Where that clock is turned back, what opens does so when the hour comes
first and what closes does so when it comes last; where it is turned forward, an hour that is left out begins and ends at the turn.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from sluss.kernel.clock import DAY
from sluss.kernel.words import say
from sluss.web.formats import clock_time, moment_of_week, weekday_and_time
from sluss.web.locale import Voice, speaking, voice
from sluss.web.locale import gettext as _

DAY_MINUTES = 24 * 60
SPANS = 6
CLOSED_DAYS = 400
SOON = 7

Span = tuple[int, int]
"""Minutes of a local day, from and up to. One that ends at or before its beginning runs into the next day; 0 to 1440 is a whole day."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_OF = re.compile(rf"({'|'.join(_DAYS)})(?:\s*[-–]\s*({'|'.join(_DAYS)}))?\s+(.+)")


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody is there: spans for Monday to Sunday (none at all: always), dates on which nobody is, and the time zone."""

    days: tuple[tuple[Span, ...], ...] = ()
    closed_days: tuple[str, ...] = ()
    zone: str = "UTC"


class HoursWrong(ValueError):
    """What was written are no hours."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def is_open(hours: Hours, now: int) -> bool:
    """Whether somebody is there at an instant."""
    return not hours.days or any(begin <= now < end for begin, end in _stretches(hours, now, 1))


def next_opening(hours: Hours, now: int) -> int | None:
    """The first instant from now on at which it is open: now itself while it is, None when it never is."""
    if not hours.days:
        return now
    if not any(hours.days):
        return None
    far = SOON * (len(hours.closed_days) + 2)
    return next((max(begin, now) for begin, end in _stretches(hours, now, far) if end > max(begin, now)), None)


def next_closing(hours: Hours, now: int) -> int | None:
    """The instant at which it stops being open; None when it is not open, or not to close within a week."""
    end = now
    for begin, until in _stretches(hours, now, SOON + 2) if hours.days else ():
        if begin > end:
            break
        end = max(end, until)
    return end if now < end <= now + SOON * DAY else None


def weekly_minutes(hours: Hours) -> int:
    """How long it is open in a usual week, by the clock on the wall; spans that overlap count once."""
    whole = SOON * DAY_MINUTES
    minutes: set[int] = set()
    for number, day in enumerate(hours.days):
        for begin, end in day:
            length = (end - begin) % DAY_MINUTES or DAY_MINUTES
            minutes |= {(number * DAY_MINUTES + begin + step) % whole for step in range(length)}
    return len(minutes) if hours.days else whole


def opening_sentence(hours: Hours, now: int) -> str:
    """What a visitor is told, in the voice of the moment and by the clock of the hours: `Open until 17:00`, `Closed until Monday 08:00`."""
    with speaking(Voice(voice().locale, hours.zone)):
        if is_open(hours, now):
            closing = next_closing(hours, now)
            return _("Open now") if closing is None else _("Open until %(when)s") % {"when": clock_time(closing)}
        opening = next_opening(hours, now)
        return _("Closed for now") if opening is None else _("Closed until %(when)s") % {"when": _when(opening, now, hours.zone)}


def check_hours(hours: Hours) -> dict[str, str]:
    """For each wrong field (`hours`, `closed_days`, `zone`) one sentence that says what to do."""
    wrong: dict[str, str] = {}
    if len(hours.days) not in {0, SOON} or any(len(day) > SPANS or not all(map(_is_span, day)) for day in hours.days):
        wrong["hours"] = say("Write the hours as spans such as 08:00-17:00, for each of the seven days.")
    if len(hours.closed_days) > CLOSED_DAYS or not all(map(_is_date, hours.closed_days)):
        wrong["closed_days"] = say("Write one date per line, such as 2026-12-24.")
    if hours.zone not in zones():
        wrong["zone"] = say("Choose a time zone of the list, such as Europe/Stockholm.")
    return wrong


def read_day(written: str) -> tuple[Span, ...]:
    """The spans of a day as people write them: `8-12, 13:00–17:00`; nothing for a closed day. Raises `HoursWrong`."""
    return tuple(sorted(_read_span(one.strip()) for one in re.split(r"[,;]", written) if one.strip()))


def write_day(spans: Sequence[Span]) -> str:
    """The same, the way it is always written: `08:00–12:00, 13:00–17:00`."""
    return ", ".join(f"{_written(begin)}–{_written(end)}" for begin, end in spans)


def read_week(written: str) -> tuple[tuple[Span, ...], ...]:
    """A whole week in one line: `mon-fri 08:00-17:00; sat 10-14`. Days that are not named are closed. Raises `HoursWrong`."""
    week: list[tuple[Span, ...]] = [()] * SOON
    for part in filter(None, (one.strip().lower() for one in written.split(";"))):
        match = _DAYS_OF.fullmatch(part)
        if match is None:
            raise HoursWrong(say("Write hours as “mon-fri 08:00-17:00; sat 10:00-14:00”, not as “%(part)s”.", part=part[:60]))
        first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
        for number in range(first, last + 1 if last >= first else last + 1 + SOON):
            week[number % SOON] = read_day(match[3])
    return tuple(week)


@cache
def zones() -> frozenset[str]:
    """Every time zone that this machine knows."""
    return frozenset(available_timezones())


def _stretches(hours: Hours, now: int, days: int) -> Iterator[tuple[int, int]]:
    """What is open from yesterday on, in order of its beginning; stretches may touch and overlap."""
    zone, closed = _zone(hours.zone), frozenset(hours.closed_days)
    today = _wall(now, hours.zone).date()
    for number in range(-1, days + 1):
        day = today + dt.timedelta(days=number)
        midnight = dt.datetime.combine(day, dt.time())
        for begin, end in hours.days[day.weekday()] if day.isoformat() not in closed else ():
            tomorrow_counts = (day + dt.timedelta(days=1)).isoformat() not in closed
            last = end if end > begin else DAY_MINUTES + end * tomorrow_counts
            first, until = (midnight + dt.timedelta(minutes=minute) for minute in (begin, last))
            yield _instant(first, zone, 0), _instant(until, zone, 1)


def _instant(wall: dt.datetime, zone: ZoneInfo, fold: int) -> int:
    """When the clock on the wall shows a time, the first (0) or the last (1) time that it does; the turn for one that is left out."""
    there = wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)
    if there.astimezone(zone).replace(tzinfo=None) != wall:
        there = _turn(wall, zone)
    return (there - _EPOCH) // _MICROSECOND


def _turn(wall: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The second at which the clock is turned past a time that it never shows."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (1, 0))
    offset = before.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after


def _wall(now: int, zone: str) -> dt.datetime:
    return (_EPOCH + now * _MICROSECOND).astimezone(_zone(zone)).replace(tzinfo=None)


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _when(opening: int, now: int, zone: str) -> str:
    there, here = (_wall(instant, zone).date() for instant in (opening, now))
    if there == here:
        return clock_time(opening)
    if (there - here).days == 1:
        return _("tomorrow %(time)s") % {"time": clock_time(opening)}
    return weekday_and_time(opening) if (there - here).days < SOON else moment_of_week(opening, now)


def _is_span(span: Span) -> bool:
    begin, end = span
    return 0 <= begin < DAY_MINUTES and 0 <= end <= DAY_MINUTES and begin != end


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _read_span(written: str) -> Span:
    match = _SPAN.fullmatch(written)
    begin, end = (_minutes(match[one], match[one + 1]) for one in (1, 3)) if match else (-1, -1)
    if begin == end == 0:
        end = DAY_MINUTES
    if not _is_span((begin, end)):
        raise HoursWrong(say("“%(span)s” is no span of time. Write it as 08:00-17:00; a whole day is 00:00-24:00.", span=written[:40]))
    return begin, end


def _minutes(hour: str, minute: str | None) -> int:
    minutes = int(minute or 0)
    return int(hour) * 60 + minutes if minutes < 60 else -1


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
