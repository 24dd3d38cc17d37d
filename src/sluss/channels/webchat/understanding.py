"""What a visitor did, as an envelope. In: the values of a request. Out: bytes to be kept, and from them a message or receipts.

Whoever makes an envelope has made sure whose it is: nothing in it is taken from a page's word for who somebody is.
"""

from __future__ import annotations

import re

import msgspec

from sluss.channels.contract import Address, Delivered, Inbound, InboundFile, Receipt, Understood, Unparsable
from sluss.channels.handles import visitor_handle
from sluss.kernel.errors import Invalid
from sluss.kernel.text import clean_line, clean_text, fits, shorten
from sluss.kernel.words import say

TEXT = 10_000
TEXT_BYTES = 40_000
NAME = 80
FILES = 5
FILE_NAME = 200
NEWS = 200
"""Messages that one envelope of receipts tells of."""

_KEY = re.compile(r"[A-Za-z0-9_-]{16,40}")


class ChatFile(msgspec.Struct, frozen=True):
    """A file that a visitor sent along."""

    name: str
    media_type: str
    data: bytes


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True, tag="message"):
    """What a visitor wrote. `key` was made by the browser, so that a second sending is known; `subject` is whom the visitor proved to be.

    `visitor_id` is the visitor whose thread it goes to; `sent_at` the browser's own clock, in microseconds UTC.
    """

    visitor_id: int
    key: str
    text: str
    name: str = ""
    subject: str = ""
    files: tuple[ChatFile, ...] = ()
    sent_at: int | None = None


class ChatReceipt(msgspec.Struct, frozen=True, kw_only=True, tag="receipt"):
    """How far answers came: their network keys (`messages.external_id`). They count only in the thread of the visitor."""

    visitor_id: int
    delivered: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


def read_text(written: str) -> str:
    """A message fit to send on. Raises `Invalid` for `text` where it is too long; empty when nothing can be seen of it."""
    text = clean_text(written).strip()
    if not fits(text, max_bytes=TEXT_BYTES, max_graphemes=TEXT):
        raise Invalid({"text": say("This message is too long: a chat takes at most 10,000 characters. Send it in parts.")})
    return text


def is_client_key(text: str) -> bool:
    """Whether a browser may have made it."""
    return _KEY.fullmatch(text) is not None


def encode(said: ChatMessage | ChatReceipt) -> bytes:
    """The envelope's bytes. Texts must have been cleaned: half of a surrogate pair has no bytes."""
    return msgspec.msgpack.encode(said)


def external_key(said: ChatMessage) -> str:
    """The name by which a repeat of the envelope is known."""
    return f"chat:{said.visitor_id}:{said.key}"


def external_id(visitor_id: int, key: str) -> str:
    """The name by which the message itself is known."""
    return f"{key}.{visitor_id}@chat.invalid"


def understand_chat(delivered: Delivered, chat: str) -> list[Understood]:
    """A message, or receipts. Raises `Unparsable`."""
    try:
        said = msgspec.msgpack.decode(delivered.raw, type=ChatMessage | ChatReceipt)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unparsable(say("This is nothing that a chat has sent.")) from error
    return [_inbound(said, chat)] if isinstance(said, ChatMessage) else _receipts(said)


def _inbound(said: ChatMessage, chat: str) -> Inbound:
    if not is_client_key(said.key) or said.visitor_id <= 0:
        raise Unparsable(say("This chat message bears no key, so a repeat of it could not be known."))
    text = shorten(clean_text(said.text).strip(), max_bytes=TEXT_BYTES, max_graphemes=TEXT)
    known = external_id(said.visitor_id, said.key)
    return Inbound(
        external_id=known,
        dedupe_key=known,
        sender=Address(visitor_handle(chat, said.visitor_id, said.subject), clean_line(said.name)[:NAME]),
        subject="",
        text=text,
        fresh=text,
        thread_key=str(said.visitor_id),
        proof="pass" if said.subject else "",
        files=tuple(_file(one) for one in said.files[:FILES]),
        sent_at=said.sent_at,
    )


def _file(one: ChatFile) -> InboundFile:
    return InboundFile(clean_line(one.name)[:FILE_NAME] or "file", clean_line(one.media_type)[:FILE_NAME].lower(), one.data)


def _receipts(said: ChatReceipt) -> list[Understood]:
    """What was read was delivered before; a message is told of once."""
    delivered = [one for one in dict.fromkeys(said.delivered) if one not in said.read]
    read = list(dict.fromkeys(said.read))
    thread = str(said.visitor_id)
    return [
        *(Receipt(external_id=one, recipient="", state="delivered", thread_key=thread) for one in delivered[:NEWS]),
        *(Receipt(external_id=one, recipient="", state="read", thread_key=thread) for one in read[:NEWS]),
    ]
