"""Whether a colour can carry text. In: `#rrggbb`. Out: the colour of the text on it (WCAG 2.2, contrast of 4.5 to 1)."""

from __future__ import annotations

import re

WHITE = "#ffffff"
DARK = "#14171a"
ENOUGH = 4.5

_COLOUR = re.compile(r"#[0-9a-f]{6}")


def is_colour(text: str) -> bool:
    """Whether it is written as # and six digits, in lower case."""
    return _COLOUR.fullmatch(text) is not None


def text_on(colour: str) -> str:
    """White, else the dark that can be read on a colour; empty when neither can."""
    return next((one for one in (WHITE, DARK) if contrast(one, colour) >= ENOUGH), "")


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
