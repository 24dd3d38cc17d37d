"""Everything that is kept of one contact, case by case. In: a contact. Out: plain values for JSON, and where the bytes lie.

Columns are given as they are stored, instants as ISO 8601 in UTC, ids as strings; what only our own workings need is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cards.models import card_answers, pushed_cards
from sluss.cases.models import (
    attachments,
    bystanders,
    case_tags,
    cases,
    conversations,
    message_faces,
    message_reactions,
    message_versions,
    messages,
    notes,
    posts,
    tags,
)
from sluss.channels.models import inboxes, visitors
from sluss.channels.registry import channel_named
from sluss.contacts.models import attribute_values, attributes, consent_purposes, consents, contact_notes, identities, identity_profiles
from sluss.intake.models import envelopes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import audit
from sluss.kernel.events import events
from sluss.kernel.tx import Tx
from sluss.kernel.types import Flag, Id, Instant
from sluss.outbox.models import attempts, carried, operations, other_forms
from sluss.people.models import agents
from sluss.privacy.models import contact_holds
from sluss.privacy.networks import posts_of, said_around
from sluss.privacy.orders import access_person
from sluss.privacy.reach import BLANKED
from sluss.privacy.visiting import visitors_of

INNER = frozenset(
    {"workspace_id", "asked", "holder", "fence", "held_until", "digest", "picture_digest", "raw", "position", "revision", "token_hash"}
)

Row = dict[str, Any]


class File(msgspec.Struct, frozen=True):
    """An attachment to be packed: its id, name and place in the store."""

    id: int
    name: str
    digest: str


class Raw(msgspec.Struct, frozen=True):
    """A message as it came in, under the name that it has in the zip; `raw` is None where it lies in the store."""

    name: str
    raw: bytes | None
    digest: str


class Gathered(msgspec.Struct, frozen=True):
    """Values of one case, or of what stands in other people's, with the bytes that belong to it."""

    about: Row
    files: tuple[File, ...]
    raws: tuple[Raw, ...]


def gather_person(tx: Tx, who: Actor, contact_id: int, *, with_notes: bool = True) -> Row:
    """The contact, its identities, and what is known beside what was said."""
    person = access_person(tx, who, contact_id)
    i, h = identities.c, contact_holds.c
    mine = (i.workspace_id == who.workspace_id) & (i.contact_id == contact_id)
    held = (h.workspace_id == who.workspace_id) & (h.contact_id == contact_id)
    told = {"id": str(person.id), "name": person.name, "language": person.language, "created_at": when(person.created_at)}
    deeds = _deeds(tx, who, ("contact", [contact_id]))
    told |= {"zone": person.zone, "identities": _plain(tx, identities, mine), "holds": _plain(tx, contact_holds, held)}
    came = (visitors.c.workspace_id == who.workspace_id) & visitors.c.id.in_(visitors_of(tx, who, contact_id))
    told |= {"visits": _plain(tx, visitors, came)} | _on_networks(tx, who, mine)
    return (
        told
        | {"proofs": {one[1]: one[2] for one in person.identities}, "audit": deeds}
        | _noted(tx, who, contact_id, with_notes=with_notes)
    )


def _on_networks(tx: Tx, who: Actor, mine: sa.ColumnElement[bool]) -> Row:
    """What networks told of the person, and what the person did there beside writing to us."""
    i, p, r = identities.c, identity_profiles.c, message_reactions.c
    known = tx.rows(sa.select(i.id, i.network, i.address).where(mine))
    told: Row = {
        "profiles": _plain(tx, identity_profiles, (p.workspace_id == who.workspace_id) & p.identity_id.in_([row.id for row in known]))
    }
    reacted = (r.workspace_id == who.workspace_id) & r.address.in_([row.address for row in known])
    told |= {"reacted": _plain(tx, message_reactions, reacted), "posts": [], "said_around": []}
    for row in known:
        told["posts"] += _plain(tx, posts, posts_of(who, row.network, row.address))
        told["said_around"] += _plain(tx, bystanders, said_around(who, row.network, row.address))
    return told


