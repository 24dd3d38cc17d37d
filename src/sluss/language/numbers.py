"""Numbers that prove themselves. In: a number as somebody wrote it. Out: whether its checksum and its date are right.

Sources: ISO/IEC 7812 (cards), ISO 13616 (IBAN), and the published rules of the national registers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

_APART = re.compile(r"[ \u00a0\-./]")
_CARD_STARTS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|3[0689]|6(?:011|4|5|2|[0-9])")


def is_card(text: str) -> bool:
    """A payment card: 13 to 19 digits that begin as one and pass Luhn; the same digit over and over is none."""
    digits = _APART.sub("", text)
    return (
        digits.isascii()
        and digits.isdecimal()
        and 13 <= len(digits) <= 19
        and len(set(digits)) > 1
        and _CARD_STARTS.match(digits) is not None
        and luhn(digits)
    )


def is_iban(text: str) -> bool:
    """A bank account by ISO 13616, whose remainder by 97 is 1."""
    plain = _APART.sub("", text).upper()
    if not 15 <= len(plain) <= 34 or not plain.isascii() or not plain.isalnum():
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def is_national_number(text: str) -> bool:
    """A personal number of one of the countries known here."""
    return any(is_one(text.strip().upper()) for is_one in _COUNTRIES)


def luhn(digits: str) -> bool:
    """Whether the last digit is right (ISO/IEC 7812)."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _swedish(text: str) -> bool:
    found = re.fullmatch(r"(?:(?:18|19|20))?(\d{2})(\d{2})(\d{2})[-+ ]?(\d{4})", text)
    if found is None:
        return False
    year, month, day, last = found.groups()
    born = int(day) - 60 if int(day) > 60 else int(day)
    return _is_day(2000 + int(year), int(month), born) and luhn(year + month + day + last)


def _polish(text: str) -> bool:
    if not re.fullmatch(r"\d{11}", text):
        return False
    century, month = divmod(int(text[2:4]), 20)
    years = (1900, 2000, 2100, 2200, 1800)
    return _is_day(years[century] + int(text[:2]), month, int(text[4:6])) and _sum(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _norwegian(text: str) -> bool:
    digits = text.replace(" ", "")
    if not re.fullmatch(r"\d{11}", digits):
        return False
    day, month = int(digits[:2]), int(digits[2:4])
    if not _is_day(2000 + int(digits[4:6]), month - 40 if month > 40 else month, day - 40 if day > 40 else day):
        return False
    return _sum(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0 and _sum(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _danish(text: str) -> bool:
    found = re.fullmatch(r"(\d{2})(\d{2})(\d{2})-\d{4}", text)
    return found is not None and _is_day(2000 + int(found[3]), int(found[2]), int(found[1]))


def _finnish(text: str) -> bool:
    found = re.fullmatch(r"(\d{2})(\d{2})(\d{2})[-+A-FU-Y](\d{3})([0-9A-Y])", text)
    if found is None or not _is_day(2000 + int(found[3]), int(found[2]), int(found[1])):
        return False
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(found[1] + found[2] + found[3] + found[4]) % 31] == found[5]


def _spanish(text: str) -> bool:
    return bool(re.fullmatch(r"\d{8}[A-Z]", text)) and "TRWAGMYFPDXBNJZSQVHLCKE"[int(text[:8]) % 23] == text[8]


def _italian(text: str) -> bool:
    if not re.fullmatch(r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", text):
        return False
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    values = [int(one) if one.isdecimal() else ord(one) - ord("A") for one in text[:15]]
    return (sum(odd[one] for one in values[::2]) + sum(values[1::2])) % 26 == ord(text[15]) - ord("A")


def _british(text: str) -> bool:
    plain = text.replace(" ", "")
    return bool(re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", plain)) and plain[:2] not in {
        "BG",
        "GB",
        "KN",
        "NK",
        "NT",
        "TN",
        "ZZ",
    }


def _french(text: str) -> bool:
    digits = text.replace(" ", "")
    if not re.fullmatch(r"[12]\d{14}", digits) or not 1 <= int(digits[3:5]) <= 12:
        return False
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def _american(text: str) -> bool:
    found = re.fullmatch(r"(\d{3})-(\d{2})-(\d{4})", text)
    return found is not None and found[1] not in {"000", "666"} and found[1] < "900" and found[2] != "00" and found[3] != "0000"


_COUNTRIES: Sequence[Callable[[str], bool]] = (
    _swedish,
    _polish,
    _norwegian,
    _danish,
    _finnish,
    _spanish,
    _italian,
    _british,
    _french,
    _american,
)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _sum(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
