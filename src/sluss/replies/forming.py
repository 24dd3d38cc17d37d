"""What leaves, as it is read: the agent's words, the signature, and what they answer. In: words and a way. Out: text and HTML.

It is made once, when the answer is sent, and stored: every attempt and the timeline show the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.access import AttachmentRow
from sluss.cases.models import attachments
from sluss.channels.addressing import new_external_id
from sluss.kernel.actors import Actor
from sluss.kernel.text_html import html_of_text, page_of
from sluss.kernel.tx import Tx
from sluss.replies.quoting import quoted_message
from sluss.replies.signatures import Lines, signature_html, signature_of, signature_text
from sluss.replies.targets import Target

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Letter(msgspec.Struct, frozen=True):
    """The whole of what leaves. `html` is empty where the way carries none."""

    text: str
    html: str = ""


def form_answer(tx: Tx, who: Actor, target: Target, words: str, pictures: dict[str, str]) -> Letter:
    """An answer by its way; where letters are written, with signature and quotation. `pictures` are content ids by name."""
    if not target.capabilities.is_letter:
        return Letter(words)
    quoted = quoted_message(tx, who, target.conversation_id) if target.inbox.settings.get("quote_history", True) else None
    return letter_of(words, pictures, signature_of(tx, who, target.inbox), quoted)


def letter_of(words: str, pictures: dict[str, str], signature: Lines, below: tuple[str, str] | None) -> Letter:
    """Words, signature and what stands below them."""
    texts, pages = [words.strip("\n")], [html_of_text(words, {name: f"cid:{one}" for name, one in pictures.items()})]
    if signature:
        texts.append(f"-- \n{signature_text(signature)}")
        pages.append(signature_html(signature))
    if below is not None:
        texts.append(below[0])
        pages.append(below[1])
    return Letter("\n\n".join(texts), page_of("\n<br>\n".join(pages)))


def place_pictures(tx: Tx, who: Actor, files: Sequence[AttachmentRow], words: str, address: str) -> dict[str, str]:
    """Give those of the files whose `[name]` stands in the text a content id, by name (T9: no other file can be named at all)."""
    placed: dict[str, str] = {}
    c = attachments.c
    for one in files:
        if one.media_type in PICTURES and one.name not in placed and f"[{one.name}]" in words:
            placed[one.name] = new_external_id(address)
            tx.run(sa.update(attachments).where(c.workspace_id == who.workspace_id, c.id == one.id).values(content_id=placed[one.name]))
    return placed
