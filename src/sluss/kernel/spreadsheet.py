"""Tables for spreadsheets, as CSV. In: rows. Out: bytes in which no cell is a formula, whatever somebody wrote into it (T100)."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

FORMULA = "=+-@|%\t\r\n"


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table in UTF-8 with the mark by which spreadsheets know it; every cell quoted."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, quoting=csv.QUOTE_ALL)
    writer.writerows([[safe_cell(one) for one in row] for row in [head, *rows]])
    return b"\xef\xbb\xbf" + page.getvalue().encode()


def safe_cell(value: object) -> str:
    """A value as text; one that a spreadsheet would run begins with an apostrophe. Numbers stay numbers."""
    text = "" if value is None else str(value)
    if isinstance(value, int | float):
        return text
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return f"'{text}" if (first and first in FORMULA) or (text[:1] in FORMULA[-3:] and text[:1]) else text
