"""When a snoozed case wakes, over summer time and in the company's zone. F41."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sluss.desk.until import when
from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.errors import Invalid

STOCKHOLM = "Europe/Stockholm"


def at(text: str, zone: str = STOCKHOLM) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("words", "now", "then"),
    [
        ("evening", "2026-11-21T14:00", "2026-11-21T18:00"),
        ("evening", "2026-11-21T19:30", "2026-11-22T18:00"),
        ("evening", "2026-11-21T18:00", "2026-11-22T18:00"),
        ("tomorrow", "2026-11-21T23:59", "2026-11-22T08:00"),
        ("monday", "2026-11-21T14:00", "2026-11-23T08:00"),
        ("monday", "2026-11-23T07:00", "2026-11-30T08:00"),
        ("tomorrow", "2026-03-28T20:00", "2026-03-29T08:00"),  # the night summer time begins
        ("tomorrow", "2026-10-24T20:00", "2026-10-25T08:00"),  # the night it ends
        ("2026-12-01T09:15", "2026-11-21T14:00", "2026-12-01T09:15"),
    ],
)
def test_words_are_wall_clock_times(words: str, now: str, then: str) -> None:
    assert when(words, STOCKHOLM, at(now)) == at(then)


def test_an_hour_is_an_hour_over_the_change() -> None:
    now = at("2026-10-25T02:30")
    assert when("hour", STOCKHOLM, now) == now + HOUR


def test_the_zone_is_the_companys() -> None:
    now = at("2026-11-21T20:00", "UTC")
    assert when("tomorrow", "Pacific/Auckland", now) == at("2026-11-23T08:00", "Pacific/Auckland")
    assert when("tomorrow", "Nowhere/Nothing", now) == at("2026-11-22T08:00", "UTC")


@pytest.mark.parametrize(
    "words", ["", "soon", "2026-11-21", "2026-11-21T13:59", "2026-11-21T14:00", "2040-01-01T08:00", "2026-02-30T08:00", "9" * 40]
)
def test_what_is_no_time_to_come_is_told(words: str) -> None:
    with pytest.raises(Invalid) as told:
        when(words, STOCKHOLM, at("2026-11-21T14:00"))
    assert "until" in told.value.fields
