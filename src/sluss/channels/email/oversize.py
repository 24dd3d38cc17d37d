"""Mails that are too large to be taken whole.

In: what the server says of one. Out: a mail with its header, the beginning of its text, and a note that says where the rest lies.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence

from sluss.channels.email.imap_client import ImapClient, ImapRefused
from sluss.channels.email.imap_words import Leaf
from sluss.channels.email.reading.headers import decode_words

HEADER_BYTES = 100_000
TEXT_BYTES = 65_536
_NAMES = 50
_MEGABYTE = 1_048_576


async def beginning_of(client: ImapClient, uid: int, size: int, folder: str) -> bytes:
    """The mail as far as it is worth having. Empty when it has gone."""
    header = await client.beginning(uid, "HEADER", HEADER_BYTES)
    if not header and not await client.search(f"UID {uid}"):
        return b""
    try:
        leaves = await client.structure(uid)
        text = next((leaf for leaf in leaves if leaf.media_type in _SHOWN and not leaf.name), None)
        body = await client.beginning(uid, text.number, TEXT_BYTES) if text else b""
    except ImapRefused:
        leaves, text, body = [], None, b""
    return noted(header, size, folder, [one.name for one in leaves if one.name], _part(text, body) if text and body else b"")


_SHOWN = ("text/plain", "text/html")
_CONTENT_FIELD = re.compile(rb"^(?:content-[a-z-]+|mime-version):.*(?:\r?\n[ \t].*)*(?:\r?\n|\Z)", re.IGNORECASE | re.MULTILINE)
_CHARSETS = ("utf-8", "iso-8859-1", "windows-1252")
_BOUNDARY = b"=_only-its-beginning_="


def noted(header: bytes, size: int, folder: str, files: Sequence[str], part: bytes) -> bytes:
    """A mail with its own header, one part of it, and a note in place of the rest."""
    kept = _CONTENT_FIELD.sub(b"", header.strip(b"\r\n")).rstrip(b"\r\n")
    note = f"This mail is too large to be fetched ({size / _MEGABYTE:.1f} MB). It is still in the folder {folder} of the mailbox, whole."
    if part:
        note += "\r\nThe text above may be only its beginning."
    if files:
        note += "\r\nFiles with it: " + ", ".join(_line(name) for name in files[:_NAMES])
    parts = [one for one in (part, b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + note.encode("utf-8", "replace")) if one]
    body = b"".join(b"--%s\r\n%s\r\n" % (_BOUNDARY, one) for one in parts) + b"--%s--\r\n" % _BOUNDARY
    return b'%s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="%s"\r\n\r\n%s' % (kept, _BOUNDARY, body)


def _part(leaf: Leaf, body: bytes) -> bytes:
    """The first text as a part of its own, in the form it was written in."""
    charset = leaf.charset if re.fullmatch(r"[A-Za-z0-9._:+-]{1,40}", leaf.charset) else "utf-8"
    encoding = leaf.encoding if leaf.encoding in {"base64", "quoted-printable"} else "8bit"
    head = f"Content-Type: {leaf.media_type}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + body.replace(b"--" + _BOUNDARY, b"")


def _line(name: str) -> str:
    """A file's name on one line, its encoding undone (RFC 2047, RFC 2231)."""
    charset, language, encoded = name.partition("''")
    name = urllib.parse.unquote(encoded, charset, "replace") if language and charset.lower() in _CHARSETS else decode_words(name)
    return " ".join("".join(character if character.isprintable() else " " for character in name).split())[:200]
