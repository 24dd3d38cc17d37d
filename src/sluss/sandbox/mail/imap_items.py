"""What the IMAP server tells of one mail. In: a stored mail and what a client wants of it. Out: the items of a FETCH response."""

from __future__ import annotations

import re
import time
from collections.abc import Set as AbstractSet
from email.message import Message
from email.parser import BytesParser
from typing import Any

from sluss.sandbox.mail.faults import Lie
from sluss.sandbox.mail.world import StoredMail

_BODY = re.compile(r"BODY(\.PEEK)?\[([A-Z0-9.]*)(?: \(([^)]*)\))?\](?:<(\d+)\.(\d+)>)?|RFC822(?!\.)")
_LYING_SIZES = {"short-literal": -7, "long-literal": 7}


def items_of(mail: StoredMail, wanted: str, lies: AbstractSet[Lie], *, by_uid: bool, read_only: bool) -> bytes:
    """The items asked for, in upper case, in one line with its literals."""
    found: list[bytes] = []
    if by_uid or "UID" in wanted:
        found.append(b"UID %d" % mail.uid)
    if "RFC822.SIZE" in wanted:
        size = 0 if "size-zero" in lies else 1 << 32 if "size-huge" in lies else len(mail.raw)
        found.append(b"RFC822.SIZE %d" % size)
    if "INTERNALDATE" in wanted:
        found.append(time.strftime('INTERNALDATE "%d-%b-%Y %H:%M:%S +0000"', time.gmtime(mail.received_at)).encode())
    if "BODYSTRUCTURE" in wanted:
        found.append(b"BODYSTRUCTURE " + _structure(BytesParser().parsebytes(mail.raw)))
    body = _BODY.search(wanted)
    if body:
        if not body.group(1) and not read_only:
            mail.flags.add("\\Seen")
        found.append(_body(mail, body, lies))
    if "FLAGS" in wanted:
        found.append(f"FLAGS ({' '.join(sorted(mail.flags))})".encode())
    return b" ".join(found)


def _body(mail: StoredMail, wanted: re.Match[str], lies: AbstractSet[Lie]) -> bytes:
    section, start = wanted.group(2) or "", wanted.group(4)
    content = _section(mail, section, (wanted.group(3) or "").split())
    if start is not None:
        content = content[int(start) :][: int(wanted.group(5))]
    named = section + (f" ({wanted.group(3)})" if wanted.group(3) else "")
    claimed = len(content)
    if not section and lies:
        claimed = 1 << 32 if "huge-literal" in lies else max(0, claimed + sum(by for lie, by in _LYING_SIZES.items() if lie in lies))
    return b"BODY[%s]%s {%d}\r\n%s" % (named.encode(), b"" if start is None else b"<%s>" % start.encode(), claimed, content)


def _section(mail: StoredMail, section: str, fields: list[str]) -> bytes:
    if not section:
        return mail.raw
    header, _, body = mail.raw.partition(b"\r\n\r\n")
    if section == "HEADER":
        return header + b"\r\n\r\n"
    if section == "HEADER.FIELDS":
        kept = [
            line for line in re.split(rb"\r\n(?![ \t])", header) if line.partition(b":")[0].decode("ascii", "replace").upper() in fields
        ]
        return b"".join(line + b"\r\n" for line in kept) + b"\r\n"
    if section == "TEXT":
        return body
    part: Message | None = BytesParser().parsebytes(mail.raw)
    for number in section.split("."):
        part = _child(part, int(number)) if part else None
    content = part.get_payload() if part and not part.is_multipart() else ""
    return content.encode("ascii", "surrogateescape") if isinstance(content, str) else b""


def _child(part: Message, number: int) -> Message | None:
    if not part.is_multipart():
        return part if number == 1 else None
    children: Any = part.get_payload()
    return children[number - 1] if number <= len(children) else None


def _structure(part: Message) -> bytes:
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        children: Any = part.get_payload()
        inner = b"".join(_structure(child) for child in children)
        return b"(%s %s)" % (inner, _quoted(part.get_content_subtype()))
    charset, content = part.get_content_charset(), part.get_payload()
    params = b'("CHARSET" %s)' % _quoted(charset) if charset else b"NIL"
    size = len(content) if isinstance(content, str) else 0
    head = [_quoted(part.get_content_maintype()), _quoted(part.get_content_subtype()), params, b"NIL", b"NIL"]
    head += [_quoted(str(part.get("Content-Transfer-Encoding", "7BIT"))), b"%d" % size]
    head += [b"%d" % content.count("\n")] if isinstance(content, str) and part.get_content_maintype() == "text" else []
    name = part.get_filename()
    head += [b"NIL", b'("ATTACHMENT" ("FILENAME" %s))' % _quoted(name) if name else b"NIL"]
    return b"(" + b" ".join(head) + b")"


def _quoted(word: str) -> bytes:
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", word.encode("utf-8", "replace")) + b'"'
