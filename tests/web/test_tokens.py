"""Contrast of every pair of colours in use, in both themes (ux 5.2; WCAG 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re

import pytest

from sluss.web.assets import STATIC

TEXTS = {
    "text-2": ("surface", "bg", "selected", "hover", "bubble-out", "note-bg"),
    "text-3": ("surface", "bg", "selected", "hover"),
    "on-brand": ("brand", "brand-hi"),
    "link": ("surface", "bg", "selected"),
    "ok-fg": ("ok-bg",),
    "warn-fg": ("warn-bg", "note-bg", "surface"),
    "bad-fg": ("bad-bg", "surface"),
    "on-warn": ("warn-solid",),
    "on-bad": ("bad-solid",),
    "on-public": ("public",),
    "public-fg": ("public-bg", "surface", "selected", "bg"),
    "text": ("surface", "bg", "selected", "hover", "bubble-out", "note-bg", "public-bg"),
}
SHAPES = {
    "focus": ("surface", "bg", "selected"),
    "line-strong": ("surface", "bg"),
    "bad-solid": ("surface",),
    "brand": ("surface",),
    "public": ("surface",),
}
PAIRS = [
    *((front, back, 4.5) for front, backs in TEXTS.items() for back in backs),
    *((front, back, 3.0) for front, backs in SHAPES.items() for back in backs),
]
TOKENS = dict(re.findall(r"--([\w-]+): ([^;]+);", (STATIC / "tokens.css").read_text(encoding="utf-8").partition(":root[data-theme")[0]))


def _colour(value: str, theme: int) -> str:
    value = value.strip()
    if value.startswith("light-dark("):
        return _colour(re.split(r",(?![^(]*\))", value[len("light-dark(") : -1])[theme], theme)
    if value.startswith("var("):
        return _colour(TOKENS[value[6:-1]], theme)
    return value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:])


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_a_pair_of_colours_can_be_told_apart(front: str, back: str, least: float, theme: int) -> None:
    lights = sorted(_luminance(_colour(TOKENS[name], theme)) for name in (front, back))
    assert (lights[1] + 0.05) / (lights[0] + 0.05) >= least
