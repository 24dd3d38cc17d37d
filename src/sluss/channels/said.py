"""Reading what networks say. In: JSON of any form. Out: values of the kind that was asked for, empty where it is another."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import msgspec

_LONGEST = 20


def read_object(raw: bytes | str) -> dict[str, Any] | None:
    """The object that some JSON is; None when it is none."""
    try:
        found: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def an_object(value: object) -> dict[str, Any]:
    """The value, if it is an object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    found = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", one) for one in found if isinstance(one, dict)]


def texts(value: object) -> list[str]:
    """The texts of a list."""
    return [one for one in cast("list[object]", value) if isinstance(one, str)] if isinstance(value, list) else []


def a_text(value: object) -> str:
    """A text, or a whole number as text: ids come as either."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def whole(value: object) -> int:
    """A whole number, which comes as a number or as text; 0 for anything else."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, float):
        return int(value) if abs(value) < 1e18 else 0
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:_LONGEST])
    return value if isinstance(value, int) else 0


def instant(value: object) -> int:
    """Microseconds UTC of seconds, milliseconds or `2026-11-21T12:00:00+0000`; 0 when it is none of them."""
    if isinstance(value, str) and not value.isdigit():
        return _written(value)
    found = whole(value)
    if not 0 < found < 10_000_000_000_000:
        return 0
    return found * (1_000 if found > 100_000_000_000 else 1_000_000)


def _written(text: str) -> int:
    try:
        return max(round(datetime.fromisoformat(text[:40]).timestamp() * 1_000_000), 0)
    except (ValueError, OverflowError, OSError):
        return 0
