"""Saying something by a number. In: an `Outbound`, or a deed. Out: `Sent`, or an exception of the contract.

Taken is not delivered: what comes of it is told by statuses, to which our key goes along. Nothing can be asked for later, so what ends
without an answer stays unknown until a status tells.
"""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Outbound, OutboundFile, Refused, ResultUnknown, Sent, Unreachable
from sluss.channels.deeds import Deed
from sluss.channels.graph import Account, Graph, HandOver, Part, account_of
from sluss.channels.said import a_text, an_object, objects
from sluss.channels.whatsapp.people import Person, person_of, reach
from sluss.channels.whatsapp.settings import WhatsappSettings
from sluss.channels.whatsapp.templates import filled
from sluss.channels.whatsapp.verdicts import PAIR, PAIR_SECONDS
from sluss.channels.who import Address
from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.words import say

TEXT = 4096
CAPTION = 1024
DOCUMENT = 100_000_000
WINDOW = 24 * HOUR
_KINDS = {
    "image": (frozenset({"image/jpeg", "image/png"}), 5_000_000),
    "video": (frozenset({"video/mp4", "video/3gpp"}), 16_000_000),
    "audio": (frozenset({"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"}), 16_000_000),
}
"""What goes as what it is, up to which size; everything else is a document."""


class Sender:
    """Sends for one adapter."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def send(self, connection: Connection, settings: WhatsappSettings, outbound: Outbound, hand_over: HandOver) -> Sent:
        """One message to one person; files are brought before, and whoever is answered sees that they were read."""
        account, node = account_of(connection), f"{settings.phone_number_id}/messages"
        fields = place_of(outbound) | await self._content(account, settings, outbound)
        if settings.read_marks and outbound.answers.startswith("wamid.") and not outbound.automatic:
            await self._mark_read(account, node, outbound.answers)
        try:
            said = await self._graph.post(
                account, node, hand_over, messaging_product="whatsapp", biz_opaque_callback_data=outbound.external_id, **fields
            )
        except Refused as error:
            if error.code != PAIR:
                raise
            raise Refused(error.code, error.reason, permanent=False, wait=PAIR_SECONDS * SECOND) from error
        return _sent(outbound, said)

    async def perform(self, connection: Connection, settings: WhatsappSettings, deed: Deed, hand_over: HandOver) -> str:
        """React, block, unblock. WhatsApp knows no taking back and no changing of what was sent."""
        account, phone = account_of(connection), settings.phone_number_id
        whom = reach(deed.author.address, deed.facts)
        if not whom or deed.kind not in {"react", "block", "unblock"}:
            raise Refused("deed", say("WhatsApp does not let programs do this."), permanent=True)
        if deed.kind == "react":
            reaction = {"message_id": deed.external_id, "emoji": deed.value}
            fields: dict[str, Any] = {"recipient_type": "individual", "type": "reaction", "reaction": reaction, **whom}
            await self._graph.post(account, f"{phone}/messages", hand_over, messaging_product="whatsapp", **fields)
            return "reacted"
        users = [{"user": next(iter(whom.values()))}]
        act = self._graph.post if deed.kind == "block" else self._graph.delete
        await act(account, f"{phone}/block_users", hand_over, messaging_product="whatsapp", block_users=users)
        return f"{deed.kind}ed"

    async def _content(self, account: Account, settings: WhatsappSettings, outbound: Outbound) -> dict[str, Any]:
        if outbound.template is not None:
            return {"type": "template", "template": filled(outbound.template)}
        if len(outbound.files) > 1:
            raise Refused("files", say("WhatsApp takes one file with a message. Send them one after the other."), permanent=True)
        if not outbound.files:
            if len(outbound.text) > TEXT:
                raise Refused("length", say("The text is longer than WhatsApp takes. Send it in parts."), permanent=True)
            return {"type": "text", "text": {"body": outbound.text, "preview_url": False}}
        file = outbound.files[0]
        kind = kind_of(file)
        caption = _caption(outbound, kind)
        part = Part(file.name, file.media_type, file.data)
        fields = {"messaging_product": "whatsapp", "type": file.media_type}
        said = await self._graph.upload(account, f"{settings.phone_number_id}/media", fields, "file", part)
        named = {"filename": file.name} if kind == "document" else {}
        return {"type": kind, kind: {"id": a_text(said.get("id")), **caption, **named}}

    async def _mark_read(self, account: Account, node: str, message: str) -> None:
        """Two blue ticks; an answer waits for nothing less."""
        with contextlib.suppress(Refused, Unreachable, ResultUnknown):
            await self._graph.post(account, node, messaging_product="whatsapp", status="read", message_id=message)


def place_of(outbound: Outbound) -> dict[str, Any]:
    """Whom a message is for, as the network wants to be told."""
    kind, _, key = outbound.thread_key.partition(":")
    if kind == "group" and key:
        return {"recipient_type": "group", "to": key}
    whom = reach(outbound.recipient.address, outbound.facts)
    if not whom:
        raise Refused("recipient", say("WhatsApp knows people by a number or an id, and this customer has none there."), permanent=True)
    return {"recipient_type": "individual", **whom}


def kind_of(file: OutboundFile) -> str:
    """As what a file goes."""
    found = next((kind for kind, (types, most) in _KINDS.items() if file.media_type in types and len(file.data) <= most), "document")
    if found == "document" and len(file.data) > DOCUMENT:
        raise Refused("size", say("WhatsApp takes files of at most 100 MB."), permanent=True)
    return found


def _caption(outbound: Outbound, kind: str) -> dict[str, str]:
    if not outbound.text.strip():
        return {}
    if kind == "audio" or len(outbound.text) > CAPTION:
        raise Refused("caption", say("This text cannot go with the file. Send the two one after the other."), permanent=True)
    return {"caption": outbound.text}


def _sent(outbound: Outbound, said: dict[str, Any]) -> Sent:
    """The network's key, and whom it understood: a number may be written in two ways."""
    message = next(iter(objects(said.get("messages"))), an_object(None))
    contact = next(iter(objects(said.get("contacts"))), an_object(None))
    person = person_of({}, contact.get("wa_id"), contact.get("user_id")) or Person()
    held = a_text(message.get("message_status"))
    detail = say("held by WhatsApp for its quality") if held == "held_for_quality_assessment" else say("taken by WhatsApp")
    key = a_text(message.get("id"))
    if not key:
        raise ResultUnknown(say("WhatsApp's answer names no message."))
    sent = Sent(detail, external_ids=(key,))
    if outbound.thread_key.startswith(("dm:", "group:")) or not person.address:
        return sent
    return msgspec.structs.replace(sent, thread_key=person.thread, recipient=Address(person.address))
