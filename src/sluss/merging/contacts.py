"""Two customers who turn out to be one, and one who turns out to be two. In: contacts, or an address. Out: one record, or two.

Messages keep the identity that wrote them, so everything can be taken back: what came later through an identity goes with that identity.
Where both have a value, that of the one who stays is kept; the other stands in the log until one of them is erased.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cards.models import card_answers, pushed_cards
from sluss.cases.actions import refresh_case
from sluss.cases.contacts import access_contact, work_on_contact
from sluss.cases.indexing import index_case
from sluss.cases.models import cases, conversations, threads
from sluss.contacts.indexing import index_contacts
from sluss.contacts.models import attribute_values, consents, contact_notes, contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.search import remove_texts
from sluss.kernel.tx import Tx
from sluss.merging.log import GONE
from sluss.merging.models import contact_moved, contact_moves, contact_returns
from sluss.people.models import agents

Whose = Literal["kept", "other"]
UNFINISHED = ("open", "pending", "snoozed")
LIVE = 200
"""Cases of which lists are told at once."""

_erasures = sa.table("erasures", sa.column("workspace_id"), sa.column("contact_id"), sa.column("state"))
_exports = sa.table("exports", sa.column("workspace_id"), sa.column("id"), sa.column("contact_id"))
_holds = sa.table(
    "contact_holds", sa.column("workspace_id"), sa.column("contact_id"), sa.column("reason"), sa.column("agent_id"), sa.column("at")
)
_MOVED: Mapping[str, Any] = {
    "identity": identities,
    "case": cases,
    "note": contact_notes,
    "consent": consents,
    "export": _exports,
}

HANGING: Mapping[str, Literal["moves", "joins", "asked anew", "stays"]] = {
    **dict.fromkeys(("identities", "cases", "contact_notes", "consents", "exports", "pushed_cards"), "moves"),
    **dict.fromkeys(("attribute_values", "contact_holds"), "joins"),
    "card_answers": "asked anew",
    "contact_moves": "stays",
}
"""What becomes of every table with a contact; one that nobody thought of fails a test."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a contact beside what hangs on it. `values` are its attributes' rows."""

    name: str
    language: str
    language_said: bool
    zone: str
    values: tuple[dict[str, Any], ...] = ()


class Both(msgspec.Struct, frozen=True):
    """Both contacts before a move, and what the one that stays was called after it."""

    source: Known
    target: Known
    after: Known


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Whose name, language and time zone the one record has."""

    name: Whose = "kept"
    language: Whose = "kept"
    zone: Whose = "kept"


class Returned(msgspec.Struct, frozen=True):
    """Two contacts again; `kept` names what stayed since somebody changed it."""

    source_id: int
    target_id: int
    kept: tuple[str, ...]


def merge_contacts(tx: Tx, who: Actor, kept_id: int, gone_id: int, choice: Choice) -> int:
    """Make two contacts one. Both must be the actor's to change (T7). Returns the move's id."""
    if kept_id == gone_id:
        raise Invalid({"other": "Choose another customer than this one."})
    _hold(tx, who, (kept_id, gone_id))
    target, source = _known(tx, who, kept_id), _known(tx, who, gone_id)
    things = _carry(tx, who, gone_id, kept_id)
    things += _join_values(tx, who, source, target, kept_id) + _join_hold(tx, who, gone_id, kept_id)
    after = _chosen(source, target, choice)
    _call(tx, who, kept_id, after)
    _call(tx, who, gone_id, _NOBODY, merged_into_id=kept_id)
    _ask_anew(tx, who, (kept_id, gone_id))
    return _write_down(tx, who, ("merge", gone_id, kept_id), Both(source, target, after), things)


def part_identity(tx: Tx, who: Actor, contact_id: int, identity_id: int) -> int:
    """Give one address a contact of its own, with the cases that came by it alone. Returns the move's id."""
    _hold(tx, who, (contact_id,))
    i = identities.c
    mine = (i.workspace_id == who.workspace_id) & (i.contact_id == contact_id)
    known = {row.id: row.name or row.address for row in tx.rows(sa.select(i.id, i.name, i.address).where(mine))}
    if identity_id not in known:
        raise Missing
    if len(known) == 1:
        raise Invalid({"identity": "This is the only address of this customer."})
    source = _known(tx, who, contact_id)
    new_id = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": new_id, "name": known[identity_id], "language": source.language, "created_at": tx.now}
    tx.run(sa.insert(contacts), row | {"made_by": who.id if who.kind == "agent" else None})
    things = [("identity", identity_id), *(("case", one) for one in _cases_by(tx, who, contact_id, {identity_id}))]
    _move(tx, who, things, new_id)
    _move_cards(tx, who, [identity_id], new_id)
    _ask_anew(tx, who, (contact_id,))
    after = _known(tx, who, new_id)
    return _write_down(tx, who, ("part", contact_id, new_id), Both(source, after, after), things)


