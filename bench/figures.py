"""A figure beside its limit. In: what was measured. Out: a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """`limit` binds it on this machine in the same run (None where there is none); `bound` is what it must keep, `fits` whether it does."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    bound: str = ""
    fits: bool | None = None


def as_table(figures: Sequence[Figure]) -> str:
    """Markdown, one line each."""
    lines = ["| measure | figure | limit of the same run | ratio | must be |", "| --- | ---: | --- | ---: | --- |"]
    return "\n".join(lines + [_line(one) for one in figures])


def _line(one: Figure) -> str:
    limit = f"{_number(one.limit)} {one.unit} ({one.limit_name})" if one.limit else ""
    ratio = f"{one.value / one.limit:.2f}" if one.limit else ""
    mark = {True: "", False: " **missed**", None: ""}[one.fits]
    return f"| {one.name} | {_number(one.value)} {one.unit} | {limit} | {ratio} | {one.bound}{mark} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
