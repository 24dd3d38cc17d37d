"""What two messages can have in common. In: a message and its writer. Out: words without greetings, names, numbers, codes, marks.

A mark is a number made of one such thing; equal things make equal marks, so that an index finds who shares one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from hashlib import blake2b

import msgspec

from sluss.channels.handles import is_handle, is_made_up
from sluss.kernel.terms import phones_in
from sluss.kernel.text import fold

READ = 4_000
SHINGLE = 3
SKETCH = 8
MOST = 6
"""Numbers or codes of one message that are kept."""

_WORD = re.compile(r"[^\W_]+")
_CLOSING = re.compile(
    r"(?im)^[ \t>]*(?:--\s*$|_{5,}|(?:med )?v[äa]nlig(?:a|en)? h[äa]lsning|m ?v ?h\b|h[äa]lsningar\b|(?:best|kind|warm)? ?regards\b|"
    r"best wishes|sincerely|cheers,|pozdrawiam|z powa[żz]aniem|skickat fr[åa]n min|sent from my|wys[łl]ano z|get outlook|"
    r"-+ ?(?:original|ursprungligt|forwarded|vidarebefordrat|oryginalna))"
)
_CODE = re.compile(r"(?<![\w@/.-])(?=[A-Z0-9-]*\d)[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w@])")
_NAMED_CODE = re.compile(
    r"(?i:\b(?:pnr|boknings?(?:nummer|kod|nr|ref\w*)?|booking(?: (?:ref(?:erence)?|code|number|no))?|rezerwacj\w+|"
    r"reference|referens|kod|code|ref))[\s.:#-]*(?:is |är |to )?([A-Z][A-Z0-9]{4,7})\b"
)
_FLIGHT = re.compile(r"[A-Z]{2}\d{2,4}|\d[A-Z]\d{2,4}|[A-Z]\d{1,2}|(?:19|20)\d\d(?:-?\d\d-?\d\d)?|\d{1,5}|\d+[A-Z]{1,3}")
_SPLIT = re.compile(r"[^a-z]+")
_NO_NAMES = (
    "info kontakt contact post mail hej kund customer office biuro admin support order faktura service familjen family rodzina no reply"
    " noreply gast guest gosc visitor besokare anonym anonymous"
)
_ROLES = frozenset(_NO_NAMES.split())


class Said(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A message and who wrote it. `contact` is the same for those who are known to be one."""

    contact: int
    name: str
    address: str
    inbox: int
    text: str
    at: int = 0

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What was said, without how it was closed."""
        text = self.text[:READ]
        closing = _CLOSING.search(text)
        kept = text[: closing.start()] if closing and closing.start() > 10 else text
        return tuple(_WORD.findall(fold(kept)))

    @cached_property
    def shingles(self) -> frozenset[str]:
        """Every few words in a row."""
        return frozenset(" ".join(self.words[at : at + SHINGLE]) for at in range(max(len(self.words) - SHINGLE + 1, 0)))

    @cached_property
    def given_name(self) -> str:
        """The name, unless Sluss has made it up."""
        return "" if is_made_up(self.name, self.address) else self.name

    @cached_property
    def full_name(self) -> frozenset[str]:
        """First and last name, where a person has given both; else what the address tells."""
        name = frozenset(one for one in _SPLIT.split(fold(self.given_name)) if len(one) > 1 and one not in _ROLES)
        return name if len(name) > 1 and "@" not in self.given_name else self.local_name if len(self.local_name) > 1 else name

    @cached_property
    def stated_name(self) -> frozenset[str]:
        """The parts of a name that was given as one, not made up as a handle."""
        return self.full_name if " " in self.given_name.strip() and "@" not in self.given_name else frozenset()

    @cached_property
    def local_name(self) -> frozenset[str]:
        """Names in the part of an address before its `@`, or in a handle that somebody has chosen."""
        local = "" if is_handle(self.address) else fold(self.address).partition("@")[0]
        return frozenset(one for one in _SPLIT.split(local) if len(one) > 1 and one not in _ROLES)

    @cached_property
    def phones(self) -> frozenset[str]:
        """Telephone numbers, spelled alike."""
        return frozenset(phones_in(self.text[:READ])[:MOST])

    @cached_property
    def codes(self) -> frozenset[str]:
        """References as companies give them: of a booking, an order, an invoice."""
        return frozenset(list(dict.fromkeys(_codes(self.text[:READ], self.phones)))[:MOST])


def marks_of(said: Said) -> dict[str, int]:
    """Marks by what they are of: `text 0`, `name`, `contact`, `phone …`, `code …`."""
    found = {f"text {place}": mark for place, mark in enumerate(_sketch(said.shingles))}
    if len(said.full_name) > 1:
        found["name"] = _mark("name", " ".join(sorted(said.full_name)))
    found["contact"] = _mark("contact", str(said.contact))
    found |= {f"phone {one}": _mark("phone", one) for one in said.phones}
    return found | {f"code {one}": _mark("code", one) for one in said.codes}


def _codes(text: str, phones: frozenset[str]) -> Iterator[str]:
    for found in _NAMED_CODE.finditer(text):
        yield found[1].upper()
    for found in _CODE.finditer(text):
        code = found.group().replace("-", "")
        if 5 < len(code) <= 16 and not _FLIGHT.fullmatch(found.group()) and not _FLIGHT.fullmatch(code) and not _is_phone(code, phones):
            yield code


def _is_phone(code: str, phones: frozenset[str]) -> bool:
    return code.isdigit() and (
        code.startswith("0") or (len(code) >= 8 and any(one.endswith(code[-8:]) and len(code) > 9 for one in phones))
    )


def _sketch(shingles: frozenset[str]) -> list[int]:
    """The smallest of each of a few ways to hash: two texts share one as often as they share shingles."""
    hashes = [int.from_bytes(blake2b(one.encode(), digest_size=8).digest()) for one in shingles]
    return (
        [min((one * (2 * way + 1) * 0x9E3779B97F4A7C15 ^ (one >> (7 + way))) & _ALL for one in hashes) ^ way for way in range(SKETCH)]
        if hashes
        else []
    )


_ALL = (1 << 63) - 1


def _mark(kind: str, text: str) -> int:
    return int.from_bytes(blake2b(f"{kind} {text}".encode(), digest_size=8).digest()) & _ALL
