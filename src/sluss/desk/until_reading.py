"""Times to come, read. In: words as people say them. Out: `Told`, whatever the time is now, or `Unclear`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import msgspec

from sluss.desk.until_words import DAY, HOUR, LONGEST, MONTH, NOON, WEEK, WORDS, YEAR, Word
from sluss.kernel.errors import Trouble
from sluss.kernel.text import fold

LONGEST_TEXT = 120
_UNIT = r"(?=\s*(?:h|hours?|t|tim|timm\w*|godz\w*)\b)"
_PART = re.compile(
    r"(?P<iso>\d{4}-\d{2}-\d{2})t?|(?P<time>\d{1,2}:\d{2})(?!\d)|"
    rf"(?P<half>\d{{1,2}})[.,]5{_UNIT}|(?P<dotted>\d{{1,2}}[./]\d{{1,2}}(?:[./]\d{{4}})?)\.?(?!\d)|"
    r"(?P<weeks>\d{1,2})w\b|(?P<order>\d{1,2})(?:st|nd|rd|th|:e|:a)\b|(?P<number>\d{1,3})(?!\d)|(?P<word>[a-z]+)|(?P<nothing>[\s,.;]+)"
)


class Unclear(Trouble):
    """Words that name no time to come; the sentence shows how to write one."""

    status = 422

    def __init__(self, sentence: str = "Write a time to come, like “tomorrow 9”, “fri 14:30”, “in 3 hours” or “24 Dec”.") -> None:
        super().__init__(sentence)


class Told(msgspec.Struct):
    """`minutes`, `days` and `months` are steps from now; the rest names a day. `clock` and `part` are minutes of the day."""

    minutes: int = 0
    days: int = 0
    months: int = 0
    day: int | None = None
    weekday: int | None = None
    following: bool = False
    start_of: Literal["", "week", "month", "weekend"] = ""
    year: int | None = None
    month: int | None = None
    of_month: int | None = None
    clock: int | None = None
    part: int | None = None
    reply: bool = False


class _Part(msgspec.Struct, frozen=True):
    """One piece of the text: what kind, its letters, and what a word of ours says."""

    kind: str
    text: str = ""
    word: Word = Word("skip")


def read(words: str) -> Told:
    """What some words say."""
    return _Reader(_parts(words)).read()


def _parts(words: str) -> list[_Part]:
    text = fold(words)
    if len(text) > LONGEST_TEXT:
        raise Unclear
    found: list[_Part] = []
    place = 0
    while place < len(text):
        match = _PART.match(text, place)
        if match is None:
            raise Unclear
        place = match.end()
        kind = str(match.lastgroup)
        if kind != "nothing":
            found.append(_Part(kind, match[kind]))
    return _known(found)


def _known(parts: list[_Part]) -> list[_Part]:
    """Words by what they say, the longest phrase first."""
    known: list[_Part] = []
    place = 0
    while place < len(parts):
        length = next((size for size in range(LONGEST, 0, -1) if _phrase(parts[place : place + size]) in WORDS), 0)
        if length:
            word = WORDS[_phrase(parts[place : place + length])]
            known.append(_Part(word.kind, word=word))
        elif parts[place].kind == "word":
            raise Unclear
        else:
            known.append(parts[place])
        place += length or 1
    return known


def _phrase(parts: list[_Part]) -> str:
    return " ".join(part.text for part in parts) if all(part.kind == "word" for part in parts) else ""


class _Reader:
    """Goes through the parts once; what is said twice, or makes no sense together, is unclear."""

    def __init__(self, parts: list[_Part]) -> None:
        self._parts, self._place, self._told = parts, 0, Told()
        self._inside = False
        self._at = False

    def read(self) -> Told:
        steps: dict[str, Callable[[_Part], None]] = {
            "iso": self._iso,
            "time": self._time,
            "half": self._half,
            "weeks": self._weeks,
            "dotted": self._dotted,
            "number": self._number,
            "order": self._order,
            "one": self._one,
            "next": self._next,
            "unit": self._unit,
            "hours": self._hours,
        }
        while self._place < len(self._parts):
            part = self._parts[self._place]
            self._place += 1
            steps.get(part.kind, self._plain)(part)
            self._at = part.kind == "at" or (part.kind == "hours" and self._at)
        if self._told == Told():
            raise Unclear
        return self._told

    def _plain(self, part: _Part) -> None:
        """Words that say one thing, wherever they stand."""
        field = {"day": "day", "weekday": "weekday", "month": "month", "clock": "part"}.get(part.kind)
        if field:
            self._set(field, part.word.value)
        elif part.kind == "weekend":
            self._set("start_of", "weekend")
        elif part.kind == "reply":
            self._told.reply = True
        elif part.kind == "in":
            self._inside = True
        elif part.kind == "meridiem":
            raise Unclear

    def _iso(self, part: _Part) -> None:
        year, month, day = (int(one) for one in part.text.split("-"))
        self._date(day, month, year)

    def _time(self, part: _Part) -> None:
        hour, minute = (int(one) for one in part.text.split(":"))
        self._clock(hour, minute)

    def _half(self, part: _Part) -> None:
        self._place += 1
        self._step(int(part.text) * 60 + 30, 1)

    def _weeks(self, part: _Part) -> None:
        self._step(int(part.text), WEEK)

    def _dotted(self, part: _Part) -> None:
        """`24/12` and `24.12` are days; `14.30` is a time, and after “at” anything with a point is."""
        day, month, *year = (int(one) for one in re.split(r"[./]", part.text))
        is_time = "/" not in part.text and not year and (self._at or not (1 <= month <= 12 and 1 <= day <= 31))
        if is_time:
            self._clock(day, month)
        else:
            self._date(day, month, year[0] if year else None)

    def _number(self, part: _Part) -> None:
        count = int(part.text) if part.text else part.word.value
        after = self._peek()
        if after.kind == "unit" or (after.kind == "hours" and not self._at):
            self._place += 1
            self._step(count, after.word.value or HOUR)
        elif after.kind == "month":
            self._place += 1
            self._date(count, after.word.value, None)
        elif self._told.month is not None and self._told.of_month is None and not self._at:
            self._told.of_month = count
        else:
            self._clock(count, 0)

    def _order(self, part: _Part) -> None:
        self._set("of_month", int(part.text))

    def _one(self, _part: _Part) -> None:
        after = self._peek()
        if after.kind in {"unit", "hours"}:
            self._place += 1
            self._step(1, after.word.value or HOUR)

    def _unit(self, part: _Part) -> None:
        self._step(1, part.word.value)

    def _hours(self, _part: _Part) -> None:
        """Without a number it is one hour from now, or only says that a time of day follows."""
        if self._inside and not self._at:
            self._step(1, HOUR)
        else:
            self._at = True

    def _next(self, _part: _Part) -> None:
        after = self._peek()
        if after.kind == "weekday":
            self._told.following = True
        elif after.kind == "unit" and after.word.value in {DAY, WEEK, MONTH}:
            self._place += 1
            if after.word.value == DAY:
                self._set("day", 1)
            else:
                self._set("start_of", "week" if after.word.value == WEEK else "month")
        elif after.kind != "weekend":
            raise Unclear

    def _step(self, count: int, unit: int) -> None:
        if unit >= MONTH:
            self._told.months += count * (12 if unit == YEAR else 1)
        elif unit >= DAY:
            self._told.days += count * unit // DAY
        else:
            self._told.minutes += count * unit
        if not count:
            raise Unclear

    def _date(self, day: int, month: int, year: int | None) -> None:
        self._set("month", month)
        self._set("of_month", day)
        self._told.year = year

    def _clock(self, hour: int, minute: int) -> None:
        after = self._peek()
        if after.kind == "meridiem":
            self._place += 1
            if not 1 <= hour <= NOON // HOUR:
                raise Unclear
            hour = hour % 12 + after.word.value // HOUR
        if hour > 24 or minute > 59 or (hour == 24 and minute):
            raise Unclear
        self._set("clock", hour * HOUR + minute)

    def _set(self, name: str, value: object) -> None:
        if getattr(self._told, name) not in {None, ""}:
            raise Unclear
        setattr(self._told, name, value)

    def _peek(self) -> _Part:
        return self._parts[self._place] if self._place < len(self._parts) else _Part("end")
