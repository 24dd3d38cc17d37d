"""Customers as a list. In: words, or nothing. Out: those that the reader may see, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.contacts import contacts_visible_to
from sluss.cases.models import cases
from sluss.channels.handles import shown_address
from sluss.contacts.models import contacts, identities, identity_profiles
from sluss.customers.reading import marks_of
from sluss.customers.screens import Customers, Line, Person
from sluss.kernel.actors import Actor
from sluss.kernel.search import Stretch, find_contacts
from sluss.kernel.terms import question_of
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx

PAGE, LONGEST, HITS = 30, 200, 2_000


def list_customers(tx: Tx, who: Actor, query: str, after: str) -> Customers:
    """One page."""
    asked = clean_line(query)[:LONGEST]
    c = contacts.c
    wanted = contacts_visible_to(who)
    if asked:
        wanted &= c.id.in_([one.id for one in find_contacts(tx, who, question_of(asked), Stretch(limit=HITS))])
    if after.isascii() and after.isdigit() and len(after) < 19:
        wanted &= c.id < int(after)
    rows = tx.rows(sa.select(c.id, c.name).where(wanted).order_by(c.id.desc()).limit(PAGE + 1))
    page = rows[:PAGE]
    return Customers(
        query=asked,
        lines=_lines(tx, who, page),
        after=str(page[-1].id) if len(rows) > PAGE else "",
        may_make=who.role in {"admin", "lead", "agent"},
    )


def _lines(tx: Tx, who: Actor, rows: Sequence[sa.Row[Any]]) -> tuple[Line, ...]:
    ids = [row.id for row in rows]
    i, c = identities.c, cases.c
    known: dict[int, tuple[str, ...]] = {}
    p = identity_profiles.c
    joined = identities.outerjoin(identity_profiles, (p.workspace_id == i.workspace_id) & (p.identity_id == i.id))
    theirs = (i.workspace_id == who.workspace_id) & i.contact_id.in_(ids)
    for row in tx.rows(sa.select(i.contact_id, i.address, p.handle).select_from(joined).where(theirs).order_by(i.id)):
        known[row.contact_id] = (*known.get(row.contact_id, ()), row.handle or shown_address(row.address))
    counted = sa.select(c.contact_id, sa.func.count().label("number"), sa.func.max(c.active_at).label("at"))
    seen = tx.rows(counted.where(visible_to(who), c.contact_id.in_(ids)).group_by(c.contact_id))
    about = {row.contact_id: (row.number, row.at) for row in seen}
    marks = marks_of(tx, who, ids)
    return tuple(
        Line(
            person=Person(str(row.id), row.name),
            addresses=known.get(row.id, ()),
            cases=about.get(row.id, (0, None))[0],
            at=about.get(row.id, (0, None))[1],
            marks=marks.get(row.id, ()),
        )
        for row in rows
    )
