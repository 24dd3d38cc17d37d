"""Quiet hours on the clock of a zone, over the nights in which it is changed.."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sluss.notifications.quiet import Quiet, next_hour, quiet_from, quiet_until, until_of

STOCKHOLM = "Europe/Stockholm"
NIGHTS = dict.fromkeys(range(7), (22 * 60, 7 * 60))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-20T21:59+01:00", None),
        ("2026-11-20T22:00+01:00", "2026-11-21T07:00+01:00"),
        ("2026-11-21T06:59+01:00", "2026-11-21T07:00+01:00"),
        ("2026-11-21T07:00+01:00", None),
        # The night is an hour shorter, then an hour longer: it ends when the clock on the wall shows seven.
        ("2027-03-27T23:00+01:00", "2027-03-28T07:00+02:00"),
        ("2026-10-25T02:30+02:00", "2026-10-25T07:00+01:00"),
        ("2026-10-25T02:30+01:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_a_night_ends_by_the_clock_on_the_wall(now: str, until: str | None) -> None:
    assert quiet_until(Quiet(STOCKHOLM, NIGHTS), at(now)) == (at(until) if until else None)


def test_a_window_in_the_missing_hour_is_a_window_all_the_same() -> None:
    quiet = Quiet(STOCKHOLM, {6: (2 * 60 + 15, 4 * 60)})
    assert quiet_until(quiet, at("2027-03-28T03:30+02:00")) == at("2027-03-28T04:00+02:00")


def test_windows_that_meet_count_as_one_and_a_choice_of_now_outlasts_them() -> None:
    weekend = Quiet(STOCKHOLM, {4: (17 * 60, 0), 5: (0, 0), 6: (0, 20 * 60)})
    assert quiet_until(weekend, at("2026-11-20T17:30+01:00")) == at("2026-11-22T20:00+01:00")
    hushed = Quiet(STOCKHOLM, NIGHTS, at("2026-11-21T08:00+01:00"))
    assert quiet_until(hushed, at("2026-11-20T23:00+01:00")) == at("2026-11-21T08:00+01:00")
    assert quiet_until(Quiet(STOCKHOLM, dict.fromkeys(range(7), (0, 0))), at("2026-11-20T12:00+01:00")) is not None


def test_the_next_quiet_the_next_hour_and_words() -> None:
    noon = at("2026-10-24T12:00+02:00")
    assert quiet_from(Quiet(STOCKHOLM, NIGHTS), noon) == at("2026-10-24T22:00+02:00")
    assert next_hour(STOCKHOLM, 8, noon) == at("2026-10-25T08:00+01:00")
    ends = {word: until_of(word, STOCKHOLM, noon) for word in ("hour", "evening", "tomorrow", "monday", "off")}
    assert ends == {
        "hour": at("2026-10-24T13:00+02:00"),
        "evening": at("2026-10-24T18:00+02:00"),
        "tomorrow": at("2026-10-25T08:00+01:00"),
        "monday": at("2026-10-26T08:00+01:00"),
        "off": noon,
    }