def _noted(tx: Tx, who: Actor, contact_id: int, *, with_notes: bool) -> Row:
    """What agents wrote down of the person, what they agreed to, and what other systems said."""
    v, a, s, p = attribute_values.c, attributes.c, consents.c, consent_purposes.c
    valued = attribute_values.join(attributes, (a.workspace_id == v.workspace_id) & (a.id == v.attribute_id))
    values = sa.select(a.label, v.value).select_from(valued).where(v.workspace_id == who.workspace_id, v.contact_id == contact_id)
    agreed = consents.join(consent_purposes, (p.workspace_id == s.workspace_id) & (p.id == s.purpose_id))
    said = sa.select(p.label, s.state, s.way, s.detail, s.at).select_from(agreed).where(s.workspace_id == who.workspace_id)
    return {
        "notes_about": _plain(tx, contact_notes, _theirs(contact_notes, who, contact_id)) if with_notes else [],
        "attributes": {row.label: row.value for row in tx.rows(values.order_by(a.place))},
        "consents": [
            {"purpose": row.label, "state": row.state, "way": row.way, "detail": row.detail, "at": when(row.at)}
            for row in tx.rows(said.where(s.contact_id == contact_id).order_by(s.id))
        ],
        "cards": _plain(tx, card_answers, _theirs(card_answers, who, contact_id)),
        "pushed_cards": _plain(tx, pushed_cards, _theirs(pushed_cards, who, contact_id)),
    }


def _theirs(table: sa.Table, who: Actor, contact_id: int) -> sa.ColumnElement[bool]:
    return (table.c.workspace_id == who.workspace_id) & (table.c.contact_id == contact_id)


def case_ids(tx: Tx, who: Actor, contact_id: int) -> list[int]:
    """The contact's cases, oldest first."""
    mine = (cases.c.workspace_id == who.workspace_id) & (cases.c.contact_id == contact_id)
    return [row.id for row in tx.rows(sa.select(cases.c.id).where(mine).order_by(cases.c.id))]


def gather_case(tx: Tx, who: Actor, case_id: int, *, with_notes: bool) -> Gathered:
    """One case with all that was said, sent and done in it."""
    ws = who.workspace_id
    c, v, m = cases.c, conversations.c, messages.c
    [case] = _plain(tx, cases, (c.workspace_id == ws) & (c.id == case_id))
    spoken = sa.select(v.id).where(v.workspace_id == ws, v.case_id == case_id)
    said = (m.workspace_id == ws) & m.conversation_id.in_(spoken)
    joined = case_tags.join(tags, (tags.c.workspace_id == case_tags.c.workspace_id) & (tags.c.id == case_tags.c.tag_id))
    names = sa.select(tags.c.name).select_from(joined).where(case_tags.c.workspace_id == ws, case_tags.c.case_id == case_id)
    case["tags"] = [row.name for row in tx.rows(names)]
    case["conversations"] = _plain(tx, conversations, (v.workspace_id == ws) & (v.case_id == case_id))
    ids, more = _messages(tx, who, said)
    happened = (events.c.workspace_id == ws) & (events.c.case_id == case_id) & (events.c.kind != BLANKED)
    case |= more | {"events": _plain(tx, events, happened), "audit": _deeds(tx, who, ("case", [case_id]))}
    hung = (attachments.c.workspace_id == ws) & attachments.c.message_id.in_(ids)
    if with_notes:
        noted = (notes.c.workspace_id == ws) & (notes.c.case_id == case_id)
        case["notes"] = _plain(tx, notes, noted)
        hung |= (attachments.c.workspace_id == ws) & attachments.c.note_id.in_(sa.select(notes.c.id).where(noted))
    return Gathered(case, _files(tx, hung), _raws(tx, who, ids))


def gather_elsewhere(tx: Tx, who: Actor, contact_id: int) -> Gathered:
    """What the person wrote in other people's cases; what others wrote there is theirs."""
    ws = who.workspace_id
    m, v = messages.c, conversations.c
    mine = sa.select(cases.c.id).where(cases.c.workspace_id == ws, cases.c.contact_id == contact_id)
    spoken = sa.select(v.id).where(v.workspace_id == ws, v.case_id.in_(mine))
    known = sa.select(identities.c.id).where(identities.c.workspace_id == ws, identities.c.contact_id == contact_id)
    ids, about = _messages(tx, who, (m.workspace_id == ws) & m.identity_id.in_(known) & m.conversation_id.not_in(spoken))
    return Gathered(about, _files(tx, (attachments.c.workspace_id == ws) & attachments.c.message_id.in_(ids)), _raws(tx, who, ids))


