"""Header fields, leniently and in bounded time. In: the header block of a part. Out: single-line text, addresses, ids, parameters."""

from __future__ import annotations

import binascii
import re
import urllib.parse
from email.utils import mktime_tz, parsedate_tz

import msgspec

from sluss.channels.contract import Address, Unparsable
from sluss.channels.email.reading import limits
from sluss.channels.email.reading.charsets import clean_line, decode_bytes
from sluss.kernel.words import say

_UNFOLD = re.compile(rb"\r?\n(?=[ \t])")
_LINE = re.compile(rb"\r?\n")


class Headers(msgspec.Struct, frozen=True):
    """Every field by its lower-case name, in the order of the mail, still encoded."""

    fields: dict[str, list[str]]

    @classmethod
    def read(cls, block: bytes) -> Headers:
        fields: dict[str, list[str]] = {}
        # Lone line ends would make one field look like two to whoever splits lines otherwise: only CRLF and LF separate here.
        lines = _LINE.split(_UNFOLD.sub(b"", block))
        if len(lines) > limits.HEADER_COUNT:
            raise Unparsable(say("The mail has more than %(number)s header fields.", number=limits.HEADER_COUNT))
        for line in lines:
            name, colon, value = decode_bytes(line, "").partition(":")
            name = name.strip().lower()
            # What is ours to say is never read from a mail: its sender may have written it (T45).
            if colon and name and not name.startswith("x-sluss-"):
                fields.setdefault(name, []).append(value.strip())
        return cls(fields)

    def first(self, name: str) -> str:
        values = self.fields.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def text(self, name: str) -> str:
        """The first such field as one decoded line."""
        return clean_line(decode_words(self.first(name)))


_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]{0,4000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t]+(?==\?[^?\s]{1,100}\?[bBqQ]\?)")


def decode_words(value: str) -> str:
    """RFC 2047 words decoded; neighbours of one charset are joined as bytes first, since senders cut inside characters."""
    if "=?" not in value:
        return value
    value = _BETWEEN_WORDS.sub(r"\1", value)
    decoded: list[str] = []
    pending, charset, position = b"", "", 0
    for word in _WORD.finditer(value):
        if word.start() > position or word.group(1).lower() != charset:
            decoded.append(decode_bytes(pending, charset))
            pending = b""
        decoded.append(value[position : word.start()])
        charset, position = word.group(1).lower(), word.end()
        pending += _word_bytes(word.group(2), word.group(3))
    return "".join((*decoded, decode_bytes(pending, charset), value[position:]))


