"""One event, understood. In: a change of the webhook with one message or one status in it. Out: values of the contract.

Only this number's events are read: one account may have several numbers, and one app several accounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Inbound, Receipt, Understood, Unparsable
from sluss.channels.graph_hooks import events_in
from sluss.channels.happenings import Changed, Opened, Reacted
from sluss.channels.said import a_text, an_object, instant, objects
from sluss.channels.whatsapp.account import ACCOUNT, understand_account
from sluss.channels.whatsapp.content import said_in
from sluss.channels.whatsapp.people import Person, became, person_of
from sluss.channels.whatsapp.verdicts import reason_of
from sluss.channels.who import Address
from sluss.kernel.text import clean_line
from sluss.kernel.words import say

KIND = "whatsapp_business_account"
STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
_OURS = re.compile(r"[a-z2-7]{24}@.{3,200}")
"""The keys that Sluss gives to its messages; see `channels/addressing.py`."""


def understand_event(delivered: Delivered, connection: Connection) -> list[Understood]:
    """All that a delivery says of this number. Raises `Unparsable`."""
    events = events_in(delivered.raw, KIND)
    if events is None:
        raise Unparsable(say("This is nothing that WhatsApp posts."))
    found: list[Understood] = []
    for event in events:
        value = an_object(event.said.get("value"))
        if number_in(value) in {"", a_text(connection.settings.get("phone_number_id"))}:
            found += _Reading(delivered, connection, value).read(a_text(event.said.get("field")))
    return found


def number_in(value: dict[str, Any]) -> str:
    """The id of the number that an event is about; empty where it is about the account."""
    return a_text(an_object(value.get("metadata")).get("phone_number_id"))


class _Reading:
    def __init__(self, delivered: Delivered, connection: Connection, value: dict[str, Any]) -> None:
        self._delivered, self._connection, self._value = delivered, connection, value

    def read(self, field: str) -> list[Understood]:
        if field == "messages":
            said = [one for message in objects(self._value.get("messages")) for one in self._message(message)]
            return [*said, *(one for status in objects(self._value.get("statuses")) for one in self._status(status))]
        if field == "smb_message_echoes":
            return [one for echo in objects(self._value.get("message_echoes")) for one in self._echo(echo)]
        if field == "user_id_update":
            return self._renumbered()
        return understand_account(field, self._value) if field in ACCOUNT else []

    def _message(self, message: dict[str, Any]) -> list[Understood]:
        person = person_of(self._value, message.get("from"), message.get("from_user_id"))
        at = instant(message.get("timestamp")) or self._delivered.received_at
        kind = a_text(message.get("type"))
        if person is None:
            return []
        if kind in _SPECIAL:
            return _SPECIAL[kind](message, person, at)
        if not a_text(message.get("id")):
            raise Unparsable(say("This message of WhatsApp's bears no key, so a repeat of it could not be known."))
        known = became([person.number], person.scoped) if person.scoped else []
        return [*known, self._inbound(message, person, at)]

    def _inbound(self, message: dict[str, Any], person: Person, at: int) -> Inbound:
        said, key = said_in(message), a_text(message.get("id"))
        parent = a_text(an_object(message.get("context")).get("id"))
        group = clean_line(a_text(message.get("group_id")))[:100]
        return Inbound(
            external_id=key,
            dedupe_key=key,
            sender=person.as_address,
            subject="",
            text=said.text,
            fresh=said.text,
            references=(parent,) if parent else (),
            sent_at=at,
            thread_key=f"group:{group}" if group else person.thread,
            visibility="private",
            kind="referral" if message.get("referral") and not said.kind else said.kind,
            parent_key=parent,
            facts=person.facts | said.facts | _circumstances(message),
            wanted=said.wanted,
            profile=person.profile,
        )

    def _echo(self, echo: dict[str, Any]) -> list[Understood]:
        """Typed in the WhatsApp Business app on the telephone."""
        person = person_of(self._value, echo.get("to"), echo.get("to_user_id"))
        at, kind = instant(echo.get("timestamp")) or self._delivered.received_at, a_text(echo.get("type"))
        if person is None:
            return []
        if kind in {"edit", "revoke"}:
            return [msgspec.structs.replace(one, by="us") for one in _SPECIAL[kind](echo, person, at) if isinstance(one, Changed)]
        if kind in _SPECIAL or not a_text(echo.get("id")):
            return []
        ours = Address(self._connection.address, self._connection.name)
        found = self._inbound(echo, person, at)
        return [
            msgspec.structs.replace(
                found, direction="out", origin="native", sender=ours, to=(person.as_address,), opens=False, profile=None, author=ours
            )
        ]

    def _status(self, status: dict[str, Any]) -> list[Understood]:
        """How far a message has come. One that bears a key of ours is ours; of others WhatsApp does not say what is in them."""
        state, key = STATES.get(a_text(status.get("status"))), a_text(status.get("id"))
        if state is None or not key:
            return []
        ours = a_text(status.get("biz_opaque_callback_data"))
        error = next(iter(objects(status.get("errors"))), an_object(None))
        fields: dict[str, Any] = {"external_id": key, "recipient": "", "state": state}
        fields |= {"code": a_text(error.get("code")), "reason": reason_of(error)} if state == "failed" else {}
        person = person_of({}, status.get("recipient_id"), status.get("recipient_user_id"))
        if _OURS.fullmatch(ours):
            return [Receipt(**fields, echo_of=ours)]
        if person is None or state == "failed":
            return [Receipt(**fields)]
        foreign = say("Another program has answered here. WhatsApp tells that something was sent, but not what it says.")
        return [Receipt(**fields, thread_key=person.thread, foreign=foreign)]

    def _renumbered(self) -> list[Understood]:
        """Whoever changes the telephone number gets another id."""
        found: list[Understood] = []
        for one in (*objects(self._value.get("user_id_update")), self._value):
            ids = an_object(one.get("user_id"))
            before = person_of({}, "", ids.get("previous") or one.get("previous_user_id"))
            after = person_of({}, "", ids.get("current") or one.get("new_user_id"))
            found += became([before.address], after.address) if before is not None and after is not None else []
        return found


def _reacted(message: dict[str, Any], person: Person, at: int) -> list[Understood]:
    part = an_object(message.get("reaction"))
    key, emoji = a_text(part.get("message_id")), clean_line(a_text(part.get("emoji")))[:20]
    reacted = Reacted(external_id=key, sender=person.as_address, emoji=emoji or "👍", at=at, on=bool(emoji), thread_key=person.thread)
    return [reacted] if key else []


def _edited(message: dict[str, Any], _person: Person, at: int) -> list[Understood]:
    part = an_object(message.get("edit"))
    key, said = a_text(part.get("original_message_id")), said_in(an_object(part.get("message")))
    return [Changed(external_id=key, what="edited", at=at, text=said.text, by="author")] if key else []


def _revoked(message: dict[str, Any], _person: Person, at: int) -> list[Understood]:
    key = a_text(an_object(message.get("revoke")).get("original_message_id"))
    return [Changed(external_id=key, what="removed", at=at, by="author")] if key else []


def _system(message: dict[str, Any], person: Person, _at: int) -> list[Understood]:
    """Another number, another id: the same person goes on."""
    part = an_object(message.get("system"))
    after = person_of({}, part.get("wa_id") or part.get("new_wa_id"), part.get("user_id"))
    if after is None or not a_text(part.get("type")).startswith(("user_changed", "customer_changed")):
        return []
    return [*became([person.number, person.scoped], after.address)]


def _welcomed(_message: dict[str, Any], person: Person, at: int) -> list[Understood]:
    """The chat was opened for the first time, and nothing said yet."""
    return [Opened(thread_key=person.thread, at=at)]


_SPECIAL: dict[str, Callable[[dict[str, Any], Person, int], list[Understood]]] = {
    "reaction": _reacted,
    "edit": _edited,
    "revoke": _revoked,
    "system": _system,
    "request_welcome": _welcomed,
}


def _circumstances(message: dict[str, Any]) -> dict[str, Any]:
    """Whether it was passed on, what advertisement led here, which product it is about."""
    context, ad = an_object(message.get("context")), an_object(message.get("referral"))
    product = a_text(an_object(context.get("referred_product")).get("product_retailer_id"))
    forwarded = context.get("forwarded") is True or context.get("frequently_forwarded") is True
    names = ("source_url", "source_type", "source_id", "headline", "body")
    told = {name: clean_line(a_text(ad.get(name)))[:500] for name in names if a_text(ad.get(name))}
    found: dict[str, Any] = {"ad": told} if told else {}
    return found | ({"forwarded": True} if forwarded else {}) | ({"product": clean_line(product)[:200]} if product else {})
