"""Folding, cleaning and shortening. T74, T105."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.kernel.text import TextTooLong, clean_line, clean_text, fits, fold, graphemes, require_fit, shorten

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Łukasz Żółć Åsa", "lukasz zolc asa"),
        ("Małgorzata Żak", "malgorzata zak"),
        ("ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "zazolc gesla jazn"),
        ("Ångström Ærø Đorđe", "angstrom aero dorde"),
        ("Straße", "strasse"),
        ("A\u030asa", "asa"),
        ("ＦＵＬＬ ﬁne", "full fine"),
        ("İstanbul ısı", "istanbul isi"),
        ("þórr ðagr œuvre", "thorr dagr oeuvre"),
        ("  two \t words\n", "two words"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("Ёлка", "елка"),
        ("한국어", "한국어"),
        ("", ""),
    ],
)
def test_fold_gives_the_searched_form(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters()))
def test_cleaned_text_can_be_stored_and_cleaning_twice_changes_nothing(text: str) -> None:
    """T105: lone surrogates, noncharacters and controls never reach the database."""
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert cleaned.encode("utf-8").decode() == cleaned
    assert "\x00" not in cleaned


def test_bidi_and_zero_width_characters_are_removed_from_names() -> None:
    """T74: a name cannot turn its surroundings around."""
    assert clean_line("Johan\u202e klaF\u2066 \ufeffFalk\u200b") == "Johan klaF Falk"


def test_line_ends_are_unified() -> None:
    assert clean_text("a\r\nb\rc\u2028d\u0085e\tf") == "a\nb\nc\nd\ne\tf"


def test_joiners_of_emoji_and_persian_stay() -> None:
    assert clean_text(FAMILY) == FAMILY
    assert clean_line("می\u200cخواهم") == "می\u200cخواهم"


def test_a_tower_of_marks_is_cut_down() -> None:
    """T105: ten thousand combining marks on one letter."""
    assert len(clean_text("Z" + "\u0335" * 10_000 + "ak")) == 3 + 8


@pytest.mark.parametrize(("text", "count"), [("abc", 3), ("a\u0335b", 2), (FAMILY, 1), ("🇸🇪🇵🇱", 2), ("👍🏽", 1), ("❤\ufe0f", 1), ("", 0)])
def test_graphemes_are_what_a_person_counts(text: str, count: int) -> None:
    assert len(list(graphemes(text))) == count


@given(st.text())
def test_graphemes_lose_nothing(text: str) -> None:
    assert "".join(graphemes(text)) == text


@given(st.text(), st.integers(3, 40), st.integers(1, 20))
def test_shortened_text_fits(text: str, max_bytes: int, max_graphemes: int) -> None:
    text = clean_text(text)
    assert fits(shorten(text, max_bytes=max_bytes, max_graphemes=max_graphemes), max_bytes=max_bytes, max_graphemes=max_graphemes)


def test_shortening_keeps_graphemes_whole_and_says_so() -> None:
    assert shorten("Åsa " + FAMILY, max_bytes=20, max_graphemes=50) == "Åsa…"
    assert shorten("Åsa Lindqvist", max_bytes=99, max_graphemes=5) == "Åsa…"
    assert shorten("Åsa", max_bytes=99, max_graphemes=3) == "Åsa"


def test_a_long_text_is_refused_with_the_limit() -> None:
    """T105: by bytes, and by what a person counts."""
    with pytest.raises(TextTooLong, match="at most 10 bytes"):
        require_fit("x" * 10_000_000, max_bytes=10, max_graphemes=10)
    with pytest.raises(TextTooLong, match="at most 3 characters"):
        require_fit("Ewa N", max_bytes=10, max_graphemes=3)
    assert require_fit("Ewa", max_bytes=10, max_graphemes=3) == "Ewa"
