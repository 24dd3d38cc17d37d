"""News about mail we sent. In: a delivery report (RFC 3464), a read receipt (RFC 8098) or a bounce without form. Out: `Receipt` values.

Only a report that names the Message-ID of a mail becomes a receipt: ours hold 80 random bits, so that a stranger cannot forge one.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from typing import Literal

from flufl.bounce import all_failures  # pyright: ignore[reportUnknownVariableType]

from sluss.channels.contract import Receipt
from sluss.channels.email.reading import limits
from sluss.channels.email.reading.charsets import clean_line, decode_bytes
from sluss.channels.email.reading.headers import Headers, fold_address, message_ids
from sluss.channels.email.reading.parts import Part

_STATES: dict[str, Literal["delivered", "failed", "delayed"]] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}


def receipts(root: Part, *, bounced: bool) -> list[Receipt]:
    """What the mail reports, empty when it reports nothing that we can match."""
    leaves = list(_leaves(root))
    for leaf in leaves:
        if leaf.media_type in {"message/delivery-status", "message/global-delivery-status"}:
            return _delivery_report(leaf, _original_id(leaves))
        if leaf.media_type in {"message/disposition-notification", "message/global-disposition-notification"}:
            return _read_receipt(leaf)
    return _formless(root) if bounced else []


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


def _delivery_report(part: Part, original: str) -> list[Receipt]:
    if not original:
        return []
    blocks = _BLANK_LINE.split(part.body()[: limits.HEADER_BYTES].strip(), maxsplit=limits.RECEIPTS)
    found = [_recipient_block(Headers.read(block), original) for block in blocks]
    return [receipt for receipt in found if receipt][: limits.RECEIPTS]


def _recipient_block(fields: Headers, original: str) -> Receipt | None:
    state = _STATES.get(fields.text("action").lower())
    recipient = _typed(fields, "original-recipient") or _typed(fields, "final-recipient")
    if state is None or not recipient:
        return None
    reason = fields.text("diagnostic-code").partition(";")[2].strip() or fields.text("diagnostic-code")
    return Receipt(external_id=original, recipient=recipient, state=state, code=fields.text("status")[:20], reason=reason[:500])


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


_QUOTED_ID = re.compile(r"^[> \t]{0,20}Message-ID:\s{0,10}(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE)
_LOOKED_AT = 65_536


def _formless(root: Part) -> list[Receipt]:
    """A bounce in a form of its own: the original's id is quoted somewhere, the recipients by one of many known phrases."""
    beginning = root.raw[root.start : root.start + _LOOKED_AT]
    ids = message_ids(_QUOTED_ID.findall(decode_bytes(beginning, ""))[:1])
    if not ids:
        return []
    failed = {fold_address(address) for address in root.headers.first("x-failed-recipients")[:2000].split(",")}
    delayed: set[str] = set()
    if not any(failed):
        delayed, failed = _known_phrases(root.raw[:_LOOKED_AT])
    reason = clean_line(root.headers.text("subject"))[:500]
    return [
        *(Receipt(external_id=ids[0], recipient=address, state="failed", reason=reason) for address in sorted(failed) if address),
        *(Receipt(external_id=ids[0], recipient=address, state="delayed", reason=reason) for address in sorted(delayed) if address),
    ][: limits.RECEIPTS]


def _known_phrases(raw: bytes) -> tuple[set[str], set[str]]:
    try:
        temporary, permanent = all_failures(email.message_from_bytes(raw))
    except Exception:  # noqa: BLE001 - dozens of detectors meet whatever a stranger wrote; one that fails has found nothing
        return set(), set()
    return _folded(temporary), _folded(permanent)


def _folded(found: frozenset[bytes]) -> set[str]:
    return {fold_address(address.decode("utf-8", "replace")) for address in found}
