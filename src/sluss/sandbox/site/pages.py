"""The pages as they are sent. In: who asks for which page, and when. Out: HTML."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec
from babel.dates import format_date, format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sluss.sandbox.site.flights import CITIES, HOME, ROUTES, Flight, departures, find_flights
from sluss.sandbox.site.travellers import TRAVELLERS, Traveller

HERE = Path(__file__).parent
LANGUAGES = ("sv", "en", "pl")
PAGES = {"home": "", "bookings": "bookings", "bags": "bags", "contact": "contact"}
"""By what links call them: what stands in the address after the language."""
MONEY = {"sv": 11.2, "pl": 4.3, "en": 1.0}
"""How many of one's own money a euro costs."""
PLACES = (("GDN", "ARN", "gdansk"), ("KRK", "GOT", "krakow"), ("BGO", "ARN", "bergen"), ("LHR", "ARN", "london"))


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a page. `sluss` is where the chat comes from, `key` which it is; `left` says that somebody has just signed out."""

    page: str
    lang: str
    sluss: str
    key: str
    now: datetime
    traveller: Traveller | None = None
    left: bool = False
    query: Mapping[str, str] = {}


class Search(msgspec.Struct, frozen=True):
    """What was searched for; without `sought` what the form begins with."""

    origin: str
    to: str
    day: str
    count: int
    sought: bool


def render(visit: Visit) -> str:
    """The page."""
    told = texts(visit.lang)
    seen: dict[str, Any] = {"t": told, "cities": told["cities"], "languages": {one: texts(one) for one in LANGUAGES}}
    seen |= {name: getattr(visit, name) for name in Visit.__struct_fields__}
    seen |= {"address": address_in(visit.lang), "minutes": _minutes, "long_day": partial(long_day, lang=visit.lang)}
    seen |= {"price": partial(price, lang=visit.lang), "clock": partial(format_time, format="HH:mm", tzinfo=HOME, locale=visit.lang)}
    seen |= _of_page(visit)
    return _environment().get_template(f"{visit.page}.html").render(seen)


def address_in(lang: str) -> Callable[..., str]:
    """Where a page is, in this language unless another is named."""

    def address(page: str, other: str = lang) -> str:
        return f"/{other}/{PAGES.get(page, '')}"

    return address


def price(euros: int, lang: str) -> str:
    """An amount in the money of a language."""
    amount = round(euros * MONEY[lang])
    grouped = f"{amount:,}".replace(",", "\u202f")
    return str(texts(lang)["kr"]).format(amount=grouped)


def long_day(day: date | str, lang: str) -> str:
    """A day as people say it: `28 November`."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return format_date(found, "d MMMM", locale=lang)


@cache
def texts(lang: str) -> dict[str, Any]:
    """Everything that is said in a language."""
    return tomllib.loads((HERE / "texts" / f"{lang}.toml").read_text(encoding="utf-8"))


def read_search(query: Mapping[str, str], today: date) -> Search:
    """What the form says; what cannot be becomes what it begins with."""
    origin, to = query.get("origin", ""), query.get("to", "")
    origin, to = origin if origin in CITIES else "ARN", to if to in CITIES else "GDN"
    count = query.get("count", "")
    try:
        day = date.fromisoformat(query.get("day", ""))
    except ValueError:
        day = today + timedelta(days=14)
    few = int(count) if count.isdecimal() and len(count) == 1 else 1
    return Search(origin, to, max(day, today).isoformat(), max(few, 1), bool(query.get("origin")))


def booked(traveller: Traveller, now: datetime) -> Flight:
    """The flight that somebody has booked."""
    return find_flights(*traveller.way, now.astimezone(HOME).date() + timedelta(days=traveller.days))[0]


def _minutes(flight: Flight) -> int:
    return int((flight.lands - flight.leaves).total_seconds() // 60)


def _of_page(visit: Visit) -> dict[str, Any]:
    today = visit.now.astimezone(HOME).date()
    if visit.page == "bookings":
        return {"travellers": TRAVELLERS, "flight": booked(visit.traveller, visit.now) if visit.traveller else None}
    if visit.page != "home":
        return {}
    asked = read_search(visit.query, today)
    day = date.fromisoformat(asked.day)
    places = [
        {"to": to, "origin": origin, "picture": picture, "price": min(one.price for one in find_flights(origin, to, day))}
        for to, origin, picture in PLACES
        if (origin, to) in ROUTES
    ]
    flights = find_flights(asked.origin, asked.to, day) if asked.sought else []
    return {"asked": asked, "flights": flights, "places": places, "board": departures(visit.now)}


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(HERE / "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
