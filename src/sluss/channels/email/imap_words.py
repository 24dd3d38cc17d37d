"""The words of IMAP (RFC 3501). In: lines and literals as a server sent them. Out: names, numbers, dates, the parts of a mail.

Nothing here raises on what a server says: what makes no sense is left out.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec


class Response(msgspec.Struct, frozen=True):
    """One response of the server: its line with `{n}` where literals were, and the literals (None: too long, thrown away)."""

    line: bytes
    literals: tuple[bytes | None, ...] = ()


class Detail(msgspec.Struct, frozen=True):
    """What a server says of a mail without sending it: size in bytes, arrival in microseconds UTC (0: not said), wanted header fields."""

    uid: int
    size: int
    at: int
    header: bytes = b""


class Leaf(msgspec.Struct, frozen=True):
    """One part of a mail that is no multipart: its number for FETCH, its type, how it is written, the name of its file."""

    number: str
    media_type: str
    charset: str
    encoding: str
    name: str
    size: int


_UID = re.compile(rb"[( ]UID (\d{1,10})\b", re.IGNORECASE)
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d{1,15})\b", re.IGNORECASE)
_QUOTED_BODY = re.compile(rb'BODY\[[^\]]*\](?:<\d{1,10}>)? "((?:[^"\\]|\\.)*)"', re.IGNORECASE)


def uid_of(response: Response) -> int | None:
    found = _UID.search(response.line)
    return int(found.group(1)) if found else None


def body_of(response: Response) -> bytes | None:
    """The one body of a FETCH response; None also when it was too long."""
    if response.literals:
        return response.literals[0]
    found = _QUOTED_BODY.search(response.line)
    return _unescaped(found.group(1)) if found else None


def detail_of(response: Response) -> Detail | None:
    """Of a FETCH response; None when it names no mail."""
    uid, size = uid_of(response), _SIZE.search(response.line)
    if not uid or not size:
        return None
    return Detail(uid, int(size.group(1)), _arrival(response.line), body_of(response) or b"")


_DATE = re.compile(rb'INTERNALDATE "([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"', re.IGNORECASE)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _arrival(line: bytes) -> int:
    found = _DATE.search(line)
    if not found:
        return 0
    day, month, year, hour, minute, second, sign, hours, minutes = (one.decode() for one in found.groups())
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        numbers = (int(year), MONTHS.index(month.title()) + 1, int(day), int(hour), int(minute), min(int(second), 59))
        moment = datetime(*numbers, tzinfo=timezone(offset))
    except (ValueError, OverflowError):
        return 0
    return max(0, (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))


def day_of(at: int) -> str:
    """A date as SEARCH wants it, of an instant in microseconds UTC."""
    day = datetime.fromtimestamp(at / 1_000_000, UTC)
    return f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year:04}"


_LISTED = re.compile(rb'\* LIST \(([^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?:"((?:[^"\\]|\\.)*)"|(\S+))', re.IGNORECASE)


def folder_of(response: Response) -> tuple[set[str], str] | None:
    """Upper-case flags and encoded name of a LIST response."""
    found = _LISTED.match(response.line)
    if not found:
        return None
    flags = set(found.group(1).decode("ascii", "replace").upper().split())
    written = found.group(3) or _unescaped(found.group(2) or b"")
    name = (response.literals[0] or b"") if response.literals else written
    return flags, name.decode("utf-8", "replace")


def number_in(word: bytes, lines: bytes) -> int | None:
    """The number after a word, as in `UIDNEXT 12`."""
    found = re.search(rb"[( \[]" + re.escape(word) + rb" (\d{1,10})\b", lines, re.IGNORECASE)
    return int(found.group(1)) if found else None


def encoded_name(folder: str) -> str:
    """A folder's name as it goes over the wire: modified UTF-7 (RFC 3501, 5.1.3)."""
    return re.sub(r"[^\x20-\x7e]+", _shifted, folder.replace("&", "&-"))


