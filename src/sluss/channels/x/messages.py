"""Direct messages of X in one form. In: JSON of version 2 or of a webhook. Out: values; encrypted ones without a text."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from sluss.channels.said import a_text, an_object, instant, objects, texts, whole
from sluss.channels.x.posts import Around, Medium, Person, medium_of, person_of, program_of, readable

_PAIR = re.compile(r"([0-9]{1,20})[:-]([0-9]{1,20})")


class XMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One direct message. `conversation` is the network's name of it; of two people the smaller number comes first."""

    id: str
    text: str
    sender: Person
    recipient: str
    conversation: str
    at: int
    media: tuple[Medium, ...] = ()
    program: str = ""
    is_encrypted: bool = False


def conversation_of(one: str, other: str) -> str:
    """How X calls the conversation of two people."""
    return "-".join(sorted((one, other), key=lambda number: (len(number), number)))


def normal(conversation: str) -> str:
    """A conversation's name in one form: X writes those of two people with a colon or a hyphen, and in either order."""
    found = _PAIR.fullmatch(conversation)
    return conversation_of(found[1], found[2]) if found else conversation


def is_group(conversation: str) -> bool:
    """Whether more than two people take part."""
    return _PAIR.fullmatch(conversation) is None


def classic_message_of(told: dict[str, Any], people: dict[str, Any], programs: dict[str, Any]) -> XMessage | None:
    """A message as webhooks bring it, with `users` and `apps` beside it; None for what is none."""
    said = an_object(told.get("message_create"))
    data = an_object(said.get("message_data"))
    sender, recipient = a_text(said.get("sender_id")), a_text(an_object(said.get("target")).get("recipient_id"))
    if told.get("type") != "message_create" or not a_text(told.get("id")) or not sender.isdigit():
        return None
    medium = an_object(an_object(data.get("attachment")).get("media"))
    program = an_object(programs.get(a_text(said.get("source_app_id")))).get("name")
    return XMessage(
        id=a_text(told.get("id")),
        text=readable(a_text(data.get("text")), data.get("entities")),
        sender=_named(sender, person_of(an_object(people.get(sender)))),
        recipient=recipient,
        conversation=normal(a_text(told.get("dm_conversation_id")) or a_text(said.get("dm_conversation_id")))
        or conversation_of(sender, recipient),
        at=whole(told.get("created_timestamp")) * 1_000,
        media=(medium_of(medium),) if medium else (),
        program=program_of(program),
    )


def message_of(told: dict[str, Any], around: Around, me: str) -> XMessage | None:
    """A message of version 2; None for what is none."""
    sender, conversation = a_text(told.get("sender_id")), normal(a_text(told.get("dm_conversation_id")))
    if told.get("event_type") not in {None, "MessageCreate"} or not a_text(told.get("id")).isdigit() or not sender.isdigit():
        return None
    pair = [one for one in conversation.split("-") if one != me]
    recipient = me if sender != me else next(iter(pair), "") if not is_group(conversation) else ""
    keys = texts(an_object(told.get("attachments")).get("media_keys"))
    return XMessage(
        id=a_text(told.get("id")),
        text=readable(a_text(told.get("text")), told.get("entities")),
        sender=_named(sender, around.people.get(sender)),
        recipient=recipient,
        conversation=conversation or conversation_of(sender, me),
        at=instant(told.get("created_at")),
        media=tuple(around.media.get(key) or Medium(key=key) for key in keys),
    )


def encrypted_of(told: dict[str, Any], people: list[dict[str, Any]]) -> XMessage | None:
    """A message that only X's own programs can read; None for what is none."""
    sender, conversation = a_text(told.get("sender_id")), normal(a_text(told.get("conversation_id")))
    if not a_text(told.get("id")) or not sender.isdigit() or not conversation:
        return None
    known = {person.id: person for person in map(person_of, people)}
    others = [one for one in conversation.split("-") if one != sender]
    return XMessage(
        id=a_text(told.get("id")),
        text="",
        sender=_named(sender, known.get(sender)),
        recipient=next(iter(others), "") if not is_group(conversation) else "",
        conversation=conversation,
        at=whole(told.get("created_at_msec")) * 1_000,
        is_encrypted=True,
    )


def messages_in(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a webhook's payload, which is one itself where nothing is listed."""
    return objects(payload.get("direct_message_events")) or ([payload] if "sender_id" in payload else [])


def _named(person_id: str, found: Person | None) -> Person:
    return found if found is not None and found.id == person_id else Person(id=person_id)
