"""Personal data in what is public. In: a text. Out: where in it a card, a personal number, a booking, a home or a way to somebody stands.

Checksums decide where there are any, words beside the number where there are none: a flight number or a price is no personal datum.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Literal

import msgspec

from sluss.language.numbers import is_card, is_iban, is_national_number

LOOKED_AT = 20_000
NEAR = 40
"""How many characters before a number a word may stand that says what it is."""

Kind = Literal["card", "iban", "national", "booking", "account", "password", "email", "phone", "address", "own"]


class Finding(msgspec.Struct, frozen=True):
    """What stands at `[start, end)`, in characters."""

    kind: Kind
    start: int
    end: int


def find_personal(text: str, shapes: Sequence[str] = ()) -> list[Finding]:
    """Everything that looks like a personal datum, from left to right, without overlaps; what is surer wins.

    `shapes` are a company's own: `SKY-999999` means three letters, a hyphen and six digits (9 a digit, A a capital letter, X either).
    """
    text = text[:LOOKED_AT]
    found: list[Finding] = []
    for one in chain(_own(text, shapes), *(look(text) for look in _LOOKS)):
        if not any(one.start < other.end and other.start < one.end for other in found):
            found.append(one)
    return sorted(found, key=lambda one: one.start)


def masked(text: str, findings: Iterable[Finding]) -> str:
    """The text with everything found made unreadable, as long as it was."""
    for one in findings:
        text = text[: one.start] + "•" * (one.end - one.start) + text[one.end :]
    return text


def digest_of(text: str, findings: Iterable[Finding]) -> str:
    """A short name of exactly what was found: whoever confirms one thing has not confirmed another."""
    said = "\0".join(f"{one.kind}:{text[one.start : one.end]}" for one in findings)
    return hashlib.sha256(said.encode()).hexdigest()[:16] if said else ""


_NUMBER = re.compile(r"(?<![\w.,])\+?\d(?:[ \u00a0\-./]?\d){6,23}(?![\w])")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?!\w)")
_LETTERED = re.compile(
    r"(?<!\w)(?:\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]|\d{8}[A-HJ-NP-TV-Z]|[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]"
    r"|[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D])(?!\w)"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w.,/])(?:\+|00)\d(?:[ \u00a0\-./()]{0,2}\d){7,14}(?!\w)|(?<![\w.,/-])\(?0\d(?:[ \u00a0\-/()]{0,2}\d){6,10}(?!\w)"
)
_POLISH_PHONE = re.compile(r"(?<![\w.,/-])[4-8]\d{2}[ -]\d{3}[ -]\d{3}(?![\w-])")
_REFERENCE = re.compile(r"(?<!\w)(?=[A-Z0-9-]*[A-Z])(?=[A-Z0-9-]*\d|[A-Z]{6}(?!\w))[A-Z0-9][A-Z0-9-]{4,13}(?!\w)|(?<!\w)\d{5,14}(?!\w)")
_STREET = re.compile(
    r"(?<!\w)(?:"
    r"[^\W\d_]{2,30}(?:gatan|vägen|gränd|stigen|torget|allén|plan|backen|straße|strasse|straat|gade|vej|veien|vegen|katu|tie)"
    r"[ ]\d{1,4} ?[A-Za-z]?"
    r"|(?:ul|al|os|pl)\.[ ]?[^\W\d_][^\W\d_.]{1,30}(?: [^\W\d_]{2,30}){0,2}[ ]\d{1,4}[A-Za-z]?(?:[/ ]?(?:m\.)? ?\d{1,4})?"
    r"|\d{1,5}[A-Za-z]? [A-Z][a-z]{1,30}(?: [A-Z][a-z]{1,30}){0,2} (?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Square|Close|Court)\b"
    r")(?!\w)(?:,? ?(?:\d{3} ?\d{2}|\d{2}-\d{3}|\d{4,5})(?!\d))?"
)
_PASSWORD = re.compile(
    r"(?i)(?<!\w)(?:password|passwort|lösenord(?:et)?|hasło|salasana|passord|adgangskode|wachtwoord|pin[- ]?(?:code|kod)?)"
    r"(?:\s{0,5}[:=]\s{0,5}|\s{1,5}(?:is|är|to|ist|er|on)\s{1,5}(?=\S{0,60}[0-9!?#$%&*@]))(\S{4,64})"
)
_BOOKING_WORDS = re.compile(
    r"(?i)(?:booking|reservation|pnr|confirmation|ticket|bokning\w*|biljett\w*|rezerwacj\w*|bilet\w*|buchung\w*|varaus\w*|bestilling\w*|réservation)"
)
_ACCOUNT_WORDS = re.compile(
    r"(?i)(?:account|customer|client|invoice|order|member|contract|passport|kund\w*|konto\w*|faktura\w*|faktur\w*|order\w*|medlem\w*|avtal\w*"
    r"|klient\w*|zamówien\w*|umow\w*|paszport\w*|pass\w*|kunden\w*|rechnung\w*)(?:[ -]?(?:number|no|nr|nummer\w*|numer\w*|id))?\.?"
)  # fmt: skip
_DIGITS = re.compile(r"\d")


def _cards(text: str) -> Iterator[Finding]:
    yield from _numbers(text, "card", is_card)


def _ibans(text: str) -> Iterator[Finding]:
    for one in _IBAN.finditer(text):
        # The words after a number can look like more of it.
        ends = [place for place in range(one.end(), one.start() + 14, -1) if place == one.end() or not text[place].isalnum()]
        end = next((place for place in ends if is_iban(text[one.start() : place])), 0)
        if end:
            yield Finding("iban", one.start(), end)


def _nationals(text: str) -> Iterator[Finding]:
    yield from _numbers(text, "national", is_national_number)
    for one in _LETTERED.finditer(text):
        if is_national_number(one[0]):
            yield Finding("national", *one.span())


def _passwords(text: str) -> Iterator[Finding]:
    return (Finding("password", *one.span(1)) for one in _PASSWORD.finditer(text))


def _emails(text: str) -> Iterator[Finding]:
    return (Finding("email", *one.span()) for one in _EMAIL.finditer(text))


def _addresses(text: str) -> Iterator[Finding]:
    return (Finding("address", *one.span()) for one in _STREET.finditer(text))


def _phones(text: str) -> Iterator[Finding]:
    for one in (*_PHONE.finditer(text), *_POLISH_PHONE.finditer(text)):
        if 8 <= len(_DIGITS.findall(one[0])) <= 15:
            yield Finding("phone", *one.span())


def _references(text: str) -> Iterator[Finding]:
    """Numbers of bookings and accounts are told by the word before them."""
    for one in _REFERENCE.finditer(text):
        before = text[max(0, one.start() - NEAR) : one.start()]
        sentence = (
            before[max(before.rfind(mark) for mark in ".!?\n") + 1 :] if not before.rstrip().lower().endswith(("nr.", "no.")) else before
        )
        if _BOOKING_WORDS.search(sentence):
            yield Finding("booking", *one.span())
        elif _ACCOUNT_WORDS.search(sentence) and _DIGITS.search(one[0]):
            yield Finding("account", *one.span())


_LOOKS: tuple[Callable[[str], Iterator[Finding]], ...] = (
    _ibans,
    _cards,
    _nationals,
    _passwords,
    _emails,
    _references,
    _phones,
    _addresses,
)


def _numbers(text: str, kind: Kind, is_one: Callable[[str], bool]) -> Iterator[Finding]:
    for one in _NUMBER.finditer(text):
        if is_one(one[0]):
            yield Finding(kind, *one.span())


def _own(text: str, shapes: Sequence[str]) -> Iterator[Finding]:
    for shape in shapes[:50]:
        pattern = "".join(_SIGNS.get(sign, re.escape(sign)) for sign in shape[:40])
        if any(sign in _SIGNS for sign in shape):
            yield from (Finding("own", *one.span()) for one in re.finditer(rf"(?<!\w){pattern}(?!\w)", text))


_SIGNS = {"9": "[0-9]", "A": "[A-Z]", "X": "[A-Z0-9]"}
