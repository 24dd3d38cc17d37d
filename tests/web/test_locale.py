"""Which language a reader gets."""

from __future__ import annotations

import pytest

from sluss.web.locale import Voice, choose, gettext, ngettext, speaking, voice


@pytest.mark.parametrize(
    ("setting", "header", "chosen"),
    [
        ("pl", "sv", "pl"),
        ("", "sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("", "de, pl;q=0.3, en;q=0.2", "pl"),
        ("", "en;q=0, sv;q=0.1", "sv"),
        ("xx", "", "en"),
        ("", "sv;q=rubbish, *;q=0.5", "en"),
        ("", "," * 5000 + "sv", "en"),
    ],
)
def test_the_setting_counts_then_the_browser(setting: str, header: str, chosen: str) -> None:
    assert choose(setting, header) == chosen


def test_a_voice_ends_with_its_block() -> None:
    with speaking(Voice("pl", "Europe/Warsaw")):
        assert voice().locale == "pl"
    assert voice().locale == "en"


def test_english_needs_no_catalogue() -> None:
    assert gettext("Reply") == "Reply"
    assert [ngettext("%(num)s case", "%(num)s cases", n) for n in (1, 2)] == ["%(num)s case", "%(num)s cases"]
