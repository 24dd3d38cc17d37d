"""How long networks think a text is, and how what is too long is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.channels.counting import Counts, count_length, reserved_for
from sluss.channels.splitting import TooManyParts, split_files, split_text

LONG = "https://example.com/" + "a" * 300
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
LENGTHS: list[tuple[Counts, str, int]] = [
    ("characters", "Hej Åsa 👋🏽", 10),
    ("bytes", "Hej Åsa", 8),
    ("bytes", "👋", 4),
    ("utf16", "👋🏽", 4),
    ("utf16", "Łódź", 4),
    ("x", "", 0),
    ("x", "Hej Åsa, zażółć gęślą jaźń", 26),
    ("x", "cafe\u0301", 4),
    ("x", "Дякуємо", 7),
    ("x", "日本語", 6),
    ("x", "한국어", 6),
    ("x", "👋", 2),
    ("x", "👋🏽", 2),
    ("x", FAMILY, 2),
    ("x", "🇸🇪", 2),
    ("x", "1\ufe0f\u20e3", 2),
    ("x", "❤\ufe0f", 2),
    ("x", "“quoted” – dash", 15),
    ("x", "price €5", 9),
    ("x", "… ok", 5),
    ("x", LONG, 23),
    ("x", f"See {LONG}.", 28),
    ("x", f"({LONG})", 25),
    ("x", "http://a.se", 23),
    ("x", "see kund.se now", 4 + 23 + 4),
    ("x", "anna@example.com", 16),
    ("x", "Version 1.2.3 av e.g. detta", 27),
    ("x", "@sluss", 6),
    ("mastodon", f"See {LONG}.", 28),
    ("mastodon", "@anna@example.social hej", 9),
    ("mastodon", "@a.b_c@sub.example.social", 6),
    ("mastodon", "anna@example.social", 19),
    ("mastodon", f"{FAMILY}日本", 3),
    ("mastodon", "kund.se", 7),
]


def test_every_network_counts_in_its_own_way() -> None:
    """What the desk says of a length is what the network will say."""
    assert [(counts, text, count_length(text, counts)) for counts, text, _ in LENGTHS] == LENGTHS


def test_room_is_kept_for_the_name_that_a_network_wants_in_an_answer() -> None:
    assert (reserved_for("anna@example.social", "mastodon"), reserved_for("123", "x"), reserved_for("", "mastodon")) == (6, 0, 0)


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert split_text("Hej  där\n", 280, "x") == ("Hej  där\n",)


def test_a_text_is_cut_between_sentences_then_words_then_characters() -> None:
    sentences = "This is the first sentence. " * 4
    parts = split_text(sentences, 100, "characters")
    assert parts == (
        "This is the first sentence. This is the first sentence. This is the first sentence. (1/2)",
        "This is the first sentence. (2/2)",
    )
    assert split_text("aa bb cc dd", 10, "characters") == ("aa (1/4)", "bb (2/4)", "cc (3/4)", "dd (4/4)")
    first, *_rest = split_text(FAMILY * 30, 40, "characters")
    assert first == f"{FAMILY * 6} (1/5)"
    paragraphs = f"{'Word ' * 9}end\n\n{'word ' * 14}end"
    assert split_text(paragraphs, 80, "characters")[0] == f"{'Word ' * 9}end (1/2)"


def test_an_address_is_never_cut_and_numbers_of_two_digits_find_room() -> None:
    parts = split_text(f"{'hej ' * 60}{LONG} {'då ' * 20}", 280, "x")
    assert sum(LONG in part for part in parts) == 1
    many = split_text("ord " * 200, 60, "characters")
    assert len(many) == 16
    assert many[0].endswith(" (1/16)")


def test_what_would_be_a_book_is_refused() -> None:
    with pytest.raises(TooManyParts):
        split_text("ord " * 3_000, 280, "x")


@given(st.text(st.sampled_from("ab .!\n👋ł日é"), max_size=700), st.sampled_from(["characters", "bytes", "utf16", "x", "mastodon"]))
def test_no_part_is_too_long_and_nothing_is_lost(text: str, counts: Counts) -> None:
    try:
        parts = split_text(text, 90, counts)
    except TooManyParts:
        return
    assert all(count_length(part.strip(), counts) <= 90 for part in parts)
    marks = [f" ({number}/{len(parts)})" for number in range(1, len(parts) + 1)] if len(parts) > 1 else [""]
    assert "".join("".join(part.removesuffix(mark).split()) for part, mark in zip(parts, marks, strict=True)) == "".join(text.split())


def test_files_go_so_many_at_once() -> None:
    assert split_files([1, 2, 3, 4, 5], 2) == [(1, 2), (3, 4), (5,)]
    assert split_files([1, 2], None) == [(1, 2)]
    assert split_files([], 4) == []