def names_of(tx: Tx, who: Actor) -> dict[str, str]:
    """Agents' names by id, for the readable page."""
    rows = tx.rows(sa.select(agents.c.id, agents.c.name).where(agents.c.workspace_id == who.workspace_id))
    return {str(row.id): row.name for row in rows}


def when(instant: int) -> str:
    """An instant for programs and people."""
    return datetime.fromtimestamp(instant / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _messages(tx: Tx, who: Actor, said: sa.ColumnElement[bool]) -> tuple[list[int], Row]:
    ids = [row.id for row in tx.rows(sa.select(messages.c.id).where(said).order_by(messages.c.id))]
    o, a, f = operations.c, attempts.c, attachments.c
    sent = (o.workspace_id == who.workspace_id) & o.message_id.in_(ids)
    tried = (a.workspace_id == who.workspace_id) & a.operation_id.in_(sa.select(o.id).where(sent))
    hung = (f.workspace_id == who.workspace_id) & f.message_id.in_(ids)
    about = {"messages": _plain(tx, messages, said), "attachments": _plain(tx, attachments, hung)}
    for name, table in {"faces": message_faces, "versions": message_versions, "reactions": message_reactions}.items():
        about[name] = _plain(tx, table, (table.c.workspace_id == who.workspace_id) & table.c.message_id.in_(ids))
    along = sa.select(carried.c.operation_id).where(carried.c.workspace_id == who.workspace_id, carried.c.message_id.in_(ids))
    formed = (other_forms.c.workspace_id == who.workspace_id) & other_forms.c.operation_id.in_(along)
    about |= {"mails": _plain(tx, other_forms, formed)}
    return ids, about | {"deliveries": _plain(tx, operations, sent), "attempts": _plain(tx, attempts, tried)}


def _files(tx: Tx, hung: sa.ColumnElement[bool]) -> tuple[File, ...]:
    a = attachments.c
    return tuple(File(*row) for row in tx.rows(sa.select(a.id, a.name, a.digest).where(hung).order_by(a.id)))


def _raws(tx: Tx, who: Actor, ids: Sequence[int]) -> tuple[Raw, ...]:
    e, i = envelopes.c, inboxes.c
    joined = envelopes.join(inboxes, (i.workspace_id == e.workspace_id) & (i.id == e.inbox_id))
    mine = (e.workspace_id == who.workspace_id) & e.message_id.in_(ids) & (e.size > 0)
    rows = tx.rows(sa.select(e.message_id, e.raw, e.digest, i.channel).select_from(joined).where(mine).order_by(e.id))
    return tuple(Raw(f"raw/{row.message_id}{'.eml' if _is_letter(row.channel) else '.bin'}", row.raw, row.digest) for row in rows)


def _is_letter(channel: str) -> bool:
    """Whether mail programs read what came in by a channel."""
    return channel_named(channel).capabilities.is_letter


def _deeds(tx: Tx, who: Actor, about: tuple[str, Iterable[int]]) -> list[Row]:
    kind, ids = about
    c = audit.c
    mine = (c.workspace_id == who.workspace_id) & (c.object_kind == kind) & c.object_id.in_(list(ids))
    names = ("id", "at", "actor_kind", "actor_id", "action", "data")
    return [
        {name: _value(c[name], getattr(row, name)) for name in names}
        for row in tx.rows(sa.select(*(c[name] for name in names)).where(mine).order_by(c.id))
    ]


def _plain(tx: Tx, table: sa.Table, where: sa.ColumnElement[bool]) -> list[Row]:
    """Rows without what only our workings need."""
    columns = [column for column in table.c if column.name not in INNER]
    order = table.c.id if "id" in table.c else columns[0]
    rows = tx.rows(sa.select(*columns).where(where).order_by(order))
    return [{column.name: _value(column, value) for column, value in zip(columns, row, strict=True)} for row in rows]


def _value(column: sa.Column[Any], value: Any) -> Any:
    if value is None or isinstance(column.type, Flag):
        return value
    if isinstance(column.type, Instant):
        return when(value) if 0 < value < 1 << 60 else None
    return str(value) if type(column.type) is Id else value
