"""The conversations of a case, and whether others read along. In: a case, or many. Out: sides in order, marks for rows.

A case that goes by letters alone has none: there is nothing to choose, and nobody to warn of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.models import conversations, messages, threads
from sluss.channels.handles import shown_address
from sluss.contacts.models import identities
from sluss.desk.around import Around, Face
from sluss.desk.public_screens import Side
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

Mark = Literal["", "public", "both"]


def sides_of(tx: Tx, around: Around, case: CaseRow) -> tuple[Side, ...]:
    """Conversations with the customer, the one they spoke in last first; nothing for a case of letters alone."""
    shown = [(face, row) for row in _rows(tx, case) if (face := around.inboxes.get(row.inbox_id) or around.others.get(row.inbox_id))]
    by_network = any(not can.is_letter and not can.is_live for can in (face.can_at(row.visibility) for face, row in shown))
    return tuple(_side(face, row) for face, row in shown) if by_network else ()


def marks_of(tx: Tx, who: Actor, case_ids: Collection[int]) -> dict[int, Mark]:
    """Cases that others read along in; `both` have a private conversation besides."""
    if not case_ids:
        return {}
    v, t = conversations.c, threads.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    mine = (v.workspace_id == who.workspace_id) & v.case_id.in_(case_ids) & ~v.aside
    found: dict[int, Mark] = {}
    for row in tx.rows(sa.select(v.case_id, t.visibility).distinct().select_from(joined).where(mine).order_by(t.visibility)):
        if row.visibility == "public":
            found[row.case_id] = "both" if row.case_id in found else "public"
        else:
            found.setdefault(row.case_id, "")
    return {case_id: mark for case_id, mark in found.items() if mark}


def mark_of(sides: Sequence[Side]) -> Mark:
    """The same of one case whose sides are known."""
    seen = {side.visibility for side in sides}
    return "" if "public" not in seen else "both" if len(seen) > 1 else "public"


def _rows(tx: Tx, case: CaseRow) -> list[sa.Row[Any]]:
    v, t, i, m = conversations.c, threads.c, identities.c, messages.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id)).join(
        identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id)
    )
    spoken = sa.select(sa.func.max(m.at)).where(m.workspace_id == v.workspace_id, m.conversation_id == v.id, m.direction == "in")
    said_at = sa.func.coalesce(spoken.scalar_subquery(), 0).label("said_at")
    wanted = sa.select(v.id, v.opened_at, t.inbox_id, t.visibility, i.name, i.address, said_at).select_from(joined)
    mine = (v.workspace_id == case.workspace_id) & (v.case_id == case.id) & ~v.aside
    return sorted(tx.rows(wanted.where(mine)), key=lambda row: (row.said_at, row.opened_at), reverse=True)


def _side(face: Face, row: sa.Row[Any]) -> Side:
    return Side(
        conversation=str(row.id),
        visibility=row.visibility,
        icon=face.can_at(row.visibility).icon,
        label=face.label_at(row.visibility),
        account=face.name,
        person=row.name or shown_address(row.address),
        said_at=row.said_at,
    )
