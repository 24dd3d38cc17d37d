"""The tree of a MIME message. In: raw bytes. Out: `Part` values that point into those bytes; nothing is copied before a leaf is read."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

import msgspec

from sluss.channels.contract import Unparsable
from sluss.channels.email.reading import limits
from sluss.channels.email.reading.headers import Headers, parameters
from sluss.kernel.words import say


class Part(msgspec.Struct, frozen=True):
    """One node: its headers, where its body lies in the raw mail, and its children when it is a multipart."""

    raw: bytes
    headers: Headers
    start: int
    end: int
    media_type: str
    params: dict[str, str]
    children: tuple[Part, ...] = ()

    @property
    def disposition(self) -> tuple[str, dict[str, str]]:
        return parameters(self.headers.first("content-disposition"))

    def body(self) -> bytes:
        """The bytes of a leaf, with its transfer encoding undone as far as it can be."""
        encoding = self.headers.first("content-transfer-encoding").strip().lower()
        body = self.raw[self.start : self.end]
        if encoding == "base64":
            return _from_base64(body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        return body


def take_apart(raw: bytes) -> Part:
    """The tree of a whole mail. Raises `Unparsable` when it is larger, deeper or in more pieces than the limits allow."""
    if len(raw) > limits.TOTAL_BYTES:
        raise Unparsable(say("The mail is larger than %(size)s MB.", size=limits.TOTAL_BYTES // 1_048_576))
    return _Splitter(raw).part(0, len(raw), depth=0, default="text/plain")


_HEADER_END = re.compile(rb"\r?\n\r?\n")
_STARTS_EMPTY = re.compile(rb"\r?\n")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")


class _Splitter:
    """Counts what a mail makes us do while it is taken apart."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.parts = 0
        self.scanned = 0

    def part(self, start: int, end: int, *, depth: int, default: str) -> Part:
        self._count(depth)
        headers, body = self._headers(start, end)
        media_type, params = parameters(headers.first("content-type"))
        if not _MEDIA_TYPE.fullmatch(media_type):
            media_type, params = default, {}
        children: tuple[Part, ...] = ()
        if media_type.startswith("multipart/"):
            inner = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
            spans = self._spans(body, end, params.get("boundary", ""))
            children = tuple(self.part(*span, depth=depth + 1, default=inner) for span in spans)
            if not children:
                # A multipart without a single boundary is what broken senders make of plain text: show it rather than lose it.
                media_type, params = "text/plain", {}
        return Part(self.raw, headers, body, end, media_type, params, children)

    def _count(self, depth: int) -> None:
        self.parts += 1
        if self.parts > limits.PARTS:
            raise Unparsable(say("The mail has more than %(number)s parts.", number=limits.PARTS))
        if depth > limits.DEPTH:
            raise Unparsable(say("The parts of the mail are nested deeper than %(number)s levels.", number=limits.DEPTH))

    def _headers(self, start: int, end: int) -> tuple[Headers, int]:
        """The headers of the part that begins at `start`, and where its body begins."""
        blank = _STARTS_EMPTY.match(self.raw, start, end)
        if blank:
            return Headers.read(b""), blank.end()
        found = _HEADER_END.search(self.raw, start, min(end, start + limits.HEADER_BYTES + 4))
        if not found and end - start > limits.HEADER_BYTES:
            raise Unparsable(say("The header of the mail is longer than %(size)s kB.", size=limits.HEADER_BYTES // 1024))
        stop, body = (found.start(), found.end()) if found else (end, end)
        return Headers.read(self.raw[start:stop]), body

    def _spans(self, start: int, end: int, boundary: str) -> list[tuple[int, int]]:
        """Where the children of a multipart lie. A missing final boundary ends with the multipart; an empty boundary has no children."""
        marker = b"\n--" + boundary.encode("utf-8", "replace").rstrip()
        if len(marker) < 4:
            return []
        self._count_scan(end - start)
        spans: list[tuple[int, int]] = []
        opened = -1
        for at, after, closing in self._delimiters(marker, start, end):
            if opened >= 0:
                spans.append((opened, max(opened, at)))
            opened = -1 if closing else after
            if closing:
                break
        if opened >= 0:
            spans.append((opened, end))
        return spans

    def _count_scan(self, length: int) -> None:
        self.scanned += length
        if self.scanned > max(limits.SCANNED_BYTES, 10 * len(self.raw)):
            raise Unparsable(say("The parts of the mail are nested too deeply for its size."))

    def _delimiters(self, marker: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Each boundary line: where the line end before it begins, where the next line begins, and whether it is the closing one."""
        # The line end before a boundary belongs to it; that of the header's blank line counts for the first one.
        at = self.raw.find(marker, max(start - 1, 0), end)
        for _ in range(10 * limits.PARTS):
            if at < 0:
                return
            line_end = self.raw.find(b"\n", at + 1, end)
            after = end if line_end < 0 else line_end + 1
            tail = self.raw[at + len(marker) : min(after, at + len(marker) + 80)].strip()
            if tail in (b"", b"--"):
                yield at - (self.raw[at - 1 : at] == b"\r"), after, tail == b"--"
            at = self.raw.find(marker, after - 1, end)
        raise Unparsable(say("The mail repeats a part boundary too often."))


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def _from_base64(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        clean = _NOT_BASE64.sub(b"", body)
        clean = clean[: len(clean) - (len(clean) % 4 == 1)]
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