def undo_contact_move(tx: Tx, who: Actor, move_id: int) -> Returned:
    """Two again, or one again: every identity with what came by it since. What was noted since stays where it was noted."""
    row = _access(tx, who, move_id)
    both = msgspec.convert(row.before, Both)
    things = [(one.kind, one.thing_id) for one in tx.rows(_things(who, move_id))]
    try:
        _hold(tx, who, (row.from_id, row.to_id), merged=row.from_id if row.kind == "merge" else 0)
    except Missing:
        raise Missing(GONE) from None
    if tx.row(sa.select(contact_returns.c.at).where(_of_move(contact_returns, who, move_id))) is not None:
        raise Conflict("This was taken back already.")
    came = [one for kind, one in things if kind == "identity"]
    _require_there(tx, who, came, row.to_id)
    later = _cases_by(tx, who, row.to_id, set(came), since=move_id)
    _move(tx, who, _still_at(tx, who, [*things, *(("case", one) for one in later)], row.to_id), row.from_id)
    _move_cards(tx, who, came, row.from_id)
    kept = _part_values(tx, who, both, things, row) if row.kind == "merge" else _close(tx, who, row)
    _ask_anew(tx, who, (row.from_id, row.to_id))
    tx.run(sa.insert(contact_returns), {"workspace_id": who.workspace_id, "move_id": move_id, "at": tx.now, **_actor(who)})
    _tell(tx, who, (row.from_id, row.to_id), [one for kind, one in things if kind == "case"])
    note_deed(tx, who, "contact.move_undone", ("contact", row.to_id), other=str(row.from_id), move=str(move_id))
    return Returned(row.from_id, row.to_id, kept)


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A move of a contact that can be taken back; `name` is what the other was called."""

    id: int
    kind: str
    at: int
    by: str
    name: str


def merged_here(tx: Tx, who: Actor, contact_id: int) -> list[Earlier]:
    """What was merged into a contact, or parted from it, and not taken back; newest first."""
    m, r, a = contact_moves.c, contact_returns.c, agents.c
    joined = contact_moves.outerjoin(contact_returns, (r.workspace_id == m.workspace_id) & (r.move_id == m.id))
    joined = joined.outerjoin(agents, (a.workspace_id == m.workspace_id) & (a.id == m.actor_id))
    here = ((m.kind == "merge") & (m.to_id == contact_id)) | ((m.kind == "part") & (m.from_id == contact_id))
    chosen = sa.select(m.id, m.kind, m.at, m.before, a.name).select_from(joined)
    rows = tx.rows(chosen.where(m.workspace_id == who.workspace_id, here, r.move_id.is_(None)).order_by(m.id.desc()).limit(20))
    return [Earlier(id=row.id, kind=row.kind, at=row.at, by=row.name or "Sluss", name=_other_name(row)) for row in rows]


def lead_on_contact(tx: Tx, who: Actor, contact_id: int) -> int:
    """The contact that an id means now; another one if it was merged."""
    c, asked = contacts.c, contact_id
    while (into := tx.value(sa.select(c.merged_into_id).where(c.workspace_id == who.workspace_id, c.id == contact_id))) is not None:
        contact_id = int(into)
    return contact_id if contact_id == asked else access_contact(tx, who, contact_id).id


_NOBODY = Known(name="", language="", language_said=False, zone="")


def _hold(tx: Tx, who: Actor, contact_ids: Sequence[int], merged: int = 0) -> None:
    """The contacts, held until the end, in one order for everybody; nobody who is merged but the one that is to come back."""
    for one in sorted(set(contact_ids) - {merged}):
        work_on_contact(tx, who, one)
    c = contacts.c
    these = (c.workspace_id == who.workspace_id) & c.id.in_(contact_ids)
    rows = tx.rows(sa.select(c.id, c.merged_into_id).where(these).order_by(c.id).with_for_update(key_share=True))
    if any(row.merged_into_id is not None and row.id != merged for row in rows):
        raise Conflict("This customer was merged into another one. Take that back first, or go on there.")
    e = _erasures.c
    asked = (e.workspace_id == who.workspace_id) & e.contact_id.in_(contact_ids) & e.state.in_(("asked", "waiting", "running"))
    if tx.row(sa.select(e.state).where(asked)) is not None:
        raise Conflict("This customer is to be erased, and stays as it is until then.")


def _known(tx: Tx, who: Actor, contact_id: int) -> Known:
    c, v = contacts.c, attribute_values.c
    mine = (c.workspace_id == who.workspace_id) & (c.id == contact_id)
    [row] = tx.rows(sa.select(c.name, c.language, c.language_said, c.zone).where(mine))
    held = sa.select(v.attribute_id, v.value, v.at, v.agent_id).where(v.workspace_id == who.workspace_id, v.contact_id == contact_id)
    values = tuple({str(name): value for name, value in one.items()} for one in tx.run(held.order_by(v.attribute_id)).mappings())
    return Known(name=row.name, language=row.language, language_said=bool(row.language_said), zone=row.zone, values=values)


def _chosen(source: Known, target: Known, choice: Choice) -> Known:
    tongue = source if choice.language == "other" else target
    return Known(
        name=source.name if choice.name == "other" else target.name,
        language=tongue.language,
        language_said=tongue.language_said,
        zone=source.zone if choice.zone == "other" else target.zone,
    )


def _carry(tx: Tx, who: Actor, source_id: int, target_id: int) -> list[tuple[str, int]]:
    things: list[tuple[str, int]] = []
    for kind, table in _MOVED.items():
        mine = sa.select(table.c.id).where(table.c.workspace_id == who.workspace_id, table.c.contact_id == source_id)
        things += [(kind, row.id) for row in tx.rows(mine)]
    _move(tx, who, things, target_id)
    _move_cards(tx, who, [one for kind, one in things if kind == "identity"], target_id)
    return things


def _move(tx: Tx, who: Actor, things: Sequence[tuple[str, int]], contact_id: int) -> None:
    for kind, table in _MOVED.items():
        ids = [one for what, one in things if what == kind]
        for start in range(0, len(ids), 400):
            these = (table.c.workspace_id == who.workspace_id) & table.c.id.in_(ids[start : start + 400])
            tx.run(sa.update(table).where(these).values(contact_id=contact_id))


def _still_at(tx: Tx, who: Actor, things: Sequence[tuple[str, int]], contact_id: int) -> list[tuple[str, int]]:
    """Those of the things that are where the move had brought them."""
    found: list[tuple[str, int]] = []
    for kind, table in _MOVED.items():
        ids = sorted({one for what, one in things if what == kind})
        there = sa.select(table.c.id).where(table.c.workspace_id == who.workspace_id, table.c.contact_id == contact_id, table.c.id.in_(ids))
        found += [(kind, row.id) for row in tx.rows(there)]
    return found


def _join_values(tx: Tx, who: Actor, source: Known, target: Known, target_id: int) -> list[tuple[str, int]]:
    """Attributes that the one who stays has no value for; what both have is the log's alone."""
    there = {one["attribute_id"] for one in target.values}
    fresh = [one for one in source.values if one["attribute_id"] not in there]
    if fresh:
        key = {"workspace_id": who.workspace_id, "contact_id": target_id}
        tx.run(sa.insert(attribute_values), [key | one for one in fresh])
    return [("attribute", one["attribute_id"]) for one in fresh]


