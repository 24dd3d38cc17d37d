"""What Meta posts for a number, taken apart. In: a proven body. Out: one delivery for each message, each status, each news of the account.

One change of a body may hold many messages and many statuses; one that cannot be read must stand alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Posted
from sluss.channels.graph_hooks import Happened, event_key, events_in, pack
from sluss.channels.said import a_text, an_object, objects
from sluss.channels.whatsapp.understanding import KIND, number_in

LISTS = ("messages", "statuses", "message_echoes")


def deliver_parts(posted: Posted, connection: Connection) -> list[Delivered]:
    """The parts that are this number's, or its account's; what is no such body at all is kept whole."""
    events, at = events_in(posted.body, KIND), posted.received_at
    if events is None:
        return [Delivered(external_key=f"hook:{hashlib.sha256(posted.body).hexdigest()}", raw=posted.body, received_at=at)]
    parts = [part for event in events if _is_mine(event, connection) for part in _parts(event)]
    keyed = {event_key(part): part for part in parts}
    return [Delivered(external_key=key, raw=pack(part, KIND), received_at=at) for key, part in keyed.items()]


def accounts_of(body: bytes) -> set[str]:
    """The addresses of the inboxes that a body speaks to, unproven."""
    numbers = {number_in(an_object(event.said.get("value"))) for event in events_in(body, KIND) or []}
    return {f"whatsapp-{one}" for one in numbers if one}


def _is_mine(event: Happened, connection: Connection) -> bool:
    number = number_in(an_object(event.said.get("value")))
    if number:
        return number == a_text(connection.settings.get("phone_number_id"))
    return event.account == a_text(connection.settings.get("waba_id"))


def _parts(event: Happened) -> Iterator[Happened]:
    """An event for each thing that it tells; what else stands beside (whose they are) goes along with each."""
    value = an_object(event.said.get("value"))
    told = {name: objects(value.get(name)) for name in LISTS}
    if sum(map(len, told.values())) <= 1:
        yield event
        return
    rest: dict[str, Any] = {name: found for name, found in value.items() if name not in LISTS}
    for name, items in told.items():
        for one in items:
            yield msgspec.structs.replace(event, said={**event.said, "value": {**rest, name: [one]}})
