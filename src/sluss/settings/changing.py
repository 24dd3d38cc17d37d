"""Saving the form of an inbox, unless somebody else changed the inbox while it was open."""

from __future__ import annotations

import hashlib

import msgspec

from sluss.channels.inboxes import Inbox, InboxFields, access_inbox, change_inbox, teams_of
from sluss.channels.registry import DeclaredForm, declared_form, placed_form
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
    fields = msgspec.structs.replace(change.fields, reopen_days=before.reopen_days)
    if placed_form(before.channel):
        fields = msgspec.structs.replace(fields, address=before.address)
    elif declared := declared_form(before.channel):
        fields = _same_account(declared, before, fields)
    change_inbox(tx, who, sealer, change.inbox_id, fields)


def _same_account(declared: DeclaredForm, before: Inbox, fields: InboxFields) -> InboxFields:
    """A network's account keeps what its form does not show, and its address: another account is another inbox."""
    settings = before.settings | fields.settings
    address = declared.address_of(settings, fields.secrets)
    if address and address != before.address:
        raise Invalid({"": "This would be another account. Add an inbox for it, so that each keeps its own cases."})
    return msgspec.structs.replace(fields, settings=settings, address=before.address)


def seen_of(tx: Tx, who: Actor, inbox: Inbox) -> str:
    """A mark that changes with anything that the form of an inbox shows."""
    shown = (inbox.name, inbox.address, inbox.settings, teams_of(tx, who, inbox.id))
    return hashlib.blake2b(msgspec.json.encode(shown, order="sorted"), digest_size=9).hexdigest()
