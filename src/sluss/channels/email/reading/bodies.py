"""What a mail says. In: the tree of its parts. Out: its text, its HTML and its files."""

from __future__ import annotations

import hashlib
import html as entities
import mimetypes
import re
from typing import Literal

import msgspec

from sluss.channels.contract import InboundFile
from sluss.channels.email.reading import limits
from sluss.channels.email.reading.charsets import clean_line, clean_text, decode_bytes
from sluss.channels.email.reading.headers import Headers, decode_words
from sluss.channels.email.reading.parts import Part, take_apart
from sluss.channels.email.reading.plain import text_of_html
from sluss.channels.email.reading.protected import SIGNATURES, SMIME, Protection, protection_of, wrapped_mail
from sluss.channels.email.reading.tnef import MEDIA_TYPES as TNEF
from sluss.channels.email.reading.tnef import unwrap
from sluss.channels.email.reading.uuencoded import files_within


class Said(msgspec.Struct, frozen=True):
    """The content of a mail. `digest` is a hash of it that survives another route, other headers and another transfer encoding.

    `protection` is what it claims and nobody checked: `signed-unchecked`, `encrypted`, or empty.
    """

    text: str
    html: str
    files: tuple[InboundFile, ...]
    digest: str
    protection: Protection | Literal[""] = ""


def what_it_says(root: Part) -> Said:
    """Text and HTML of the body, and everything else as files. Nothing is dropped: an over-long body becomes a file, too."""
    reader = _Reader()
    pieces = reader.pieces(root)
    text = "\n\n".join(piece.as_text().strip("\n") for piece in pieces)
    html = "\n".join(piece.as_html() for piece in pieces) if any(piece.html for piece in pieces) else ""
    return Said(text[: limits.TEXT_CHARACTERS], html, tuple(reader.files), reader.digest.hexdigest(), reader.protection)


class _Piece(msgspec.Struct, frozen=True):
    """One stretch of the body, in one form or both."""

    text: str | None = None
    html: str = ""

    def as_text(self) -> str:
        return text_of_html(self.html) if self.text is None else self.text

    def as_html(self) -> str:
        return self.html or f"<div style='white-space:pre-wrap'>{entities.escape(self.text or '')}</div>"


class _Reader:
    """Collects files, the digest and what is claimed while the body is read."""

    def __init__(self) -> None:
        self.files: list[InboundFile] = []
        self.digest = hashlib.blake2b(digest_size=16)
        self.protection: Protection | Literal[""] = ""
        self._wrappings = 0

    def pieces(self, part: Part) -> list[_Piece]:
        if part.media_type == "multipart/alternative":
            return self._choose([piece for child in part.children for piece in self.pieces(child)])
        if part.children:
            self._claim("encrypted" if part.media_type == "multipart/encrypted" else None)
            return [piece for child in part.children for piece in self.pieces(child)]
        return self._leaf(part)

    def _claim(self, claimed: Protection | None) -> None:
        """What is encrypted anywhere counts as encrypted."""
        if claimed and self.protection != "encrypted":
            self.protection = claimed

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
                return [self._without_files(piece)]
        if part.media_type in SIGNATURES:
            self._claim("signed-unchecked")
            return []  # nobody reads it, and it lies in the raw mail
        unwrapped = self._unwrapped(part, body, name)
        if unwrapped is not None:
            return unwrapped
        self.files.append(_file(part, body, name))
        return []

    def _without_files(self, piece: _Piece) -> _Piece:
        """The piece without the files that are written into it."""
        if piece.text is None:
            return piece
        self._claim(protection_of(piece.text))
        text, written = files_within(piece.text)
        for name, data in written[: limits.PARTS]:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            self.files.append(InboundFile(file_name(name) or "file.bin", kind, data))
        return _Piece(text)

    def _unwrapped(self, part: Part, body: bytes, name: str) -> list[_Piece] | None:
        """What lies in a wrapping that customers' programs cannot open either; None when this is none, or it does not open."""
        wrapped = part.media_type in TNEF or name.lower() == "winmail.dat"
        if not (wrapped or part.media_type in SMIME) or self._wrappings >= limits.WRAPPINGS:
            return None
        self._wrappings += 1
        return self._tnef(body) if wrapped else self._signed(body)

    def _signed(self, body: bytes) -> list[_Piece] | None:
        mail = wrapped_mail(body)
        self._claim("encrypted" if mail is None else "signed-unchecked")
        return None if mail is None else self.pieces(take_apart(mail))

    def _tnef(self, body: bytes) -> list[_Piece] | None:
        found = unwrap(body)
        if found is None:
            return None
        for one in found.files:
            kind = mimetypes.guess_type(one.name)[0] or "application/octet-stream"
            self.files.append(InboundFile(file_name(one.name) or "file.bin", kind, one.data, clean_line(one.content_id).strip("<>")[:500]))
        html = found.html if len(found.html) <= limits.HTML_CHARACTERS else ""
        return [_Piece(found.text[: limits.TEXT_CHARACTERS] or None, html)] if found.text or html else []


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