def _shifted(found: re.Match[str]) -> str:
    data = base64.b64encode(found.group().encode("utf-16-be", "surrogatepass")).decode("ascii")
    return f"&{data.rstrip('=').replace('/', ',')}-"


def decoded_name(wire: str) -> str:
    """A folder's name as people read it; one that is not well encoded stays as it came."""
    try:
        name = re.sub(r"&([^-]*)-", _unshifted, wire)
    except (ValueError, binascii.Error):
        return wire
    # Only what comes out as it went in can be opened by the name shown.
    return name if encoded_name(name) == wire else wire


def _unshifted(found: re.Match[str]) -> str:
    word = found.group(1).replace(",", "/")
    return base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode("utf-16-be") if word else "&"


def _unescaped(word: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", word, flags=re.DOTALL)


_Node = bytes | None | list["_Node"]
_TOKEN = re.compile(rb'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|(\{\d{1,12}\+?\})|([^\s()"{]+))', re.DOTALL)
_DEPTH = 40
_TOKENS = 20_000


def leaves_of(response: Response) -> list[Leaf]:
    """The parts that a BODYSTRUCTURE names, in order; as many as could be read."""
    at = response.line.upper().find(b"BODYSTRUCTURE ")
    tree = _read_list(response, at + len(b"BODYSTRUCTURE ")) if at >= 0 else None
    found: list[Leaf] = []
    if isinstance(tree, list):
        _collect(tree, "", found)
    return found


def _read_list(response: Response, at: int) -> _Node:
    """The parenthesised list that begins at a place of the line."""
    literals = iter(response.literals)
    stack: list[list[_Node]] = [[]]
    for _ in range(_TOKENS):
        token = _TOKEN.match(response.line, at)
        if not token or (token.group(1) and len(stack) > _DEPTH):
            break
        at = token.end()
        if token.group(1):
            stack.append([])
        elif token.group(2):
            closed = stack.pop()
            if not stack:
                break
            stack[-1].append(closed)
            if len(stack) == 1:
                return closed
        else:
            stack[-1].append(_atom(token, next(literals, b"") if token.group(4) else b""))
    return stack[1] if len(stack) > 1 else None


def _atom(token: re.Match[bytes], literal: bytes | None) -> bytes | None:
    if token.group(3) is not None:
        return _unescaped(token.group(3))
    if token.group(4):
        return literal or b""
    return None if token.group(5).upper() == b"NIL" else token.group(5)


def _collect(node: list[_Node], number: str, found: list[Leaf]) -> None:
    if node and isinstance(node[0], list):
        children = [child for child in node if isinstance(child, list)]
        for position, child in enumerate(children[: _parts(node)], 1):
            _collect(child, f"{number}.{position}" if number else str(position), found)
    elif len(node) >= 7:
        found.append(_leaf(node, number or "1"))


def _parts(node: list[_Node]) -> int:
    """How many of a multipart's fields are parts: those before its subtype."""
    return next((position for position, child in enumerate(node) if not isinstance(child, list)), len(node))


def _leaf(node: list[_Node], number: str) -> Leaf:
    params = _pairs(node[2])
    disposition = next((one for one in node[8:] if isinstance(one, list) and len(one) == 2 and isinstance(one[1], list)), None)
    named = _pairs(disposition[1]) if disposition else {}
    size = node[6]
    return Leaf(
        number=number,
        media_type=f"{_text(node[0])}/{_text(node[1])}".lower(),
        charset=params.get("charset", ""),
        encoding=_text(node[5]).lower(),
        name=named.get("filename") or params.get("name", ""),
        size=int(size) if isinstance(size, bytes) and size.isdigit() and len(size) < 16 else 0,
    )


def _pairs(node: _Node) -> dict[str, str]:
    words = [_text(one) for one in node] if isinstance(node, list) else []
    return {name.lower().rstrip("*"): value for name, value in zip(words[::2], words[1::2], strict=False)}


def _text(node: _Node) -> str:
    return node.decode("utf-8", "replace") if isinstance(node, bytes) else ""
