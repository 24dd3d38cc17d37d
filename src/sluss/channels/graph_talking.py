"""Saying something in private by a page or a professional account. In: an `Outbound`. Out: `Sent`, or an exception of the contract.

A message is one call: text, or one file that was brought before. Our key goes along as `metadata`, and comes back in the echo.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from sluss.channels.contract import Address, Outbound, OutboundFile, Refused, Sent
from sluss.channels.deeds import Deed
from sluss.channels.graph import Account, Graph, HandOver, Part
from sluss.channels.graph_talk import thread_of
from sluss.channels.said import a_text, an_object, instant, objects
from sluss.kernel.clock import HOUR, MINUTE
from sluss.kernel.words import say

WINDOW = 24 * HOUR
LATE = 168 * HOUR
REMEMBERED = 2000
AGAIN = 2 * MINUTE
NOT_OWNER = "10/2018300"

_KINDS = ("image", "video", "audio")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where is spoken: `node` is whose `messages` are posted to, `platform` as conversations name it, `human` allows the late tag."""

    account: Account
    node: str
    own: str
    platform: str
    human: bool = False
    has_metadata: bool = True


class Remembered(msgspec.Struct, frozen=True):
    """What was handed over, to find it again when no answer came: to whom or under which post, and under which comment there."""

    person: str
    text: str
    at: int
    parent: str = ""


class Handed:
    """What one process handed over and has no answer to, and the keys of what was answered: those are no answer to anything else."""

    def __init__(self) -> None:
        self._open = OrderedDict[str, Remembered]()
        self._taken = OrderedDict[str, None]()

    def note(self, external_id: str, what: Remembered) -> None:
        self._open[external_id] = what
        while len(self._open) > REMEMBERED:
            self._open.popitem(last=False)

    def get(self, external_id: str) -> Remembered | None:
        return self._open.get(external_id)

    def taken(self, external_id: str, key: str) -> None:
        """The network answered with its key."""
        self._open.pop(external_id, None)
        self._taken[key] = None
        while len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)

    def is_free(self, key: str) -> bool:
        """Whether the network's key was not yet the answer to anything."""
        return bool(key) and key not in self._taken


