"""Files written into the text of a mail, as programs did before MIME. In: a text. Out: the text without them, and the files."""

from __future__ import annotations

import binascii
import re

Written = tuple[str, bytes]
"""A file's name, not cleaned yet, and its content."""

_BEGIN = re.compile(r"begin [0-7]{3,4} (\S.{0,199})")
_LONGEST_LINE = 100


def files_within(text: str) -> tuple[str, list[Written]]:
    """Cut uuencoded files out of a text. What is not encoded soundly to its end stays text."""
    if "\nbegin " not in f"\n{text}":
        return text, []
    lines = text.split("\n")
    kept: list[str] = []
    found: list[Written] = []
    number = 0
    while number < len(lines):
        begins = _BEGIN.fullmatch(lines[number].rstrip())
        data, after = _decoded(lines, number + 1) if begins else (b"", 0)
        if begins and after:
            found.append((begins[1], data))
            number = after
        else:
            kept.append(lines[number])
            number += 1
    return "\n".join(kept), found


def _decoded(lines: list[str], number: int) -> tuple[bytes, int]:
    """The content, and the number of the line after its end; 0 when it is none."""
    pieces: list[bytes] = []
    for at in range(number, len(lines)):
        line = lines[at].rstrip("\r")
        if line.strip() == "end":
            return b"".join(pieces), at + 1 if pieces else 0
        if not line or len(line) > _LONGEST_LINE:
            return b"", 0
        try:
            pieces.append(binascii.a2b_uu(line.encode("ascii")))
        except (binascii.Error, UnicodeError):
            return b"", 0
    return b"", 0
