"""Saving the form of an inbox, unless somebody else changed the inbox while it was open."""

from __future__ import annotations

import hashlib

import msgspec

from sluss.channels.inboxes import Inbox, InboxFields, access_inbox, change_inbox, teams_of
from sluss.channels.registry import placed_form
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx


class InboxChange(msgspec.Struct, frozen=True, kw_only=True):
    """A form that comes back. `seen` is what `seen_of` said when it was made; empty: it overwrites whatever is there."""

    inbox_id: int
    seen: str
    fields: InboxFields


def save_fields(tx: Tx, who: Actor, sealer: Sealer, change: InboxChange) -> None:
    """Change an inbox. What its form does not show stays as it is: how long it reopens, and an address that Sluss made."""
    before = access_inbox(tx, who, change.inbox_id)
    if change.seen and change.seen != seen_of(tx, who, before):
        raise Invalid({"": "Somebody changed this inbox while you were writing. Save again to put yours in place of theirs."})
    address = before.address if placed_form(before.channel) else change.fields.address
    change_inbox(tx, who, sealer, change.inbox_id, msgspec.structs.replace(change.fields, address=address, reopen_days=before.reopen_days))


def seen_of(tx: Tx, who: Actor, inbox: Inbox) -> str:
    """A mark that changes with anything that the form of an inbox shows."""
    shown = (inbox.name, inbox.address, inbox.settings, teams_of(tx, who, inbox.id))
    return hashlib.blake2b(msgspec.json.encode(shown, order="sorted"), digest_size=9).hexdigest()
