"""winmail.dat, in which Outlook wraps a mail (MS-OXTNEF). In: its bytes. Out: the files and the text in it, or None when it is broken.

Reads what is needed and walks the bytes once: counts inside such a file are claims of its sender.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from sluss.channels.email.reading.charsets import clean_text, decode_bytes

SIGNATURE = b"\x78\x9f\x3e\x22"
MEDIA_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
OBJECTS = 4_000
PROPERTIES = 1_000

_ATTACHMENT_BEGINS, _TITLE, _DATA, _ATTACHMENT_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_BODY, _MESSAGE_PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_LONG_NAME, _CONTENT_ID, _HTML, _PLAIN = 0x3707, 0x3712, 0x1013, 0x1000
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8, 0x0040: 8, 0x0048: 16}
_COUNTED = {0x000D, 0x001E, 0x001F, 0x0102}
_UNICODE = 0x001F
_NAMED = 0x8000
_SEVERAL = 0x1000


class Wrapped(msgspec.Struct):
    """One file that was wrapped; the name is not cleaned yet."""

    name: str = ""
    data: bytes = b""
    content_id: str = ""


class Unwrapped(msgspec.Struct):
    """What a winmail.dat holds. `text` and `html` are empty where it says nothing or says it in RTF."""

    files: list[Wrapped] = []
    text: str = ""
    html: str = ""
    charset: str = ""


def unwrap(data: bytes) -> Unwrapped | None:
    """Take a winmail.dat apart; None when it is none, or when it is cut."""
    if not data.startswith(SIGNATURE):
        return None
    found = Unwrapped()
    try:
        for name, content in _objects(data):
            _take(found, name, content)
    except (struct.error, IndexError, ValueError):
        return None
    found.files = [one for one in found.files if one.data]
    return found


def _objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each object's number and content: level (1), number (2), type (2), length (4), content, checksum (2)."""
    at = 6
    for _ in range(OBJECTS):
        if at + 11 > len(data):
            return
        name, _type, length = struct.unpack_from("<xHHI", data, at)
        if at + 9 + length > len(data):
            raise ValueError
        yield name, data[at + 9 : at + 9 + length]
        at += 11 + length
    raise ValueError


def _take(found: Unwrapped, name: int, content: bytes) -> None:
    if name == _ATTACHMENT_BEGINS:
        found.files.append(Wrapped())
    elif name == _CODEPAGE:
        found.charset = f"cp{struct.unpack_from('<I', content)[0]}"
    elif name == _BODY:
        found.text = _text(content, found.charset)
    elif name == _MESSAGE_PROPERTIES:
        _take_body(found, content)
    elif found.files:
        _take_file(found.files[-1], name, content, found.charset)


def _take_body(found: Unwrapped, content: bytes) -> None:
    for number, kind, value in _properties(content):
        if number == _HTML:
            found.html = _text(value, "utf-16-le" if kind == _UNICODE else found.charset)
        elif number == _PLAIN and not found.text:
            found.text = _text(value, "utf-16-le" if kind == _UNICODE else found.charset)


def _take_file(file: Wrapped, name: int, content: bytes, charset: str) -> None:
    if name == _DATA:
        file.data = content
    elif name == _TITLE:
        file.name = file.name or _text(content, charset)
    elif name == _ATTACHMENT_PROPERTIES:
        for number, kind, value in _properties(content):
            if number in {_LONG_NAME, _CONTENT_ID}:
                text = _text(value, "utf-16-le" if kind == _UNICODE else charset)
                file.name, file.content_id = (text, file.content_id) if number == _LONG_NAME else (file.name, text)


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, kind and first value of each property, up to the first that is in no known form."""
    (count,) = struct.unpack_from("<I", data)
    at = 4
    for _ in range(min(count, PROPERTIES)):
        kind, number = struct.unpack_from("<HH", data, at)
        at = _after_name(data, at + 4) if number >= _NAMED else at + 4
        base = kind & ~_SEVERAL
        if base in _FIXED and not kind & _SEVERAL:
            at += _FIXED[base]
            continue
        if base not in _COUNTED:
            return
        values, at = struct.unpack_from("<I", data, at)[0], at + 4
        for turn in range(min(values, PROPERTIES)):
            (length,) = struct.unpack_from("<I", data, at)
            if at + 4 + length > len(data):
                return
            if turn == 0:
                yield number, base, data[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4


def _after_name(data: bytes, at: int) -> int:
    """Where a property's name of its own ends: 16 bytes of whose it is, then a number or a word."""
    (kind,) = struct.unpack_from("<I", data, at + 16)
    if kind == 0:
        return at + 24
    (length,) = struct.unpack_from("<I", data, at + 20)
    return at + 24 + length + -length % 4


def _text(value: bytes, charset: str) -> str:
    return clean_text(decode_bytes(value, charset)).rstrip("\0").strip()