def _join_hold(tx: Tx, who: Actor, source_id: int, target_id: int) -> list[tuple[str, int]]:
    """A hold on one is a hold on both."""
    h = _holds.c
    rows = {
        row.contact_id: row
        for row in tx.rows(sa.select(_holds).where(h.workspace_id == who.workspace_id, h.contact_id.in_((source_id, target_id))))
    }
    if source_id not in rows or target_id in rows:
        return []
    held = rows[source_id]
    row = {"workspace_id": who.workspace_id, "contact_id": target_id, "reason": held.reason, "agent_id": held.agent_id, "at": held.at}
    tx.run(sa.insert(_holds), row)
    return [("hold", target_id)]


def _call(tx: Tx, who: Actor, contact_id: int, known: Known, merged_into_id: int | None = None) -> None:
    this = (contacts.c.workspace_id == who.workspace_id) & (contacts.c.id == contact_id)
    named = {"name": known.name, "language": known.language, "language_said": known.language_said, "zone": known.zone}
    tx.run(sa.update(contacts).where(this).values(**named, merged_into_id=merged_into_id))
    if merged_into_id is not None:
        v = attribute_values.c
        tx.run(sa.delete(attribute_values).where(v.workspace_id == who.workspace_id, v.contact_id == contact_id))


def _move_cards(tx: Tx, who: Actor, identity_ids: Sequence[int], contact_id: int) -> None:
    """Cards that programs put stand with the identity that they were put for; of one source the newest."""
    p = pushed_cards.c
    these = (p.workspace_id == who.workspace_id) & p.identity_id.in_(identity_ids) & (p.contact_id != contact_id)
    there = {row.source for row in tx.rows(sa.select(p.source).where(p.workspace_id == who.workspace_id, p.contact_id == contact_id))}
    tx.run(sa.delete(pushed_cards).where(these, p.source.in_(there)))
    tx.run(sa.update(pushed_cards).where(these).values(contact_id=contact_id))


