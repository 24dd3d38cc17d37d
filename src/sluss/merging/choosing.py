"""Before cases are merged: which could be meant, and what would follow. In: a case and a few words. Out: candidates; consequences."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Priority, Status, other_inboxes, visible_to
from sluss.cases.models import cases, conversations, messages, notes
from sluss.channels.models import inboxes
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.schema import fields
from sluss.kernel.search import find_cases
from sluss.kernel.tx import Tx
from sluss.merging.standing import joined, standing_of
from sluss.people.models import agents
from sluss.replies.models import drafts

CANDIDATES = 12
MENTIONS = 200


class Candidate(CaseRow, frozen=True, kw_only=True):
    """A case that could be meant, with its customer's name."""

    contact_name: str


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What merging would do. `customers` are the two, where they are not one; `inboxes` those whose people will see all of it."""

    messages: int
    notes: int
    drafts: int
    status: Status
    priority: Priority
    owner: str
    customers: tuple[str, ...] = ()
    inboxes: tuple[str, ...] = ()


def candidates(tx: Tx, who: Actor, case: CaseRow, words: str) -> list[Candidate]:
    """Cases to merge with, the same customer's first, of those the newest; with words or a number only those that are named."""
    c = cases.c
    open_to = visible_to(who) & c.merged_into_id.is_(None) & (c.id != case.id)
    asked = words.strip().removeprefix("#").strip()
    if not asked:
        return _load(tx, open_to & (c.contact_id == case.contact_id))
    named = _load(tx, open_to & (c.number == int(asked))) if asked.isascii() and asked.isdigit() and len(asked) <= 15 else []
    ids = find_cases(tx, who, words, MENTIONS)
    found = {one.id: one for one in _load(tx, open_to & c.id.in_(ids), MENTIONS)}
    ranked = sorted(found.values(), key=lambda one: (one.contact_id != case.contact_id, ids.index(one.id)))
    return [*named, *(one for one in ranked if one not in named)][:CANDIDATES]


def effects_of(tx: Tx, who: Actor, target: CaseRow, source: CaseRow) -> Effects:
    """What would follow if the second case were merged into the first."""
    stands = joined(standing_of(target), standing_of(source))
    v, m = conversations.c, messages.c
    spoken = sa.select(v.id).where(v.workspace_id == who.workspace_id, v.case_id == source.id)
    said = sa.select(sa.func.count()).select_from(messages).where(m.workspace_id == who.workspace_id, m.conversation_id.in_(spoken))
    owner = sa.select(agents.c.name).where(agents.c.workspace_id == who.workspace_id, agents.c.id == stands.assignee_id)
    customers = () if target.contact_id == source.contact_id else tuple(customer_of(tx, who, one.contact_id) for one in (target, source))
    return Effects(
        messages=int(tx.value(said)),
        notes=_count(tx, notes, source),
        drafts=_count(tx, drafts, source),
        status=stands.status,
        priority=stands.priority,
        owner=str(tx.value(owner) or "") if stands.assignee_id else "",
        customers=customers,
        inboxes=seen_by_more(tx, who, (target, source)),
    )


def seen_by_more(tx: Tx, who: Actor, both: Sequence[CaseRow]) -> tuple[str, ...]:
    """Names of all inboxes at which either case is, where those of one are not those of the other; empty where nobody sees more."""
    also = other_inboxes(tx, who, [one.id for one in both])
    places = [{one.inbox_id, *also.get(one.id, ())} for one in both]
    if places[0] == places[1]:
        return ()
    c = inboxes.c
    named = sa.select(c.name).where(c.workspace_id == who.workspace_id, c.id.in_(places[0] | places[1])).order_by(c.name)
    return tuple(row.name for row in tx.rows(named))


def customer_of(tx: Tx, who: Actor, contact_id: int) -> str:
    """A customer by name and address."""
    c, i = contacts.c, identities.c
    name = str(tx.value(sa.select(c.name).where(c.workspace_id == who.workspace_id, c.id == contact_id)))
    known = sa.select(i.address).where(i.workspace_id == who.workspace_id, i.contact_id == contact_id).order_by(i.id).limit(1)
    address = str(tx.value(known) or "")
    return f"{name} ({address})" if address and address != name else name


def _load(tx: Tx, wanted: sa.ColumnElement[bool], most: int = CANDIDATES) -> list[Candidate]:
    c = contacts.c
    joined_with = cases.join(contacts, (c.workspace_id == cases.c.workspace_id) & (c.id == cases.c.contact_id))
    chosen = sa.select(*fields(Candidate, cases, contact_name=c.name)).select_from(joined_with)
    return tx.structs(Candidate, chosen.where(wanted).order_by(cases.c.active_at.desc()).limit(most))


def _count(tx: Tx, table: sa.Table, case: CaseRow) -> int:
    mine = (table.c.workspace_id == case.workspace_id) & (table.c.case_id == case.id)
    return int(tx.value(sa.select(sa.func.count()).select_from(table).where(mine)))
