"""Notes about a contact, whichever case is open. In: what agents should know of somebody. Out: rows, pinned ones first.

Whoever calls has made sure that the actor may see the contact. A removed note can be brought back for a day, then it is gone.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.contacts.models import contact_notes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx

LONGEST = 5_000
MOST = 100


class ContactNote(msgspec.Struct, frozen=True, kw_only=True):
    """One note; instants in microseconds UTC."""

    id: int
    agent_id: int
    text: str
    at: int
    changed_at: int | None
    pinned: bool


def list_notes(tx: Tx, who: Actor, contact_id: int) -> list[ContactNote]:
    """Pinned ones first, then the newest."""
    c = contact_notes.c
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & c.removed_at.is_(None)
    chosen = sa.select(*fields(ContactNote, contact_notes)).where(mine)
    return tx.structs(ContactNote, chosen.order_by(c.pinned.desc(), c.id.desc()).limit(MOST))


def write_contact_note(tx: Tx, who: Actor, contact_id: int, text: str) -> int:
    """Write one. Returns its id."""
    if who.kind != "agent":
        raise Forbidden("Only agents write notes.")
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "contact_id": contact_id, "agent_id": who.id, "text": _text(text)}
    tx.run(sa.insert(contact_notes), row | {"at": tx.now, "changed_at": None, "pinned": False, "removed_at": None})
    note_deed(tx, who, "contact.note", ("contact", contact_id), note=str(row["id"]))
    return int(row["id"])


def change_contact_note(tx: Tx, who: Actor, contact_id: int, note_id: int, text: str) -> str:
    """Write one's own note anew; leaders may mend anybody's. Returns the text before."""
    row = _access(tx, who, contact_id, note_id)
    _require_own(who, row)
    _change(tx, who, note_id, text=_text(text), changed_at=tx.now)
    note_deed(tx, who, "contact.note_changed", ("contact", contact_id), note=str(note_id))
    return str(row.text)


def pin_contact_note(tx: Tx, who: Actor, contact_id: int, note_id: int, pinned: bool) -> None:  # noqa: FBT001 - a form passes them by position
    """Keep a note on top, or let it sink."""
    _access(tx, who, contact_id, note_id)
    _change(tx, who, note_id, pinned=pinned)
    note_deed(tx, who, "contact.note_pinned", ("contact", contact_id), note=str(note_id), pinned=pinned)


def remove_contact_note(tx: Tx, who: Actor, contact_id: int, note_id: int) -> None:
    """Take a note away."""
    _require_own(who, _access(tx, who, contact_id, note_id))
    _change(tx, who, note_id, removed_at=tx.now)
    note_deed(tx, who, "contact.note_removed", ("contact", contact_id), note=str(note_id))


def restore_contact_note(tx: Tx, who: Actor, contact_id: int, note_id: int) -> None:
    """Bring a note back."""
    _require_own(who, _access(tx, who, contact_id, note_id, removed=True))
    _change(tx, who, note_id, removed_at=None)
    note_deed(tx, who, "contact.note_restored", ("contact", contact_id), note=str(note_id))


def forget_removed_notes(tx: Tx, who: Actor) -> None:  # noqa: ARG001 - recurring work is called so
    """Removed notes go for good after a day."""
    tx.run(sa.delete(contact_notes).where(contact_notes.c.removed_at < tx.now - DAY))


def _access(tx: Tx, who: Actor, contact_id: int, note_id: int, *, removed: bool = False) -> sa.Row[Any]:
    c = contact_notes.c
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & (c.id == note_id)
    row = tx.row(sa.select(contact_notes).where(mine, c.removed_at.is_not(None) if removed else c.removed_at.is_(None)))
    if row is None:
        raise Missing
    return row


def _require_own(who: Actor, row: sa.Row[Any]) -> None:
    if row.agent_id != who.id and who.role not in {"admin", "lead"}:
        raise Forbidden("Only who wrote this note, or a lead, changes it.")


def _change(tx: Tx, who: Actor, note_id: int, **values: object) -> None:
    c = contact_notes.c
    tx.run(sa.update(contact_notes).where(c.workspace_id == who.workspace_id, c.id == note_id).values(**values))


def _text(text: str) -> str:
    body = clean_text(text).strip()
    if not body:
        raise Invalid({"text": "Write the note first."})
    if len(body) > LONGEST:
        raise Invalid({"text": "A note about a customer holds at most 5,000 characters."})
    return body