def _ask_anew(tx: Tx, who: Actor, contact_ids: Sequence[int]) -> None:
    """What other systems said was said of other addresses."""
    k = card_answers.c
    tx.run(sa.delete(card_answers).where(k.workspace_id == who.workspace_id, k.contact_id.in_(contact_ids)))


def _cases_by(tx: Tx, who: Actor, contact_id: int, identity_ids: set[int], since: int = 0) -> list[int]:
    """The contact's cases, newer than an id, whose every conversation with the customer is with one of the identities."""
    c, v, t = cases.c, conversations.c, threads.c
    joined = cases.join(conversations, (v.workspace_id == c.workspace_id) & (v.case_id == c.id) & ~v.aside)
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & (c.id > since)
    by_case: dict[int, set[int]] = {}
    for row in tx.rows(sa.select(c.id, t.identity_id).select_from(joined).where(mine)):
        by_case.setdefault(row.id, set()).add(row.identity_id)
    return sorted(case_id for case_id, known in by_case.items() if known <= identity_ids)


def _require_there(tx: Tx, who: Actor, identity_ids: Sequence[int], contact_id: int) -> None:
    i = identities.c
    rows = tx.rows(sa.select(i.contact_id).where(i.workspace_id == who.workspace_id, i.id.in_(identity_ids)))
    if any(row.contact_id != contact_id for row in rows):
        raise Conflict("Some of these addresses were moved on since. Take that back first.")


