"""Personal data in public texts: what must be found, what must be left alone, and that no text takes long. T102, T105."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sluss.language.guard import digest_of, find_personal, masked
from sluss.language.numbers import is_card, is_iban, is_national_number

FOUND = [
    ("Mitt kort 4111 1111 1111 1111 drogs två gånger", "card", "4111 1111 1111 1111"),
    ("card:5500-0055-5555-5559!", "card", "5500-0055-5555-5559"),
    ("Mitt personnummer är 811218-9876, hjälp", "national", "811218-9876"),
    ("pnr 19811218-9876", "national", "19811218-9876"),
    ("Mój PESEL to 44051401359.", "national", "44051401359"),
    ("Hetu 131052-308T tässä", "national", "131052-308T"),
    ("CPR 070761-4285", "national", "070761-4285"),
    ("DNI 12345678Z", "national", "12345678Z"),
    ("SSN 536-22-1234 pls", "national", "536-22-1234"),
    ("IBAN SE45 5000 0000 0583 9825 7466 tack", "iban", "SE45 5000 0000 0583 9825 7466"),
    ("zwrot na PL61109010140000071219812874", "iban", "PL61109010140000071219812874"),
    ("My booking ABC123 is lost", "booking", "ABC123"),
    ("Bokningsnummer: X7K2QP, ingen svarar", "booking", "X7K2QP"),
    ("rezerwacja numer QWERTY nie działa", "booking", "QWERTY"),
    ("Kundnummer 1029384", "account", "1029384"),
    ("my order no. 558812 never came", "account", "558812"),
    ("numer klienta: 7781234", "account", "7781234"),
    ("password: hunter22!", "password", "hunter22!"),
    ("Hasło: Kot12345", "password", "Kot12345"),
    ("write to anna.berg@example.com now", "email", "anna.berg@example.com"),
    ("Ring mig på 070-123 45 67", "phone", "070-123 45 67"),
    ("call +46 (0)70 123 45 67", "phone", "+46 (0)70 123 45 67"),
    ("proszę dzwonić 601 234 567", "phone", "601 234 567"),
    ("Jag bor på Storgatan 12 B, 411 38 Göteborg", "address", "Storgatan 12 B, 411 38"),
    ("ul. Marszałkowska 10/12, 00-590 Warszawa", "address", "ul. Marszałkowska 10/12, 00-590"),
    ("at 221B Baker Street please", "address", "221B Baker Street"),
]
LEFT_ALONE = [
    *("Flight SK1429 was 3 hours late", "I paid 1 299,00 SEK for it", "The fee is 1.299.000 kr", "See you 2026-11-22 at 14:30"),
    *("Version 1.2.3.4 of the app", "4111 1111 1111 1112 is no card", "0000 0000 0000 0000", "I waited 10000 years", "#case 10482"),
    *("Hej @skylark! Varför är flyg DY4321 inställt?", "Dziękuję za pomoc, lot LO281 był super", "50% off", "ISBN 978-3-16-148410-0"),
    *("Booking is awful", "Your customer service is great", "the password is wrong", "10 000 000 visitors", "kl 8.30-16.30", "24/7"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "part"), FOUND)
def test_what_is_personal_is_found(text: str, kind: str, part: str) -> None:
    assert [(one.kind, text[one.start : one.end]) for one in find_personal(text)] == [(kind, part)]


def test_what_is_not_is_left_alone() -> None:
    assert {text: found for text in LEFT_ALONE if (found := find_personal(text))} == {}


def test_a_company_names_shapes_of_its_own() -> None:
    """A shape is no pattern: nobody can write one that takes long (T102)."""
    text = "See SKY-123456 and SKYX123456, (a+)+$ (9+)+"
    assert [text[one.start : one.end] for one in find_personal(text, ["AAA-999999", "(a+)+$", ""])] == ["SKY-123456"]


def test_what_was_found_is_hidden_and_named_by_a_digest() -> None:
    text = "kort 4111 1111 1111 1111, mejl a@example.com"
    found = find_personal(text)
    assert masked(text, found) == f"kort {'•' * 19}, mejl {'•' * 13}"
    assert (
        digest_of(text, found)
        == digest_of(f"  {text}", find_personal(f"  {text}"))
        != digest_of("b@example.com", find_personal("b@example.com"))
    )
    assert digest_of("nothing", []) == ""


@given(st.text(alphabet="0123456789 -./+@aAåßłulgatanp(٣\u200b", max_size=400))
def test_any_text_is_read(text: str) -> None:
    """T105: findings lie in the text, in order, and never overlap."""
    found = find_personal(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert len(masked(text, found)) == len(text)


def test_long_texts_take_no_longer_than_their_length() -> None:
    """T102: a text of any shape is read in one pass; more than is looked at is not."""
    for piece in ("1 ", "0-", "a.", "@a.", "Ab ", "ul. a", "password ", "12345678-", "SE12 ", "(", "vägen "):
        assert len(find_personal(piece * 20_000)) < 20_000


def test_numbers_prove_themselves() -> None:
    assert is_card("378282246310005")
    assert not is_card("1234567890123")
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB82WEST12345698765433")
    assert not any(map(is_national_number, ("811318-9876", "44051401358", "811218-9875", "131052-308U", "12345678A", "", "٣" * 11)))