def _word_bytes(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    try:
        return binascii.a2b_base64(data + b"==")
    except binascii.Error:
        return data


_PARAMETER = re.compile(r';[ \t]*([^\s=;"]{1,100})[ \t]*=[ \t]*("(?:[^"\\]|\\.){0,2000}"|[^;]*)')
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_ESCAPED = re.compile(r"\\(.)")


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A structured value such as Content-Type: its lower-case head and its parameters, continuations of RFC 2231 joined."""
    value = value[: limits.VALUE_BYTES]
    head = value.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, content in _PARAMETER.findall(value):
        section = _SECTION.fullmatch(name.lower())
        if "*" not in name:
            plain.setdefault(name.lower(), _unquote(content))
        elif section:
            encoded = bool(section.group(3))
            sections.setdefault(section.group(1), {}).setdefault(int(section.group(2) or 0), (_unquote(content), encoded))
    return head, plain | {name: _join_sections([pieces[number] for number in sorted(pieces)]) for name, pieces in sections.items()}


def _unquote(content: str) -> str:
    content = content.strip()
    if content.startswith('"'):
        return _ESCAPED.sub(r"\1", content[1:-1])
    return content


def _join_sections(pieces: list[tuple[str, bool]]) -> str:
    if not pieces[0][1]:
        return "".join(content for content, _ in pieces)
    charset, _, rest = pieces[0][0].partition("'")
    _, _, first = rest.partition("'")
    data = b"".join(
        urllib.parse.unquote_to_bytes(content) if encoded else content.encode("utf-8", "replace")
        for content, encoded in [(first if "'" in rest else pieces[0][0], True), *pieces[1:]]
    )
    return decode_bytes(data, charset if "'" in rest else "")


_ID = re.compile(r"<([^<>\s]{1,500})>")


def message_ids(values: list[str]) -> list[str]:
    """Message ids without angle brackets, in the order written. Ids that lack the brackets count when they look like one."""
    text = " ".join(values)[: limits.HEADER_BYTES]
    found = _ID.findall(text)
    if not found:
        found = [word for word in text.split() if "@" in word and len(word) <= 500]
    return [clean_line(item) for item in found]


_EARLIEST = 631_152_000  # 1990-01-01: earlier dates are clocks that were never set
_DAY = 86_400


def sent_at(value: str, received_at: int) -> int | None:
    """The sender's Date in microseconds UTC; None when it says nothing, our own time when it lies in the future."""
    try:
        parsed = parsedate_tz(value[:200])
        seconds = mktime_tz(parsed) if parsed else 0
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    if seconds < _EARLIEST:
        return None
    return received_at if seconds > received_at // 1_000_000 + _DAY else int(seconds) * 1_000_000


_MAILBOX_TOKEN = re.compile(r'"(?:[^"\\]|\\.){0,1000}"|\((?:[^()\\]|\\.){0,1000}\)|<[^<>]*>|[,;:]|[^",;:<>()]+|.', re.DOTALL)


def addresses(values: list[str]) -> list[Address]:
    """The mailboxes of address fields, malformed ones left out one by one (a strict parser would drop them all)."""
    found: list[Address] = []
    pending: list[str] = []
    if not values:
        return found
    for piece in [*_MAILBOX_TOKEN.findall(",".join(values)[: limits.VALUE_BYTES]), ","]:
        if piece == ":":
            pending.clear()  # what stood before a colon names a group
        elif piece in ",;":
            mailbox = _mailbox(pending)
            pending.clear()
            if mailbox:
                found.append(mailbox)
        else:
            pending.append(piece)
        if len(found) >= limits.ADDRESSES:
            break
    return found


def _mailbox(tokens: list[str]) -> Address | None:
    """One mailbox from its tokens. Two angle brackets, or text after one, are not an address that two programs would read alike."""
    angles = [token for token in tokens if token.startswith("<")]
    if len(angles) > 1 or "<" in tokens or ">" in tokens:
        return None
    if angles:
        before = tokens[: tokens.index(angles[0])]
        after = [token for token in tokens[len(before) + 1 :] if token.strip() and not token.startswith("(")]
        address = None if after else fold_address(angles[0][1:-1])
        return Address(address, _display_name(before)) if address else None
    spec = "".join(token for token in tokens if not token.startswith("("))
    comments = [token[1:-1] for token in tokens if token.startswith("(")]
    address = fold_address(spec)
    return Address(address, display_name(" ".join(comments))) if address else None


def _display_name(tokens: list[str]) -> str:
    words = [_ESCAPED.sub(r"\1", token[1:-1]) if token.startswith('"') else token for token in tokens if not token.startswith("(")]
    return display_name("".join(words))


def display_name(value: str) -> str:
    """A shown name: decoded, on one line, without characters that turn the direction of writing."""
    return clean_line(decode_words(value)).strip(" \"'")[: limits.NAME_CHARACTERS]


_ATOMS = re.compile(r"""[^\s@<>(),;:"\\\[\]\x00-\x1f]{1,128}""")
_QUOTED = re.compile(r'"[^"\\\r\n]{0,126}"')
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,252}[a-z0-9])?|\[[0-9a-fA-F:.]{3,45}\]")


def fold_address(value: str) -> str:
    """An address as it is compared: lower case, international domains in their ASCII form. Empty when it is not an address."""
    local, at, domain = value.strip().strip("<>").rpartition("@")
    if not at or not (_ATOMS.fullmatch(local) or _QUOTED.fullmatch(local)):
        return ""
    domain = domain[:254].lower().rstrip(".")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return f"{local}@{domain}".lower() if _DOMAIN.fullmatch(domain) else ""
