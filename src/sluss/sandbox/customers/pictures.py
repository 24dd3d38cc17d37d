"""Files that customers attach: small, made here, and real enough to be opened. In: dice or words. Out: bytes of a PNG or a PDF."""

from __future__ import annotations

import random
import struct
import zlib

WIDE, HIGH = 240, 160
SEAT = 16
SEATS_WIDE, SEATS_HIGH = 20 * SEAT, 7 * SEAT


def make_photo(dice: random.Random) -> bytes:
    """A picture of something out of focus: two blurred shapes on a gradient, as PNG."""
    back, front = (_colour(dice), _colour(dice))
    spots = [(dice.randrange(WIDE), dice.randrange(HIGH), dice.randrange(30, 90)) for _ in range(2)]
    rows = b"".join(b"\0" + bytes(_row(y, back, front, spots)) for y in range(HIGH))
    header = struct.pack(">2I5B", WIDE, HIGH, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")


def make_seats() -> bytes:
    """A seat map with twelve seats marked, far apart, as PNG. Stored plainly: what is small in a mail is taken for an ornament."""
    rows = b"".join(b"\0" + b"".join(_seat_colour(x, y) for x in range(SEATS_WIDE)) for y in range(SEATS_HIGH))
    header = struct.pack(">2I5B", SEATS_WIDE, SEATS_HIGH, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 0)) + _chunk(b"IEND", b"")


def _seat_colour(x: int, y: int) -> bytes:
    column, row = x // SEAT, y // SEAT
    if x % SEAT < 3 or y % SEAT < 3 or row == SEATS_HIGH // SEAT // 2:
        return b"\xf4\xf6\xf7"
    return b"\x04\x74\xa4" if (column * 3 + row * 7) % 10 == 4 else b"\xcf\xd4\xd7"


def _colour(dice: random.Random) -> tuple[int, int, int]:
    return dice.randrange(60, 220), dice.randrange(60, 220), dice.randrange(60, 220)


def _row(y: int, back: tuple[int, int, int], front: tuple[int, int, int], spots: list[tuple[int, int, int]]) -> bytearray:
    """One line of pixels, four alike at a time: quick to make, small to keep."""
    row = bytearray()
    for x in range(0, WIDE, 4):
        near = max(max(0.0, 1 - ((x - cx) ** 2 + (y - cy) ** 2) / (size * size)) for cx, cy, size in spots)
        shade = 0.75 + 0.25 * y / HIGH
        row += bytes(int((b * (1 - near) + f * near) * shade) for b, f in zip(back, front, strict=True)) * 4
    return row[: WIDE * 3]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_document(title: str) -> bytes:
    """A page with a line on it, as PDF."""
    line = title.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    content = b"BT /F1 18 Tf 72 760 Td (" + line + b") Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    return _assemble(objects)


def _assemble(objects: list[bytes]) -> bytes:
    file, places = bytearray(b"%PDF-1.4\n"), list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(file) + end % (len(objects) + 1, table, len(objects) + 1, len(file))
