"""Values as people read them. T-rows: T66 (hostile text), T74 (marks that turn reading direction)."""

from __future__ import annotations

import pytest

from sluss.web import formats
from sluss.web.locale import Voice, speaking

NOW = 1_795_266_300_000_000


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("{{7*7}}", "{{7*7}}"),
        (
            "se https://a.example/x?y=1&z=2.",
            'se <a href="https://a.example/x?y=1&amp;z=2" target="_blank" rel="noopener noreferrer nofollow">https://a.example/x?y=1&amp;z=2</a>.',
        ),
        (
            'https://a.example/"onmouseover="x',
            '<a href="https://a.example/" target="_blank" rel="noopener noreferrer nofollow">https://a.example/</a>&#34;onmouseover=&#34;x',
        ),
        ("skriv till per@example.se", 'skriv till <a href="mailto:per@example.se">per@example.se</a>'),
    ],
)
def test_plain_text_becomes_safe_html(text: str, html: str) -> None:
    assert str(formats.linkify(text)) == html


def test_a_long_hostile_text_takes_no_time() -> None:
    text = "http://" * 20_000 + "a@" * 20_000
    assert len(str(formats.linkify(text))) >= len(text)


def test_matches_are_marked_and_nothing_else() -> None:
    assert str(formats.marked("<b>\x02Gdańsk\x03</b>")) == "&lt;b&gt;<mark>Gdańsk</mark>&lt;/b&gt;"


@pytest.mark.parametrize(
    ("name", "letters"), [("Åsa Lindqvist", "ÅL"), ("łukasz", "Ł"), ("anna.nowak@poczta.example", "AE"), ("", "?"), ("<b>", "?")]
)
def test_initials(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 B"), (999, "999 B"), (1_234, "1.2 kB"), (88_000, "88 kB"), (20_000_000, "20 MB"), (3_400_000_000, "3.4 GB")]
)
def test_sizes(count: int, told: str) -> None:
    assert formats.size(count) == told


def test_marks_that_turn_text_are_taken_out() -> None:
    assert formats.plain("\u202egnp.exe\u2066\u200f") == "gnp.exe"


def test_times_are_told_in_the_readers_zone_and_language() -> None:
    with speaking(Voice("sv", "Europe/Stockholm")):
        told = str(formats.tick(NOW, "clock"))
    assert 'datetime="2026-11-21T13:05:00Z"' in told
    assert ">14:05<" in told
    assert "21 november 2026" in told


def test_an_unknown_zone_is_told_in_utc() -> None:
    with speaking(Voice("en", "Mars/Olympus")):
        assert formats.short(NOW) == "21 Nov 13:05"
