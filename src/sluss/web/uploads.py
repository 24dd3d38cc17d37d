"""Files as people bring and fetch them. In: names and bytes from outside. Out: harmless names, true media types, headers of a download.

A name is for reading only: what is stored is named by its content. A type is what the first bytes say, never what somebody claims.
"""

from __future__ import annotations

import mimetypes
import re
import struct
import unicodedata

import msgspec

from sluss.kernel.text import clean_line, shorten

NAME = 120
EXTENSION = 16
PIXELS = 40_000_000
HEAD = 262_144
NEUTRAL = "application/octet-stream"
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_OFFICE = r"pdf|rtf|msword|zip|json|vnd\.(?:openxmlformats|oasis|ms-)[\w.+-]*"
_TOLD_BY_NAME = re.compile(rf"application/(?:{_OFFICE})|text/(?:plain|csv|calendar|vcard)|audio/\w+|video/\w+")


class Picture(msgspec.Struct, frozen=True):
    """What the first bytes of a raster picture say about it; 0 by 0 where they do not say."""

    media_type: str
    width: int = 0
    height: int = 0

    @property
    def is_bounded(self) -> bool:
        """Whether a browser can decode it without harm."""
        return 0 < self.width * self.height <= PIXELS


def clean_name(name: str) -> str:
    """A file's name for people: normalised, then without folders, controls, hidden dots and names that systems keep for themselves."""
    line = clean_line(unicodedata.normalize("NFKC", name))
    last = _FORBIDDEN.sub("_", re.split(r"[/\\]", line)[-1]).strip(". ")
    if not last:
        return "file"
    if _RESERVED.fullmatch(last):
        last = f"_{last}"
    stem, dot, extension = last.rpartition(".")
    if not dot or len(extension) > EXTENSION:
        return shorten(last, max_bytes=NAME * 2, max_graphemes=NAME, end="")
    return shorten(stem, max_bytes=NAME * 2, max_graphemes=NAME, end="") + "." + extension


def media_type_of(head: bytes, name: str) -> str:
    """A true picture's type by its bytes, else a harmless document's by its name, else the neutral one."""
    picture = read_picture(head)
    if picture is not None:
        return picture.media_type
    guessed = mimetypes.guess_type(name, strict=True)[0] or ""
    return guessed if _TOLD_BY_NAME.fullmatch(guessed) else NEUTRAL


def read_picture(head: bytes) -> Picture | None:
    """The picture that bytes begin, or None for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        return Picture("image/png", *struct.unpack(">II", head[16:24]))
    if head[:6] in {b"GIF87a", b"GIF89a"} and len(head) >= 10:
        return Picture("image/gif", *struct.unpack("<HH", head[6:10]))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head)
    return _jpeg(head) if head[:3] == b"\xff\xd8\xff" else None


def disposition(name: str, *, inline: bool) -> str:
    """The header that gives a download its name, for old and new browsers; nothing in it can end the header."""
    kind = "inline" if inline else "attachment"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()) or "file"
    encoded = "".join(chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else f"%{byte:02X}" for byte in name.encode())
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _webp(head: bytes) -> Picture:
    if head[12:16] == b"VP8X" and len(head) >= 30:
        return Picture("image/webp", int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1)
    if head[12:16] == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return Picture("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if head[12:16] == b"VP8 " and len(head) >= 30:
        width, height = struct.unpack("<HH", head[26:30])
        return Picture("image/webp", width & 0x3FFF, height & 0x3FFF)
    return Picture("image/webp")


def _jpeg(head: bytes) -> Picture:
    """Walks the segments to the one that says the size."""
    position = 2
    while position + 9 <= len(head) and head[position] == 0xFF:
        mark = head[position + 1]
        if mark == 0xFF:
            position += 1
            continue
        if 0xC0 <= mark <= 0xCF and mark not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", head[position + 5 : position + 9])
            return Picture("image/jpeg", width, height)
        position += 2 + int.from_bytes(head[position + 2 : position + 4], "big")
    return Picture("image/jpeg")
