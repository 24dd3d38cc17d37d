"""The forms of notifications. In: fields as the templates name them. Out: structs, and the choices they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec

from sluss.kernel.errors import Invalid
from sluss.notifications.kinds import KINDS, WAYS, Kind, Ways
from sluss.notifications.preferences import Alerts, Digest, Sound

Word = Annotated[str, msgspec.Meta(max_length=60)]
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class AlertsForm(msgspec.Struct, frozen=True):
    """`tell` are ticks of the table, as `mentioned:sound`; `start` and `stop` one time for each weekday, empty where nothing is quiet."""

    tell: tuple[Word, ...] = ()
    sound: Sound = "drop"
    volume: Annotated[int, msgspec.Meta(ge=0, le=100)] = 60
    when: Literal["hidden", "always"] = "always"
    repeat: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 0
    zone: Word = ""
    start: tuple[Word, ...] = ()
    stop: tuple[Word, ...] = ()
    digest_pace: Digest = "hourly"
    digest_hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 8
    at_once: Literal["", "on"] = ""
    follow_mentions: Literal["", "on"] = ""
    follow_notes: Literal["", "on"] = ""


class ReadForm(msgspec.Struct, frozen=True):
    """A case's number, or empty for everything."""

    no: Annotated[str, msgspec.Meta(max_length=19)] = ""


class QuietForm(msgspec.Struct, frozen=True):
    """How long nothing is to be heard."""

    until: Literal["hour", "evening", "tomorrow", "monday", "off"]


def alerts_of(form: AlertsForm) -> Alerts:
    """The choices beside the table."""
    return Alerts(
        sound=form.sound,
        volume=form.volume,
        only_hidden=form.when == "hidden",
        repeat_seconds=form.repeat,
        zone=form.zone,
        digest_pace=form.digest_pace,
        digest_hour=form.digest_hour,
        mentions_at_once=form.at_once == "on",
        follow_mentions=form.follow_mentions == "on",
        follow_notes=form.follow_notes == "on",
    )


def ways_of(form: AlertsForm) -> dict[Kind, Ways]:
    """The table. A tick that no table of ours has is refused."""
    known = {f"{kind}:{way}" for kind in KINDS for way in WAYS}
    if set(form.tell) - known:
        raise Invalid({"tell": "Reload the page and try again."})
    return {kind: Ways(**{way: f"{kind}:{way}" in form.tell for way in WAYS}) for kind in KINDS}


def windows_of(form: AlertsForm) -> dict[int, tuple[int, int]]:
    """Quiet hours by weekday, in minutes of the day. Raises `Invalid` for half a window."""
    found: dict[int, tuple[int, int]] = {}
    for day, (start, stop) in enumerate(_pairs(form.start, form.stop)):
        if start or stop:
            found[day] = (_minute(start), _minute(stop))
    return found


def written(windows: Mapping[int, tuple[int, int]], day: int, end: int) -> str:
    """One end of a day's window as a form shows it."""
    minutes = windows.get(day)
    return f"{minutes[end] // 60 % 24:02}:{minutes[end] % 60:02}" if minutes is not None else ""


def _pairs(starts: Sequence[str], stops: Sequence[str]) -> list[tuple[str, str]]:
    if len(starts) != len(stops) or len(starts) > 7:
        raise Invalid({"quiet": "Reload the page and try again."})
    return list(zip(starts, stops, strict=True))


def _minute(clock: str) -> int:
    found = CLOCK.fullmatch(clock)
    if found is None:
        raise Invalid({"quiet": "Quiet hours need a beginning and an end, both as hours and minutes such as 22:00."})
    return int(found[1]) * 60 + int(found[2])
