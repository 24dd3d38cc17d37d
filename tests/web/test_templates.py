"""Every template against its contract, in the source and as rendered. T-rows: T63, T66 (no inline script or style), T6."""

from __future__ import annotations

import re

import pytest

from sluss.web.assets import STATIC, Assets
from sluss.web.templates import SLICES, Templates
from tests.browser import scenes

SOURCES = sorted(SLICES.glob("*/templates/**/*.html"))
TEMPLATES = Templates(Assets())


@pytest.mark.parametrize("name", scenes.SCENES)
def test_a_screen_keeps_the_content_policy(name: str) -> None:
    html = scenes.render(TEMPLATES, scenes.SCENES[name])
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)|javascript:|hx-on|js:", html)


@pytest.mark.parametrize("name", scenes.SCENES)
def test_every_form_that_writes_is_guarded(name: str) -> None:
    html = scenes.render(TEMPLATES, scenes.SCENES[name])
    for form in re.findall(r'<form[^>]*method="post".*?</form>', html, re.DOTALL):
        assert 'name="csrf"' in form
        assert re.search(r'name="op" value="[0-9a-f]{26}"', form)


@pytest.mark.parametrize("name", scenes.SCENES)
def test_no_id_is_given_twice(name: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', scenes.render(TEMPLATES, scenes.SCENES[name]))
    assert sorted(ids) == sorted(set(ids))


def test_every_icon_that_is_shown_exists() -> None:
    there = set(re.findall(r'id="i-([a-z0-9-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    shown = {icon for name in scenes.SCENES for icon in re.findall(r"#i-([a-z0-9-]+)", scenes.render(TEMPLATES, scenes.SCENES[name]))}
    assert shown <= there


def test_hostile_text_stays_text() -> None:
    html = scenes.render(TEMPLATES, scenes.SCENES["envelope"])
    assert "<script>alert(1)</script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in html


def test_nothing_is_marked_safe_but_our_own_words() -> None:
    marked = [found for path in SOURCES for found in re.findall(r"[^{%]*\| safe", path.read_text(encoding="utf-8"))]
    assert [found for found in marked if not re.search(r"'[^']*'(?: | \| )safe|' \| safe", found)] == []


def test_a_first_desk_is_small() -> None:
    import gzip  # noqa: PLC0415 - only measured here

    assert len(gzip.compress(scenes.render(TEMPLATES, scenes.SCENES["desk"]).encode())) <= 20_000
