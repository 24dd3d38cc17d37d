"""The words of times to come, in English, Swedish and Polish, as `fold` leaves them. Out: what each of them says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

Kind = Literal[
    "skip", "at", "in", "reply", "day", "clock", "weekday", "month", "unit", "number", "one", "next", "weekend", "hours", "meridiem"
]

MORNING, NOON, AFTERNOON, EVENING = 8 * 60, 12 * 60, 13 * 60, 18 * 60


class Word(msgspec.Struct, frozen=True):
    """What a word says. `value` is a number of days, minutes of the day, the number of a weekday or month, minutes of a unit."""

    kind: Kind
    value: int = 0


MINUTE, HOUR, DAY, WEEK, MONTH, YEAR = 1, 60, 1440, 10_080, 43_200, 525_600
"""Units by their minutes; from a day on they are steps of the calendar."""

_SKIPPED = (
    "on the of this coming and then until till to kommande denna detta den tills i pa framat "
    "i w we na dnia do az dopiero ten tym ta te when nar gdy kiedy customer kunden klient klientka"
)
_WORDS: dict[Kind, dict[int, str]] = {
    "skip": {0: _SKIPPED},
    "at": {0: "at kl klockan o ok about around ca"},
    "in": {0: "in om za within inom"},
    "reply": {0: "reply replies answer answers svar svarar odpowiedz odpowiedzi odpowie"},
    "day": {
        0: "today idag dzis dzisiaj",
        1: "tomorrow tomorow tmrw tmr imorgon imorron imorn jutro",
        2: "overmorrow overmorgon iovermorgon pojutrze",
    },
    "clock": {
        MORNING: "morning bitti morse formiddag formiddagen rano ranem",
        NOON: "noon midday lunch lunchtime mitt middag poludnie",
        AFTERNOON: "afternoon eftermiddag eftermiddagen",
        EVENING: "evening tonight kvall kvallen ikvall wieczor wieczorem",
        DAY: "midnight midnatt polnoc polnocy",
    },
    "weekday": {
        0: "monday mon mandag man mandagen pon poniedzialek poniedzialku",
        1: "tuesday tue tues tisdag tis tisdagen wt wtorek wtorku",
        2: "wednesday wed onsdag ons onsdagen sr sroda srode srody",
        3: "thursday thu thur thurs torsdag tor tors torsdagen czw czwartek czwartku",
        4: "friday fri fredag fre fredagen pt pia piatek piatku",
        5: "saturday sat lordag lor lordagen sob sobota sobote soboty",
        6: "sunday sun sondag son sondagen nd niedz niedziela niedziele niedzieli",
    },
    "month": {
        1: "january jan januari styczen stycznia sty",
        2: "february feb februari luty lutego lut",
        3: "march mar mars marzec marca",
        4: "april apr kwiecien kwietnia kwi",
        5: "may maj maja",
        6: "june jun juni czerwiec czerwca cze",
        7: "july jul juli lipiec lipca lip",
        8: "august aug augusti sierpien sierpnia sie",
        9: "september sep sept wrzesien wrzesnia wrz",
        10: "october oct oktober okt pazdziernik pazdziernika paz",
        11: "november nov listopad listopada lis",
        12: "december dec grudzien grudnia gru",
    },
    "unit": {
        MINUTE: "m min mins minute minutes minut minuter minuta minuty minute",
        HOUR: "h hr hrs hour hours t tim timme timmar timmen",
        DAY: "d day days dag dagar dygn dzien dni doba doby",
        WEEK: "wk wks week weeks v vecka veckor veckan tydz tydzien tygodnie tygodni tygodniu",
        YEAR: "year years ar rok lata lat",
        MONTH: "mth month months manad manader manaden miesiac miesiace miesiecy miesiacu",
    },
    "number": {
        1: "jeden jedna",
        2: "two tva dwa dwie",
        3: "three tre trzy",
        4: "four fyra cztery",
        5: "five fem piec",
        6: "six sex szesc",
        7: "seven sju siedem",
        8: "eight atta osiem",
        9: "nine nio dziewiec",
        10: "ten tio dziesiec",
        11: "eleven elva jedenascie",
        12: "twelve tolv dwanascie",
    },
    "one": {1: "a an one en ett"},
    "next": {
        0: "next following nasta nastkommande",
        1: "przyszly przyszla przyszle przyszlym przyszlego nastepny nastepna nastepne nastepnym nastepnego",
    },
    "weekend": {0: "weekend helg helgen weekendzie"},
    "hours": {0: "godz godzina godzine godziny godzin godzinie"},
    "meridiem": {0: "am", NOON: "pm"},
}
_HOURS_BY_ORDER = "pierwszej drugiej trzeciej czwartej piatej szostej siodmej osmej dziewiatej dziesiatej jedenastej dwunastej"
_PHRASES: dict[str, Word] = {
    "day after tomorrow": Word("day", 2),
    "i overmorgon": Word("day", 2),
    "i morgon": Word("day", 1),
    "i dag": Word("day", 0),
    "i kvall": Word("clock", EVENING),
    "i eftermiddag": Word("clock", AFTERNOON),
    "pa morgonen": Word("clock", MORNING),
    "in the morning": Word("clock", MORNING),
    "in the afternoon": Word("clock", AFTERNOON),
    "in the evening": Word("clock", EVENING),
    "after lunch": Word("clock", AFTERNOON),
    "efter lunch": Word("clock", AFTERNOON),
    "mitt pa dagen": Word("clock", NOON),
    "po poludniu": Word("clock", AFTERNOON),
    "w poludnie": Word("clock", NOON),
    "o polnocy": Word("clock", DAY),
    "z rana": Word("clock", MORNING),
    "half an hour": Word("unit", 30),
    "half a day": Word("unit", 240),
    "en halvtimme": Word("unit", 30),
    "halvtimme": Word("unit", 30),
    "en halv timme": Word("unit", 30),
    "pol godziny": Word("unit", 30),
    "kwadrans": Word("unit", 15),
    "en kvart": Word("unit", 15),
    "a quarter": Word("unit", 15),
    "poltorej godziny": Word("unit", 90),
    "later": Word("unit", 180),
    "later today": Word("unit", 180),
    "senare": Word("unit", 180),
    "pozniej": Word("unit", 180),
    "morgon": Word("clock", MORNING),
    "morgonen": Word("clock", MORNING),
}


def _all() -> Iterator[tuple[str, Word]]:
    for kind, meanings in _WORDS.items():
        for value, words in meanings.items():
            yield from ((word, Word(kind, value)) for word in words.split())
    for hour, word in enumerate(_HOURS_BY_ORDER.split(), 1):
        yield word, Word("clock", hour * 60)
    yield from _PHRASES.items()


WORDS: dict[str, Word] = dict(_all())
LONGEST = max(len(phrase.split()) for phrase in WORDS)
