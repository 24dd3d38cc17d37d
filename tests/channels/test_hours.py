"""Opening hours: by the clock on the wall, over midnight, on closed days, and when the clock is turned."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.channels.hours import (
    Hours,
    HoursWrong,
    Span,
    check_hours,
    is_open,
    next_closing,
    next_opening,
    opening_sentence,
    read_day,
    read_week,
    write_day,
)
from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND
from sluss.web.locale import Voice, speaking

STOCKHOLM = "Europe/Stockholm"
OFFICE = read_week("mon-fri 08:00-12:00, 13:00-17:00")
TURNS = {
    STOCKHOLM: dt.datetime(2026, 10, 25, tzinfo=dt.UTC),
    "America/Santiago": dt.datetime(2026, 9, 6, tzinfo=dt.UTC),  # midnight is left out
    "Africa/Cairo": dt.datetime(2026, 4, 24, tzinfo=dt.UTC),
    "Australia/Lord_Howe": dt.datetime(2026, 4, 5, tzinfo=dt.UTC),  # by half an hour
    "Atlantic/Azores": dt.datetime(2026, 10, 25, tzinfo=dt.UTC),  # midnight comes twice
    "America/St_Johns": dt.datetime(2010, 11, 7, tzinfo=dt.UTC),  # back over midnight, at one minute past
    "Pacific/Apia": dt.datetime(2011, 12, 30, tzinfo=dt.UTC),  # a day that never was
}


def at(text: str, zone: str = STOCKHOLM, fold: int = 0) -> int:
    """An instant by the clock on a wall."""
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()) * SECOND


def told(hours: Hours, now: str, locale: str = "en") -> str:
    with speaking(Voice(locale, "America/New_York")):
        return opening_sentence(hours, at(now))


def test_a_week_at_an_office() -> None:
    hours = Hours(days=OFFICE, closed_days=("2026-12-24", "2026-12-25"), zone=STOCKHOLM)
    assert told(hours, "2026-11-23T08:00") == "Open until 12:00"
    assert told(hours, "2026-11-23T12:00") == "Closed until 13:00"
    assert told(hours, "2026-11-23T17:00") == "Closed until tomorrow 08:00"
    assert told(hours, "2026-11-27T17:00") == "Closed until Monday 08:00"
    assert told(hours, "2026-12-23T18:00") == "Closed until Monday 08:00"
    assert told(hours, "2026-11-27T17:00", "sv").endswith("måndag 08:00")
    assert told(hours, "2026-11-27T17:00", "pl").endswith("poniedziałek 08:00")


def test_long_holidays_and_hours_that_never_come() -> None:
    every_day = Hours(days=read_week("mon 10-12"), closed_days=tuple(f"2026-12-{day:02}" for day in range(1, 32)), zone=STOCKHOLM)
    assert told(every_day, "2026-11-30T12:00") == "Closed until Monday 4 Jan 2027 10:00"
    never = Hours(days=((),) * 7, zone=STOCKHOLM)
    assert (told(never, "2026-11-30T12:00"), next_opening(never, at("2026-11-30T12:00"))) == ("Closed for now", None)
    assert (told(Hours(), "2026-11-30T12:00"), next_closing(Hours(), 0), next_opening(Hours(), 7)) == ("Open now", None, 7)
    assert told(Hours(days=read_week("mon-sun 0-24")), "2026-11-30T12:00") == "Open now"


def test_a_night_runs_into_the_next_day_but_not_into_a_closed_one() -> None:
    nights = Hours(days=read_week("fri-sat 22-04"), closed_days=("2026-12-26",), zone=STOCKHOLM)
    friday = at("2026-11-27T23:00")
    assert (is_open(nights, friday), next_closing(nights, friday)) == (True, at("2026-11-28T04:00"))
    assert next_closing(nights, at("2026-12-25T23:00")) == at("2026-12-26T00:00")
    assert next_opening(nights, at("2026-12-26T01:00")) == at("2027-01-01T22:00")


def test_an_hour_that_is_left_out_and_one_that_comes_twice() -> None:
    early = Hours(days=read_week("sun 02:30-09:00"), zone=STOCKHOLM)
    assert next_opening(early, at("2026-03-29T00:00")) == at("2026-03-29T03:00")
    nothing = Hours(days=read_week("sun 02:15-02:45; mon 10-11"), zone=STOCKHOLM)
    assert next_opening(nothing, at("2026-03-29T00:00")) == at("2026-03-30T10:00")
    twice = Hours(days=read_week("sun 00:00-02:30"), zone=STOCKHOLM)
    assert next_closing(twice, at("2026-10-25T00:00")) == at("2026-10-25T02:30", fold=1)
    assert next_opening(Hours(days=read_week("sun 02:30-04"), zone=STOCKHOLM), at("2026-10-25T00:00")) == at("2026-10-25T02:30")


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[Span, ...], ...]:
    minutes = st.integers(0, 24 * 4).map(lambda quarter: quarter * 15)
    span = st.tuples(minutes.filter(lambda one: one < 1440), minutes).filter(lambda one: one[0] != one[1])
    return tuple(tuple(sorted(draw(st.lists(span, max_size=2)))) for _ in range(7))


def shown_open(hours: Hours, now: int) -> bool:
    """Whether the clock on the wall shows an hour that is written down."""
    wall = dt.datetime.fromtimestamp(now // SECOND, ZoneInfo(hours.zone)).replace(tzinfo=None)
    today, yesterday = wall.date(), wall.date() - dt.timedelta(days=1)
    minute = wall.hour * 60 + wall.minute
    if today.isoformat() in hours.closed_days:
        return False
    late = () if yesterday.isoformat() in hours.closed_days else hours.days[yesterday.weekday()]
    return any(begin <= minute and (minute < end or end < begin) for begin, end in hours.days[today.weekday()]) or any(
        minute < end < begin for begin, end in late
    )


def is_turned_back(now: int, zone: str) -> bool:
    """Within a day and a half of a turn at which hours come twice."""
    offsets = [dt.datetime.fromtimestamp((now + step) // SECOND, ZoneInfo(zone)).utcoffset() for step in range(-36 * HOUR, 36 * HOUR, HOUR)]
    return any(before is not None and after is not None and after < before for before, after in itertools.pairwise(offsets))


@given(week=weeks(), zone=st.sampled_from(sorted(TURNS)), hour=st.integers(-72, 72), minute=st.integers(0, 59), closed=st.integers(-3, 3))
def test_it_is_open_when_the_clock_on_the_wall_says_so(
    week: tuple[tuple[Span, ...], ...], zone: str, hour: int, minute: int, closed: int
) -> None:
    """Also around every kind of turn; where an hour comes twice, it may be open for longer, never for less."""
    turn = TURNS[zone] + dt.timedelta(hours=hour, minutes=minute)
    now = round(turn.timestamp()) * SECOND
    hours = Hours(days=week, closed_days=((turn + dt.timedelta(days=closed)).date().isoformat(),), zone=zone)
    if is_turned_back(now, zone):
        assert is_open(hours, now) or not shown_open(hours, now)
    else:
        assert is_open(hours, now) == shown_open(hours, now)


@given(week=weeks(), zone=st.sampled_from(sorted(TURNS)), hour=st.integers(-72, 72))
def test_the_next_turn_of_the_sign_on_the_door_is_the_first(week: tuple[tuple[Span, ...], ...], zone: str, hour: int) -> None:
    now = round(TURNS[zone].timestamp() + hour * 3600) * SECOND
    hours = Hours(days=week, zone=zone)
    if is_open(hours, now):
        assert next_opening(hours, now) == now
        turn = next_closing(hours, now)
    else:
        turn = next_opening(hours, now)
        assert next_closing(hours, now) is None
    between = range(now, turn if turn is not None else now + 6 * DAY, 5 * MINUTE)
    assert {is_open(hours, one) for one in between} <= {is_open(hours, now)}
    assert turn is None or is_open(hours, turn) != is_open(hours, now)


@pytest.mark.parametrize(
    ("written", "spans"),
    [
        ("8-12, 13.00 – 17:00", "08:00–12:00, 13:00–17:00"),
        ("0-0", "00:00–24:00"),
        ("22:30-6;", "22:30–06:00"),
        (" ", ""),
    ],
)
def test_spans_as_people_write_them(written: str, spans: str) -> None:
    assert write_day(read_day(written)) == spans
    assert read_day(spans) == read_day(written)


@pytest.mark.parametrize("written", ["8", "8-8", "8-25", "24-8", "8:60-9", "8-9-10", "eight-nine", "8-9 10-11"])
def test_what_is_no_span_is_said(written: str) -> None:
    with pytest.raises(HoursWrong) as wrong:
        read_day(written)
    assert "08:00-17:00" in wrong.value.sentence


def test_a_week_over_its_end_and_what_is_none() -> None:
    assert [bool(day) for day in read_week("SAT-MON 10-14; wed 8-9")] == [True, False, True, False, False, True, True]
    for nonsense in ("monday 8-9", "mon", "mon-fri"):
        with pytest.raises(HoursWrong):
            read_week(nonsense)
    wrong = Hours(days=(((1500, 10),),), closed_days=("2026-02-30", "20261224"), zone="Mars/Olympus")
    assert set(check_hours(wrong)) == {"hours", "closed_days", "zone"}
    assert check_hours(Hours(days=read_week("mon 22-6"), closed_days=("2026-12-24",), zone=STOCKHOLM)) == {}
