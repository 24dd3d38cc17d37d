"""News about mail we sent.

In: a delivery report (RFC 3464), a read receipt (RFC 8098), a complaint (RFC 5965) or a bounce without form. Out: `Receipt` values.

What they are worth is decided where our mail is known: by the token of the address that the report came to, which only the servers on the
way have seen, else by a Message-ID of ours, which is random. A report that names neither becomes a receipt that fits nothing.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from typing import Any, Literal

from flufl.bounce import all_failures  # pyright: ignore[reportUnknownVariableType]

from sluss.channels.contract import Receipt
from sluss.channels.email.reading import limits
from sluss.channels.email.reading.charsets import clean_line, decode_bytes
from sluss.channels.email.reading.headers import Headers, fold_address, message_ids
from sluss.channels.email.reading.parts import Part
from sluss.kernel.words import say

_STATES: dict[str, Literal["delivered", "failed", "delayed"]] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}


def receipts(root: Part, token: str) -> list[Receipt]:
    """What a report says; `token` is that of the address it came to. Empty only for reports that say nothing new about a mail."""
    leaves = list(_leaves(root))
    for leaf in leaves:
        if leaf.media_type in {"message/delivery-status", "message/global-delivery-status"}:
            return _delivery_report(leaf, _original_id(leaves), token) or [_unmatched(root, token)]
        if leaf.media_type in {"message/disposition-notification", "message/global-disposition-notification"}:
            return _read_receipt(leaf)
        if leaf.media_type == "message/feedback-report":
            return [_complaint(leaf, _original_id(leaves), token)]
    return _formless(root, token) or [_unmatched(root, token)]


def _unmatched(root: Part, token: str) -> Receipt:
    """A report of which no more is known than that it is one; the token may still say what it is about."""
    return Receipt(external_id="", recipient="", state="failed", reason=_reason(root), token=token)


def _reason(root: Part) -> str:
    return clean_line(root.headers.text("subject"))[:500]


def _leaves(part: Part) -> Iterator[Part]:
    if not part.children:
        yield part
    for child in part.children:
        yield from _leaves(child)


def _original_id(leaves: list[Part]) -> str:
    for leaf in leaves:
        if leaf.media_type in {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}:
            found = message_ids(_block(leaf.body()).all("message-id")[:1])
            if found:
                return found[0]
    return ""


_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")


def _block(body: bytes) -> Headers:
    return Headers.read(_BLANK_LINE.split(body.lstrip()[: limits.HEADER_BYTES], maxsplit=1)[0])


def _delivery_report(part: Part, original: str, token: str) -> list[Receipt]:
    blocks = _BLANK_LINE.split(part.body()[: limits.HEADER_BYTES].strip(), maxsplit=limits.RECEIPTS)
    found = [_recipient_block(Headers.read(block), original, token) for block in blocks]
    return [receipt for receipt in found if receipt][: limits.RECEIPTS]


def _recipient_block(fields: Headers, original: str, token: str) -> Receipt | None:
    state = _STATES.get(fields.text("action").lower())
    recipient = _typed(fields, "original-recipient") or _typed(fields, "final-recipient")
    if state is None or not recipient:
        return None
    reason = fields.text("diagnostic-code").partition(";")[2].strip() or fields.text("diagnostic-code")
    code = fields.text("status").partition(" ")[0][:20]
    return Receipt(
        external_id=original, recipient=recipient, state=state, code=code, reason=in_plain_words(code, reason[:400]), token=token
    )


_PLAIN = {
    "1.1": say("There is no such address: %(words)s"),
    "1.2": say("The address leads to no mail server: %(words)s"),
    "1.10": say("There is no such address: %(words)s"),
    "2.1": say("The mailbox is switched off: %(words)s"),
    "2.2": say("The mailbox is full: %(words)s"),
    "3.4": say("The mail is too large for the other side: %(words)s"),
    "4.1": say("The other side does not answer: %(words)s"),
    "4.4": say("The address leads to no mail server: %(words)s"),
    "4.7": say("The other side did not answer for days: %(words)s"),
    "7.1": say("The other side refused the mail by its rules: %(words)s"),
    "7.26": say("The other side could not prove that the mail is ours; look at SPF and DKIM of our domain: %(words)s"),
}
"""By what stands after the class of a status (RFC 3463)."""


def in_plain_words(code: str, words: str) -> str:
    """What a status means, with the server's own words; those alone where it means nothing that we know."""
    pattern = _PLAIN.get(code.partition(".")[2])
    return pattern % {"words": words or code} if pattern else words


def _typed(fields: Headers, name: str) -> str:
    """The address of a `rfc822; address` field."""
    return fold_address(fields.text(name).rpartition(";")[2])


def _read_receipt(part: Part) -> list[Receipt]:
    fields = _block(part.body())
    original = message_ids(fields.all("original-message-id")[:1])
    displayed = fields.text("disposition").rpartition(";")[2].strip().lower().startswith("displayed")
    if not original or not displayed:
        return []
    return [Receipt(external_id=original[0], recipient=_typed(fields, "final-recipient"), state="read")]


def _complaint(part: Part, original: str, token: str) -> Receipt:
    """Somebody called our mail unwanted. The recipient is often hidden from us."""
    fields = _block(part.body())
    recipient = _typed(fields, "original-rcpt-to") or _typed(fields, "final-recipient")
    kind = fields.text("feedback-type")[:20]
    return Receipt(external_id=original, recipient=recipient, state="complained", code=kind, token=token)


_QUOTED_ID = re.compile(r"^[> \t]{0,20}Message-ID:\s{0,10}(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE)
_LOOKED_AT = 65_536


def _formless(root: Part, token: str) -> list[Receipt]:
    """A bounce in a form of its own: the original's id is quoted somewhere, the recipients by one of many known phrases."""
    beginning = root.raw[root.start : root.start + _LOOKED_AT]
    quoted = message_ids(_QUOTED_ID.findall(decode_bytes(beginning, ""))[:1])
    ids = quoted or message_ids([*root.headers.all("in-reply-to")[:1], *root.headers.all("references")[:1]])
    failed = {fold_address(address) for address in root.headers.first("x-failed-recipients")[:2000].split(",")}
    delayed: set[str] = set()
    if not any(failed):
        delayed, failed = _known_phrases(root.raw[:_LOOKED_AT])
    named: list[tuple[str, Literal["failed", "delayed"]]] = [
        *((one, "failed") for one in sorted(failed)),
        *((one, "delayed") for one in sorted(delayed)),
    ]
    about: dict[str, Any] = {"external_id": ids[0] if ids else "", "reason": _reason(root), "token": token}
    return [Receipt(recipient=address, state=state, **about) for address, state in named if address][: limits.RECEIPTS]


def _known_phrases(raw: bytes) -> tuple[set[str], set[str]]:
    try:
        temporary, permanent = all_failures(email.message_from_bytes(raw))
    except Exception:  # noqa: BLE001 - dozens of detectors meet whatever a stranger wrote; one that fails has found nothing
        return set(), set()
    return _folded(temporary), _folded(permanent)


def _folded(found: frozenset[bytes]) -> set[str]:
    return {fold_address(address.decode("utf-8", "replace")) for address in found}
