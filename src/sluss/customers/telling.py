"""Values as people read them. In: what is stored of an attribute, a field of a card. Out: text in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from sluss.cards.contract import DateField, Field, LinkField, MoneyField, StatusField, day_or_instant
from sluss.contacts.attributes import Type
from sluss.customers.screens import CardField
from sluss.web.formats import moment
from sluss.web.locale import gettext as _
from sluss.web.locale import voice

WRITTEN = (
    "sv",
    "pl",
    "en",
    "ar",
    "cs",
    "da",
    "de",
    "el",
    "es",
    "et",
    "fa",
    "fi",
    "fr",
    "he",
    "hi",
    "hu",
    "is",
    "it",
    "ja",
    "ko",
    "lt",
    "lv",
)
ALSO = ("nb", "nl", "no", "pt", "ro", "ru", "sk", "sl", "so", "sr", "th", "ti", "tr", "uk", "vi", "zh")


def shown_value(kind: Type, value: str) -> str:
    """A stored value of an attribute."""
    if not value:
        return ""
    if kind == "number":
        return format_decimal(Decimal(value), locale=_locale())
    if kind == "date":
        return format_date(date.fromisoformat(value), "d MMMM y", locale=_locale())
    if kind == "yesno":
        return _("Yes") if value == "yes" else _("No")
    return value.partition("://")[2] if kind == "link" else value


def show_field(one: Field) -> CardField:
    """A field of a card."""
    if isinstance(one, MoneyField):
        return CardField(label=one.label, text=_money(one))
    if isinstance(one, DateField):
        return CardField(label=one.label, text=_day(one.value))
    if isinstance(one, LinkField):
        return CardField(label=one.label, text=one.value or one.url, href=one.url)
    if isinstance(one, StatusField):
        return CardField(label=one.label, text=one.value, tone=one.tone, chip=True)
    return CardField(label=one.label, text=one.value)


def tongues() -> tuple[tuple[str, str], ...]:
    """Languages that a customer may want, by name."""
    return _tongues(voice().locale)


@cache
def _tongues(locale: str) -> tuple[tuple[str, str], ...]:
    named = [(code, Locale.parse(code).get_display_name(locale) or code) for code in (*WRITTEN, *ALSO)]
    return tuple(sorted(named, key=lambda one: one[1].casefold()))


def _money(one: MoneyField) -> str:
    """Where the language writes the code itself, a space keeps it from the figures."""
    text = format_currency(Decimal(one.value), one.currency, locale=_locale())
    return text.replace(one.currency, f"{one.currency}\N{NO-BREAK SPACE}") if text.startswith(one.currency) else text


def _day(text: str) -> str:
    value = day_or_instant(text)
    if isinstance(value, datetime):
        return moment(int(value.timestamp() * 1_000_000))
    return format_date(value, "EEE d MMMM y", locale=_locale()) if value is not None else text


def _locale() -> str:
    return {"en": "en_GB"}.get(voice().locale, voice().locale)