class Talking:
    """Sends for one adapter, and remembers for a while what it handed over."""

    def __init__(self, graph: Graph, now: Callable[[], int]) -> None:
        self._graph, self._now = graph, now
        self._handed = Handed()

    async def send(self, place: Place, outbound: Outbound, hand_over: HandOver) -> Sent:
        """One message to one person. A conversation that another program holds is taken over, once."""
        fields: dict[str, Any] = {"recipient": recipient_of(outbound), "message": await self._message(place, outbound)}
        fields |= {} if outbound.is_private_reply else self._window(place, outbound)
        person = "" if outbound.is_private_reply else outbound.recipient.address
        found = await sent_before(
            outbound, self._now(), partial(self._find, place, Remembered(person, outbound.text.strip(), outbound.sent_at))
        )
        if found is not None:
            return found
        self._handed.note(outbound.external_id, Remembered(person, outbound.text.strip(), self._now()))
        try:
            said = await self._graph.post(place.account, f"{place.node}/messages", hand_over, **fields)
        except Refused as error:
            if error.code != NOT_OWNER or outbound.is_private_reply:
                raise
            await self._graph.post(place.account, f"{place.node}/take_thread_control", recipient=fields["recipient"])
            said = await self._graph.post(place.account, f"{place.node}/messages", **fields)
        return self._sent(outbound, said)

    async def look_up(self, place: Place, external_id: str) -> Sent | None:
        """Whether the talk has it. Meta does not give our key back there, so its words and the moment must do."""
        handed = self._handed.get(external_id)
        return await self._find(place, handed) if handed is not None else None

    async def react(self, place: Place, deed: Deed, hand_over: HandOver) -> str:
        """React to a message, or with no emoji take the reaction back."""
        payload = {"message_id": deed.external_id} | ({"reaction": deed.value} if deed.value else {})
        action = "react" if deed.value else "unreact"
        person = {"id": deed.author.address}
        await self._graph.post(place.account, f"{place.node}/messages", hand_over, recipient=person, sender_action=action, payload=payload)
        return action

    async def _message(self, place: Place, outbound: Outbound) -> dict[str, Any]:
        metadata = {"metadata": outbound.external_id} if place.has_metadata else {}
        if len(outbound.files) == 0:
            return {"text": outbound.text, **metadata}
        one, *others = outbound.files
        if others or outbound.text.strip():
            raise Refused("files", say("Meta takes each file as a message of its own, without text."), permanent=True)
        return {"attachment": {"type": file_kind(one), "payload": {"attachment_id": await self._bring(place, one)}}, **metadata}

    async def _bring(self, place: Place, one: OutboundFile) -> str:
        message = {"attachment": {"type": file_kind(one), "payload": {"is_reusable": False}}}
        fields = {"message": msgspec.json.encode(message).decode()} | ({"platform": "instagram"} if place.platform == "instagram" else {})
        part = Part(one.name, one.media_type, one.data)
        said = await self._graph.upload(place.account, f"{place.node}/message_attachments", fields, "filedata", part)
        return a_text(said.get("attachment_id"))

    async def _find(self, place: Place, handed: Remembered) -> Sent | None:
        if not handed.person or not handed.text:
            return None
        asked = {"user_id": handed.person, "platform": place.platform, "fields": "messages.limit(20){id,message,from,created_time}"}
        said = await self._graph.get(place.account, f"{place.node}/conversations", **asked)
        talks = [objects(an_object(one.get("messages")).get("data")) for one in objects(said.get("data"))]
        for one in (message for talk in talks for message in talk):
            ours = a_text(an_object(one.get("from")).get("id")) == place.own
            same = a_text(one.get("message")).strip() == handed.text
            key = a_text(one.get("id"))
            if ours and same and self._handed.is_free(key) and instant(one.get("created_time")) >= handed.at - MINUTE:
                return Sent("found in the conversation", external_ids=(key,))
        return None

    def _window(self, place: Place, outbound: Outbound) -> dict[str, str]:
        """How the message stands in Meta's rules. The late tag says that a person writes, so no machine may bear it."""
        age = self._now() - outbound.opened_at
        if not outbound.opened_at or age <= WINDOW:
            return {"messaging_type": "RESPONSE"}
        if outbound.automatic or not place.human:
            reason = say("Meta allows this only within 24 hours of the customer’s last word. Wait for them, or answer by another way.")
            raise Refused("window", reason, permanent=True)
        if age > LATE:
            reason = say("Meta allows no answer later than seven days after the customer’s last word. Answer by another way.")
            raise Refused("window", reason, permanent=True)
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}

    def _sent(self, outbound: Outbound, said: dict[str, Any]) -> Sent:
        mid, person = a_text(said.get("message_id")), a_text(said.get("recipient_id"))
        self._handed.taken(outbound.external_id, mid)
        keys = (mid,) if mid else ()
        if not person:
            return Sent(f"accepted as {mid}", external_ids=keys)
        return Sent(f"accepted as {mid}", external_ids=keys, thread_key=thread_of(person), recipient=Address(person))


async def sent_before(outbound: Outbound, now: int, find: Callable[[], Awaitable[Sent | None]]) -> Sent | None:
    """What is sent late may be the second try of something whose answer was lost, even with another process: it is looked for first."""
    if not outbound.text.strip() or now - outbound.sent_at < AGAIN:
        return None
    try:
        return await find()
    except Refused:
        return None


def recipient_of(outbound: Outbound) -> dict[str, str]:
    """Who is meant: a person, or whoever wrote a comment or a post."""
    if not outbound.is_private_reply:
        return {"id": outbound.recipient.address}
    return {"post_id" if outbound.facts.get("item") in {"post", "review"} else "comment_id": outbound.answers}


def file_kind(one: OutboundFile) -> str:
    """Meta's word for a file."""
    kind = one.media_type.partition("/")[0]
    return kind if kind in _KINDS else "file"
