"""Saying something, and doing something about what was said. In: an outgoing message, or a deed. Out: what Telegram made of it.

There is no key by which Telegram would know a message again: whatever ends without an answer stays unknown, and is never sent blindly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Outbound, OutboundFile, Refused, ResultUnknown, Sent
from sluss.channels.deeds import Deed
from sluss.channels.telegram.bot import Bots, HandOver
from sluss.channels.telegram.entities import units
from sluss.channels.telegram.keys import Place, Spot, bot_of, message_key, place_of, private_thread, public_thread, spot_of
from sluss.channels.telegram.refusals import Moved
from sluss.channels.telegram.updates import object_of
from sluss.kernel.clock import SECOND
from sluss.kernel.multipart import FormFile
from sluss.kernel.words import say

TEXT = 4096
CAPTION = 1024
PICTURE = 10_000_000
FILE = 50_000_000
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
_WAYS = {"video/mp4": ("sendVideo", "video"), "audio/mpeg": ("sendAudio", "audio"), "audio/mp4": ("sendAudio", "audio")}
_ALREADY = ("message is not modified", "message to delete not found", "message to edit not found", "message_id_invalid")
"""What Telegram says of what stands so already."""


class Call(msgspec.Struct, frozen=True):
    """One call of the interface that makes one message."""

    method: str
    fields: dict[str, Any]
    files: tuple[FormFile, ...] = ()


async def send_message(bots: Bots, connection: Connection, outbound: Outbound, hand_over: HandOver) -> Sent:
    """Send once. A group that has moved said no to the first call, so the second is no repeat."""
    place = place_to(outbound)
    moved = ""
    call = call_for(outbound, place)
    try:
        said = await bots.act(connection, call.method, hand_over, call.files, **call.fields)
    except Moved as error:
        place = msgspec.structs.replace(place, chat=error.chat)
        call = call_for(msgspec.structs.replace(outbound, answers=""), place)
        said = await bots.act(connection, call.method, hand_over, call.files, **call.fields)
        moved = _thread_after(outbound, place)
    except Refused as error:
        # Only in groups is it one chat that was written to too fast; alone with a person it is the bot itself.
        raise _widened(error) if outbound.visibility == "private" and error.wait else error from None
    number = object_of(said).get("message_id")
    if not isinstance(number, int):
        raise ResultUnknown(say("Telegram's answer names no message."))
    key = message_key(bot_of(connection), place, number)
    thread = moved or ("" if place_of(outbound.thread_key) is not None else private_thread(place))
    return Sent(say("taken by Telegram"), external_ids=(key,), thread_key=thread)


def place_to(outbound: Outbound) -> Place:
    """Where a message goes: its thread, else the private chat of whom it is for."""
    place = place_of(outbound.thread_key)
    if place is not None:
        return place
    address = outbound.recipient.address
    if not address.removeprefix("-").isdigit() or len(address) > 20:
        raise Refused("recipient", say("Telegram knows people by a number, and this customer has none there."), permanent=True)
    return Place(chat=int(address))


def call_for(outbound: Outbound, place: Place) -> Call:
    """The one call that a message is."""
    answered = spot_of(outbound.answers or outbound.follows)
    fields: dict[str, Any] = {"chat_id": place.chat}
    fields |= {"message_thread_id": place.topic} if place.topic else {}
    fields |= {"business_connection_id": place.business} if place.business else {}
    if outbound.visibility == "public" and answered is not None and answered.place.chat == place.chat:
        fields["reply_parameters"] = {"message_id": answered.message, "allow_sending_without_reply": True}
    if len(outbound.files) > 1:
        raise Refused("files", say("Telegram takes one file with a message. Send them one after the other."), permanent=True)
    if outbound.files:
        return _with_file(outbound, fields, outbound.files[0])
    if units(outbound.text) > TEXT:
        raise Refused("length", say("The text is longer than Telegram takes. Send it in parts."), permanent=True)
    return Call("sendMessage", fields | {"text": outbound.text})


async def do_deed(bots: Bots, connection: Connection, deed: Deed, hand_over: HandOver) -> str:
    """One deed; all of them can be repeated, so what is unknown is simply done again."""
    spot = spot_of(deed.external_id)
    if deed.kind in {"block", "unblock"}:
        method, fields = _ban(deed)
    elif spot is None:
        raise Refused("message", say("Telegram's number of this message is not known, so nothing can be done about it."), permanent=True)
    else:
        method, fields = _about(deed, spot)
    try:
        await bots.act(connection, method, hand_over, **fields)
    except Moved as error:
        raise Refused(
            "moved", say("The group has another number now; what was said before cannot be changed by a bot."), permanent=True
        ) from error
    except Refused as error:
        if any(part in error.reason.lower() for part in _ALREADY):
            return say("It stands so already.")
        if deed.kind != "edit" or "no text in the message" not in error.reason.lower():
            raise
        fields["caption"] = fields.pop("text")
        await bots.act(connection, "editMessageCaption", hand_over, **fields)
    return say("done by Telegram")


def _with_file(outbound: Outbound, fields: dict[str, Any], file: OutboundFile) -> Call:
    if len(file.data) > FILE:
        raise Refused("size", say("Telegram takes files of at most 50 MB from a bot."), permanent=True)
    if units(outbound.text) > CAPTION:
        sentence = say("A text that goes with a file may have 1,024 characters. Send the two one after the other.")
        raise Refused("caption", sentence, permanent=True)
    method, field = _WAYS.get(file.media_type, ("sendDocument", "document"))
    if file.media_type in _PICTURES and len(file.data) <= PICTURE:
        method, field = "sendPhoto", "photo"
    caption = {"caption": outbound.text} if outbound.text.strip() else {}
    return Call(method, fields | caption, (FormFile(field, file.name, file.media_type, file.data),))


def _thread_after(outbound: Outbound, place: Place) -> str:
    """The key of a thread whose group has another number now."""
    author = outbound.thread_key.rpartition(":")[2]
    return public_thread(place, int(author)) if outbound.thread_key.startswith("p:") else private_thread(place)


def _widened(error: Refused) -> Refused:
    return Refused(error.code, error.reason, permanent=error.permanent, wait=max(error.wait, SECOND), whole_inbox=True)


def _ban(deed: Deed) -> tuple[str, dict[str, Any]]:
    place = place_of(deed.thread_key)
    if place is None or deed.visibility != "public" or not deed.author.address.removeprefix("-").isdigit():
        raise Refused("block", say("A bot can ban people in groups only."), permanent=True)
    user = {"chat_id": place.chat, "user_id": int(deed.author.address)}
    return ("banChatMember", user) if deed.kind == "block" else ("unbanChatMember", user | {"only_if_banned": True})


def _about(deed: Deed, spot: Spot) -> tuple[str, dict[str, Any]]:
    here: dict[str, Any] = {"chat_id": spot.place.chat, "message_id": spot.message}
    business = {"business_connection_id": spot.place.business} if spot.place.business else {}
    match deed.kind:
        case "delete" if business:
            return "deleteBusinessMessages", {**business, "message_ids": [spot.message]}
        case "delete":
            return "deleteMessage", here
        case "edit" if deed.of == "out":
            return "editMessageText", here | business | {"text": deed.value}
        case "react" if not business:
            return "setMessageReaction", here | {"reaction": _reactions(deed.value)}
        case _:
            raise Refused("deed", say("Telegram does not let a bot do this."), permanent=True)


def _reactions(emoji: str) -> Sequence[dict[str, str]]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []
