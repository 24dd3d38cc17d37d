"""What a mail says. In: the tree of its parts. Out: its text, its HTML and its files."""

from __future__ import annotations

import hashlib
import html as entities
import mimetypes
import re

import msgspec

from sluss.channels.contract import InboundFile
from sluss.channels.email.reading import limits
from sluss.channels.email.reading.charsets import clean_line, clean_text, decode_bytes
from sluss.channels.email.reading.headers import Headers, decode_words
from sluss.channels.email.reading.parts import Part
from sluss.channels.email.reading.plain import text_of_html


class Said(msgspec.Struct, frozen=True):
    """The content of a mail. `digest` is a hash of it that survives another route, other headers and another transfer encoding."""

    text: str
    html: str
    files: tuple[InboundFile, ...]
    digest: str


def what_it_says(root: Part) -> Said:
    """Text and HTML of the body, and everything else as files. Nothing is dropped: an over-long body becomes a file, too."""
    reader = _Reader()
    pieces = reader.pieces(root)
    text = "\n\n".join(piece.as_text().strip("\n") for piece in pieces)
    html = "\n".join(piece.as_html() for piece in pieces) if any(piece.html for piece in pieces) else ""
    return Said(text[: limits.TEXT_CHARACTERS], html, tuple(reader.files), reader.digest.hexdigest())


class _Piece(msgspec.Struct, frozen=True):
    """One stretch of the body, in one form or both."""

    text: str | None = None
    html: str = ""

    def as_text(self) -> str:
        return text_of_html(self.html) if self.text is None else self.text

    def as_html(self) -> str:
        return self.html or f"<div style='white-space:pre-wrap'>{entities.escape(self.text or '')}</div>"


class _Reader:
    """Collects files and the digest while the body is read."""

    def __init__(self) -> None:
        self.files: list[InboundFile] = []
        self.digest = hashlib.blake2b(digest_size=16)

    def pieces(self, part: Part) -> list[_Piece]:
        if part.media_type == "multipart/alternative":
            return self._choose([piece for child in part.children for piece in self.pieces(child)])
        if part.children:
            return [piece for child in part.children for piece in self.pieces(child)]
        return self._leaf(part)

    def _choose(self, pieces: list[_Piece]) -> list[_Piece]:
        """Of alternatives the last one of each form: senders put the best last."""
        text = next((piece.text for piece in reversed(pieces) if piece.text is not None and not piece.html), None)
        html = next((piece.html for piece in reversed(pieces) if piece.html), "")
        if text is not None and html and not text.strip():
            text = None
        return [_Piece(text, html)] if text is not None or html else []

    def _leaf(self, part: Part) -> list[_Piece]:
        body = part.body()
        disposition, place = part.disposition
        name = place.get("filename") or part.params.get("name", "")
        self.digest.update(_settled(body) if part.media_type.startswith("text/") else body)
        if part.media_type in {"text/plain", "text/html"} and disposition != "attachment" and not name:
            piece = _body_piece(part, body)
            if piece:
                return [piece]
        self.files.append(_file(part, body, name))
        return []


def _settled(body: bytes) -> bytes:
    """The body as two copies of it agree on: line ends and trailing blanks change on the way."""
    if len(body) > limits.TEXT_CHARACTERS:
        return body
    return b"\n".join(line.rstrip() for line in body.split(b"\n")).strip()


def _body_piece(part: Part, body: bytes) -> _Piece | None:
    """The part as a stretch of the body, or None when it is too long to be one."""
    if len(body) > 4 * limits.TEXT_CHARACTERS:
        return None
    text = clean_text(decode_bytes(body, part.params.get("charset", "")))
    if part.media_type == "text/html":
        return _Piece(None, text) if len(text) <= limits.HTML_CHARACTERS else None
    if len(text) > limits.TEXT_CHARACTERS:
        return None
    if part.params.get("format", "").lower() == "flowed":
        text = _unflow(text, delete_space=part.params.get("delsp", "").lower() == "yes")
    return _Piece(text)


_QUOTE_DEPTH = re.compile(r">*")


def _unflow(text: str, *, delete_space: bool) -> str:
    """Paragraphs of format=flowed (RFC 3676) as one line each."""
    lines: list[str] = []
    flowing: list[str] = []
    depth = ""
    for line in text.split("\n"):
        quotes = _QUOTE_DEPTH.match(line)
        mark = quotes.group() if quotes else ""
        content = line[len(mark) :].removeprefix(" ")
        if flowing and (mark != depth or content == "-- "):
            lines.append(_flowed_line(depth, flowing))
            flowing = []
        depth = mark
        flows = content.endswith(" ") and content != "-- "
        flowing.append(content[:-1] if flows and delete_space else content)
        if not flows:
            lines.append(_flowed_line(depth, flowing))
            flowing = []
    return "\n".join([*lines, *([_flowed_line(depth, flowing)] if flowing else [])])


def _flowed_line(depth: str, pieces: list[str]) -> str:
    return f"{depth} {''.join(pieces)}" if depth else "".join(pieces)


def _file(part: Part, body: bytes, name: str) -> InboundFile:
    media_type = part.media_type
    content_id = clean_line(part.headers.first("content-id")).strip("<>")[:500]
    return InboundFile(file_name(name) or _made_up_name(part, body), media_type, body, content_id)


_SEPARATORS = re.compile(r'[/\\:*?"<>|]')


def file_name(name: str) -> str:
    """A harmless file name: no path, no control or direction-turning characters; empty when nothing is left."""
    return _SEPARATORS.sub("_", clean_line(decode_words(name))).strip(" .")[-limits.NAME_CHARACTERS :]


def _made_up_name(part: Part, body: bytes) -> str:
    if part.media_type == "message/rfc822":
        subject = file_name(Headers.read(body.partition(b"\r\n\r\n")[0][: limits.VALUE_BYTES]).text("subject"))
        return f"{subject[:80] or 'message'}.eml"
    stem = "message" if part.media_type in {"text/plain", "text/html"} else part.media_type.partition("/")[0]
    return stem + (mimetypes.guess_extension(part.media_type) or ".bin")
