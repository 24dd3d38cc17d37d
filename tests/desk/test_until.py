"""When a snoozed case wakes: words of three languages, over summer time and in the company's zone. F41."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.desk.until import understand, when
from sluss.desk.until_reading import Unclear
from sluss.desk.until_words import WORDS
from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.errors import Invalid

STOCKHOLM = "Europe/Stockholm"
SATURDAY = "2026-11-21T14:00"
PHRASES = {
    "2026-11-21T14:30": ["14:30", "14.30", "half an hour", "om en halvtimme", "za pół godziny", "30 min", "30m"],
    "2026-11-21T15:00": [
        "in 1 hour",
        "hour",
        "om en timme",
        "za godzinę",
        "saturday 15",
        "15",
        "3pm",
        "today 15:00",
        "kl 15",
        "o godz. 15",
    ],
    "2026-11-21T15:30": ["in 1.5 hours", "om 1,5 timmar", "za 90 minut", "1h 30min", "za półtorej godziny"],
    "2026-11-21T17:00": ["in 3 hours", "IN THREE HOURS", "om tre timmar", "za trzy godziny", "3h", "later", "senare", "później"],
    "2026-11-21T18:00": ["this evening", "tonight", "i kväll", "ikväll", "dziś wieczorem", "wieczorem", "today", "idag kväll", "6 pm"],
    "2026-11-22T00:00": ["midnight", "24:00", "midnatt", "północ"],
    "2026-11-22T08:00": [
        "tomorrow",
        "i morgon",
        "imorgon",
        "jutro",
        "jutro rano",
        "i morgon bitti",
        "8",
        "tomorrow morning",
        "sunday",
        "niedz",
    ],
    "2026-11-22T09:00": [
        "tomorrow 9",
        "tomorrow at 9",
        "9 tomorrow",
        "i morgon kl 9",
        "i morgon kl. 09.00",
        "jutro o 9",
        "jutro o dziewiątej",
    ],
    "2026-11-22T12:00": ["noon", "lunch", "tomorrow noon", "jutro w południe"],
    "2026-11-22T13:00": ["tomorrow afternoon", "efter lunch", "jutro po południu", "sun 1 pm"],
    "2026-11-22T21:00": ["tomorrow 9pm", "tomorrow 9 in the evening", "i morgon kväll kl 9", "jutro 21:00"],
    "2026-11-23T08:00": [
        *("monday", "mån", "mon", "w poniedziałek", "poniedzialek", "next monday", "nästa måndag", "przyszły poniedziałek", "in 2 days"),
        *("next week", "nästa vecka", "w przyszłym tygodniu", "day after tomorrow", "i övermorgon", "pojutrze", "om två dagar", "za 2 dni"),
        "monday 23 nov",
    ],
    "2026-11-24T09:00": ["the 24th at 9", "den 24:e kl 9", "wt 9", "tisdag 9:00", "in 3 days at 9"],
    "2026-11-27T14:30": [
        "fri 14:30",
        "på fredag 14.30",
        "w piątek 14:30",
        "pt 14:30",
        "until friday 14:30",
        "fredag den 27 november kl 14:30",
    ],
    "2026-11-28T08:00": ["saturday", "på lördag", "w sobotę", "weekend", "i helgen", "in a week", "om en vecka", "za tydzień", "1w"],
    "2026-11-28T09:00": ["saturday 9", "sat 9"],
    "2026-11-29T08:00": ["next sunday", "nästa söndag"],
    "2026-12-01T08:00": ["next month", "nästa månad", "w przyszłym miesiącu", "1st"],
    "2026-12-08T08:00": ["8.12", "8/12", "8 dec"],
    "2026-11-22T08:12": ["kl 8.12", "at 8.12"],
    "2026-12-21T08:00": ["in a month", "om en månad", "za miesiąc"],
    "2026-12-24T08:00": [
        *("24/12", "24.12", "24.12.", "24.12.2026", "2026-12-24", "24 december", "december 24", "24 dec", "24 grudnia", "24 gru"),
        *("the 24th of december", "den 24 december"),
    ],
    "2026-12-24T09:15": ["2026-12-24T09:15", "24/12 9:15", "dec 24 9:15", "24 grudnia o 9:15", "kl 9.15 den 24 december"],
    "2027-01-10T08:00": ["10/1", "10 januari", "10 stycznia"],
    "2028-02-29T08:00": ["29/2"],
}
WRONG = [
    *("", " ", "soon", "snart", "wkrótce", "2026-11-21", "2026-11-21T13:59", "2026-11-21T14:00", "2040-01-01T08:00", "2026-02-30T08:00"),
    *("9" * 40, "25:00", "9:75", "30 feb", "31/11", "in 0 hours", "in 10 years", "today 9", "monday friday", "monday 24 nov", "9 10"),
    *(
        "tomorrow reply",
        "in 2 hours tomorrow",
        "may",
        "next",
        "13 pm",
        "om",
        "0000-01-01",
        "9999-12-31",
        "in 999 months",
        "tomorrow <b>",
        "x" * 500,
    ),
    *("14/13", "1.1.2020", "godz", "at", "pm"),
]


def at(text: str, zone: str = STOCKHOLM) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


def told(instant: int | None) -> str:
    return datetime.fromtimestamp((instant or 0) / SECOND, ZoneInfo(STOCKHOLM)).strftime("%Y-%m-%dT%H:%M")


def test_words_are_times_in_every_language() -> None:
    said = {words: told(when(words, STOCKHOLM, at(SATURDAY))) for phrases in PHRASES.values() for words in phrases}
    assert said == {words: then for then, phrases in PHRASES.items() for words in phrases}


@pytest.mark.parametrize(
    ("words", "now", "then"),
    [
        ("evening", "2026-11-21T19:30", "2026-11-22T18:00"),
        ("evening", "2026-11-21T18:00", "2026-11-22T18:00"),
        ("tomorrow", "2026-11-21T23:59", "2026-11-22T08:00"),
        ("monday", "2026-11-23T07:00", "2026-11-30T08:00"),
        ("monday 9", "2026-11-23T07:00", "2026-11-23T09:00"),
        ("monday 9", "2026-11-23T09:00", "2026-11-30T09:00"),
        ("in a month", "2027-01-31T09:00", "2027-02-28T08:00"),
        ("31st", "2026-11-21T14:00", "2026-12-31T08:00"),
        ("tomorrow", "2026-03-28T20:00", "2026-03-29T08:00"),  # the night summer time begins
        ("tomorrow 2:30", "2026-03-28T20:00", "2026-03-29T03:30"),  # an hour that is left out
        ("tomorrow", "2026-10-24T20:00", "2026-10-25T08:00"),  # the night it ends
    ],
)
def test_words_are_wall_clock_times(words: str, now: str, then: str) -> None:
    assert told(when(words, STOCKHOLM, at(now))) == then


def test_an_hour_is_an_hour_over_the_change() -> None:
    now = at("2026-10-25T02:30")
    assert when("hour", STOCKHOLM, now) == now + HOUR


def test_the_zone_is_the_companys() -> None:
    now = at("2026-11-21T20:00", "UTC")
    assert when("tomorrow", "Pacific/Auckland", now) == at("2026-11-23T08:00", "Pacific/Auckland")
    assert when("tomorrow", "Nowhere/Nothing", now) == at("2026-11-22T08:00", "UTC")


@pytest.mark.parametrize("words", ["until reply", "till svar", "do odpowiedzi", "reply", "the customer answers", "aż klient odpowie"])
def test_an_answer_is_no_time(words: str) -> None:
    assert understand(words, STOCKHOLM, at(SATURDAY)) is None
    with pytest.raises(Invalid):
        when(words, STOCKHOLM, at(SATURDAY))


@pytest.mark.parametrize("words", WRONG)
def test_what_is_no_time_to_come_is_told(words: str) -> None:
    with pytest.raises(Invalid) as refused:
        when(words, STOCKHOLM, at(SATURDAY))
    assert "until" in refused.value.fields


PIECES = st.sampled_from([*WORDS, "1", "9", "24", "31", "9:30", "24.12", "2026-12-24"])


@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=5).map(" ".join)))
def test_whatever_is_written_is_a_time_to_come_or_is_refused(words: str) -> None:
    now = at(SATURDAY)
    try:
        instant = understand(words, STOCKHOLM, now)
    except Unclear:
        return
    assert instant is None or now < instant < at("2031-12-31T00:00")
