"""Writing mail. In: an `Outbound`. Out: its bytes as they go over the wire, the same for every attempt; ids and reply addresses.

Every value that reaches a header is refused when it holds a control character, so that nothing a person or a template wrote can add a
header of its own. Every line ends in CRLF, and no CR or LF stands alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from sluss.channels.contract import Address, Outbound, OutboundFile
from sluss.kernel.text_html import html_of_text, page_of
from sluss.kernel.words import say

_CRLF = "\r\n"
_REFERENCES_KEPT = 20


class Unwritable(ValueError):
    """A value cannot stand in a header; the sentence says which and why."""


def new_token() -> str:
    """100 random bits in 20 lower-case base32 characters."""
    return base64.b32encode(secrets.token_bytes(13))[:20].decode("ascii").lower()


def new_message_id(domain: str) -> str:
    """A Message-ID of ours, without angle brackets. It cannot be guessed, so that whoever names it has seen the mail."""
    return f"{new_token()}@{domain_of(domain)}"


def domain_of(address: str) -> str:
    """The ASCII form of the domain of an address, or of a bare domain."""
    domain = address.rpartition("@")[2].lower()
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Unwritable(say("%(domain)s is not a domain.", domain=repr(domain))) from error


def reply_address(address: str, token: str, separator: str = "+") -> str:
    """The address whose answers belong to one conversation: `local+c.<token>@domain`."""
    local, _, domain = address.rpartition("@")
    return f"{local}{separator}c.{token}@{domain}"


def compose(outbound: Outbound) -> bytes:
    """The mail as bytes. Raises `Unwritable` when an address, the subject or a file name would break a header."""
    boundary = _Boundary(outbound.external_id)
    body = _multipart("alternative", boundary, [_text_part("plain", outbound.text), _html_part(outbound, boundary)])
    attached = [_file_part(item) for item in outbound.files if not _is_placed(outbound, item)]
    if attached:
        body = _multipart("mixed", boundary, [body, *attached])
    return _header_block(outbound).encode("utf-8") + b"MIME-Version: 1.0\r\n" + body


def _html_part(outbound: Outbound, boundary: _Boundary) -> bytes:
    """The text with its form, together with the pictures that stand in it."""
    page = _text_part("html", outbound.html or page_of(html_of_text(outbound.text)))
    placed = [_file_part(item, placed=True) for item in outbound.files if _is_placed(outbound, item)]
    return _multipart("related", boundary, [page, *placed]) if placed else page


def _is_placed(outbound: Outbound, file: OutboundFile) -> bool:
    """A picture that nothing names would be seen nowhere: it is attached instead."""
    return bool(file.content_id) and f"cid:{file.content_id}" in outbound.html


def needs_smtputf8(outbound: Outbound) -> bool:
    """Whether an address holds a letter outside ASCII before its `@`; names and subjects never need the extension."""
    people = (outbound.recipient, outbound.sender, outbound.reply_to, *outbound.to, *outbound.cc)
    return not all(person.address.rpartition("@")[0].isascii() for person in people)


def _header_block(outbound: Outbound) -> str:
    fields = [
        ("From", _mailbox("sender", outbound.sender)),
        ("To", _mailboxes("to", outbound.to)),
        ("Cc", _mailboxes("cc", outbound.cc)),
        ("Reply-To", _mailbox("reply_to", outbound.reply_to) if outbound.reply_to.address != outbound.sender.address else ""),
        ("Subject", _folded("Subject", _checked("subject", outbound.subject))),
        ("Date", format_datetime(datetime.fromtimestamp(outbound.sent_at // 1_000_000, tz=UTC))),
        ("Message-ID", _id("external_id", outbound.external_id)),
        ("In-Reply-To", _id("in_reply_to", outbound.in_reply_to) if outbound.in_reply_to else ""),
        ("References", _references(outbound)),
        *((*_AUTOMATIC, ("X-Loop", plain_address("sender", outbound.sender.address))) if outbound.automatic else ()),
    ]
    return "".join(f"{name}: {value}{_CRLF}" for name, value in fields if value)


_AUTOMATIC = (("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"))


def _references(outbound: Outbound) -> str:
    """The oldest first, as the header wants it; of a long history the first and the last ones, which is what others thread by."""
    ids = list(dict.fromkeys(reversed((outbound.in_reply_to, *outbound.references)))) if outbound.in_reply_to else outbound.references[::-1]
    ids = [item for item in ids if item]
    if len(ids) > 2 * _REFERENCES_KEPT:
        ids = [*ids[:_REFERENCES_KEPT], *ids[-_REFERENCES_KEPT:]]
    return f"{_CRLF} ".join(_id("references", item) for item in ids)


# C0, DEL, C1 and the two separators that some programs take for line ends.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _checked(field: str, value: str) -> str:
    if _CONTROL.search(value):
        raise Unwritable(say("The %(field)s holds a control character or a line break, which a mail header cannot carry.", field=field))
    return value


_ID = re.compile(r"[^\s<>]{1,990}")


def _id(field: str, value: str) -> str:
    if not _ID.fullmatch(_checked(field, value)):
        raise Unwritable(say("The %(field)s is not a message id.", field=field))
    return f"<{value}>"


_ADDRESS = re.compile(r"""(?:[^\s@<>(),;:"\\\[\]]{1,64}|"[^"\\]{1,62}")@(?:[^\s@<>(),;:"\\\[\]]{1,253}|\[[0-9A-Fa-f.:]+\])""")
_ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]{1,70}")


def _mailboxes(field: str, people: Sequence[Address]) -> str:
    return f",{_CRLF} ".join(_mailbox(field, person) for person in people)


def _mailbox(field: str, person: Address) -> str:
    address = plain_address(field, person.address)
    name = _checked(f"name in {field}", person.name)
    if not name or name == person.address:
        return address
    if "=?" not in name and _ATOM_PHRASE.fullmatch(name):
        return f"{name} <{address}>"
    if name.isascii() and "=?" not in name and len(name) <= 70:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{_encoded_words(name)}{_CRLF} <{address}>"


def plain_address(field: str, address: str) -> str:
    """The address as it stands on the wire, its domain in ASCII. Raises `Unwritable`."""
    if not _ADDRESS.fullmatch(_checked(field, address)):
        raise Unwritable(say("The address in %(field)s is not a mail address: %(address)s.", field=field, address=repr(address[:80])))
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain_of(domain)}"


def _folded(name: str, value: str) -> str:
    """Plain ASCII folded at blanks; anything else, and a word too long for a line, as encoded words."""
    if not value.isascii() or "=?" in value or any(len(word) > 200 for word in value.split(" ")):
        return _encoded_words(value)
    lines: list[str] = []
    line = ""
    for word in value.split(" "):
        if line and len(name) + len(line) + len(word) > 72:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
        name = name if not lines else ""
    # A folded line of blanks alone would be an empty line to some readers.
    return f"{_CRLF} ".join(item for item in [*lines, line] if item.strip())


def _encoded_words(value: str) -> str:
    """UTF-8 in base64, cut between characters so that every word stands alone within 75 characters."""
    words: list[bytes] = []
    chunk = b""
    for character in value:
        encoded = character.encode("utf-8")
        if len(chunk) + len(encoded) > 45:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    return f"{_CRLF} ".join(f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in [*words, chunk])


class _Boundary:
    """Boundaries made from the id of the mail, equal at every attempt. `=_` occurs in no base64 and no quoted-printable line."""

    def __init__(self, external_id: str) -> None:
        self.stem = hashlib.blake2b(external_id.encode("utf-8"), digest_size=12).hexdigest()

    def of(self, kind: str) -> str:
        return f"=_{kind}_{self.stem}"


def _multipart(kind: str, boundary: _Boundary, parts: list[bytes]) -> bytes:
    line = boundary.of(kind)
    head = f'Content-Type: multipart/{kind}; boundary="{line}"{_CRLF}{_CRLF}'.encode("ascii")
    marker = f"--{line}".encode("ascii")
    return head + b"".join(marker + b"\r\n" + part + b"\r\n" for part in parts) + marker + b"--\r\n"


_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")


def _text_part(subtype: str, text: str) -> bytes:
    """A text part as quoted-printable: it passes every server unchanged, keeps a signature valid, and stays readable in the raw mail."""
    settled = _LINE_ENDS.sub("\n", text).replace("\0", "").encode("utf-8", "replace").replace(b"\n", b"\r\n")
    encoded = binascii.b2a_qp(settled, istext=True)
    head = f"Content-Type: text/{subtype}; charset=utf-8{_CRLF}Content-Transfer-Encoding: quoted-printable{_CRLF}{_CRLF}"
    return head.encode("ascii") + encoded


_MEDIA_TYPE = re.compile(r"[a-zA-Z0-9!#$&^_.+-]{1,80}/[a-zA-Z0-9!#$&^_.+-]{1,80}")


def _file_part(file: OutboundFile, *, placed: bool = False) -> bytes:
    media_type = file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
    if media_type.startswith(("multipart/", "message/")):
        # These types may not be base64 (RFC 2046), and base64 is what keeps a file as it is.
        media_type = "application/octet-stream"
    encoded = base64.encodebytes(file.data).replace(b"\n", b"\r\n")
    head = f"Content-Type: {media_type}{_CRLF}Content-Transfer-Encoding: base64{_CRLF}"
    if placed:
        head += f"Content-ID: {_id('content_id', file.content_id)}{_CRLF}"
    kind = "inline" if placed else "attachment"
    return f"{head}Content-Disposition: {kind};{_file_name(file.name)}{_CRLF}{_CRLF}".encode("ascii") + encoded


def _file_name(name: str) -> str:
    """The parameter in both forms: RFC 2231 for those who read it, an ASCII look-alike for the rest."""
    checked = _checked("file name", name)[:200] or "file"
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", checked)
    if plain == checked:
        return f'{_CRLF} filename="{plain}"'
    quoted = "".join(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in checked.encode("utf-8"))
    return f'{_CRLF} filename="{plain}";' + "".join(f"{_CRLF} {piece}" for piece in _sections(quoted))


_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"


def _sections(quoted: str) -> list[str]:
    """A long parameter in the numbered pieces of RFC 2231, never cut inside an escape."""
    if len(quoted) <= 60:
        return [f"filename*=utf-8''{quoted}"]
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,20}", quoted)
    return [f"filename*{n}*={_charset(n)}{piece}{';' if n + 1 < len(pieces) else ''}" for n, piece in enumerate(pieces)]


def _charset(number: int) -> str:
    return "" if number else "utf-8''"