def _part_values(tx: Tx, who: Actor, both: Both, things: Sequence[tuple[str, int]], row: sa.Row[Any]) -> tuple[str, ...]:
    """Each has its own again, as far as nobody changed it."""
    now = _known(tx, who, row.to_id)
    same = (now.name, now.language, now.zone) == (both.after.name, both.after.language, both.after.zone)
    _call(tx, who, row.to_id, both.target if same else now)
    _call(tx, who, row.from_id, both.source)
    v, h = attribute_values.c, _holds.c
    brought = {int(one["attribute_id"]): one for one in both.source.values}
    moved = {one for kind, one in things if kind == "attribute"}
    unchanged = [one["attribute_id"] for one in now.values if one["attribute_id"] in moved and one == brought.get(one["attribute_id"])]
    tx.run(sa.delete(attribute_values).where(v.workspace_id == who.workspace_id, v.contact_id == row.to_id, v.attribute_id.in_(unchanged)))
    if both.source.values:
        key = {"workspace_id": who.workspace_id, "contact_id": row.from_id}
        tx.run(sa.insert(attribute_values), [key | one for one in both.source.values])
    if any(kind == "hold" for kind, _ in things):
        tx.run(sa.delete(_holds).where(h.workspace_id == who.workspace_id, h.contact_id == row.to_id))
    return () if same else ("name",)


def _close(tx: Tx, who: Actor, row: sa.Row[Any]) -> tuple[str, ...]:
    """The contact that a parting had made leads back, and what was written of it goes along."""
    _carry(tx, who, row.to_id, row.from_id)
    _join_values(tx, who, _known(tx, who, row.to_id), _known(tx, who, row.from_id), row.from_id)
    _join_hold(tx, who, row.to_id, row.from_id)
    _call(tx, who, row.to_id, _NOBODY, merged_into_id=row.from_id)
    return ()


def _write_down(tx: Tx, who: Actor, deed: tuple[str, int, int], both: Both, things: Sequence[tuple[str, int]]) -> int:
    kind, from_id, to_id = deed
    key, move_id = {"workspace_id": who.workspace_id}, tx.new_id()
    row = {"id": move_id, "kind": kind, "from_id": from_id, "to_id": to_id, "at": tx.now, "before": both}
    tx.run(sa.insert(contact_moves), key | row | _actor(who))
    between = {"move_id": move_id, "from_id": from_id, "to_id": to_id}
    if things:
        tx.run(sa.insert(contact_moved), [key | between | {"kind": what, "thing_id": one} for what, one in things])
    _tell(tx, who, (from_id, to_id), [one for what, one in things if what == "case"])
    note_deed(tx, who, f"contact.{kind}", ("contact", to_id), other=str(from_id), move=str(move_id))
    return move_id


def _tell(tx: Tx, who: Actor, contact_ids: Sequence[int], case_ids: Sequence[int]) -> None:
    """The search, and lists that show one of the cases."""
    c = contacts.c
    merged = sa.select(c.id).where(c.workspace_id == who.workspace_id, c.id.in_(contact_ids), c.merged_into_id.is_not(None))
    gone = [row.id for row in tx.rows(merged)]
    remove_texts(tx, who, gone)
    index_contacts(tx, who, [one for one in contact_ids if one not in gone])
    k = cases.c
    for start in range(0, len(case_ids), 400):
        some = case_ids[start : start + 400]
        live = sa.select(k.id).where(k.workspace_id == who.workspace_id, k.id.in_(some), k.status.in_(UNFINISHED)).limit(LIVE)
        for row in tx.rows(live):
            refresh_case(tx, who, row.id)
    for case_id in case_ids:
        index_case(tx, who, case_id)


def _other_name(row: sa.Row[Any]) -> str:
    both = msgspec.convert(row.before, Both)
    return both.source.name if row.kind == "merge" else both.target.name


def _access(tx: Tx, who: Actor, move_id: int) -> sa.Row[Any]:
    row = tx.row(sa.select(contact_moves).where(contact_moves.c.workspace_id == who.workspace_id, contact_moves.c.id == move_id))
    if row is None:
        raise Missing(GONE)
    return row


def _things(who: Actor, move_id: int) -> sa.Select[Any, Any]:
    return sa.select(contact_moved.c.kind, contact_moved.c.thing_id).where(_of_move(contact_moved, who, move_id))


def _of_move(table: sa.Table, who: Actor, move_id: int) -> sa.ColumnElement[bool]:
    return (table.c.workspace_id == who.workspace_id) & (table.c.move_id == move_id)


def _actor(who: Actor) -> dict[str, Any]:
    return {"actor_kind": who.kind, "actor_id": who.id}
