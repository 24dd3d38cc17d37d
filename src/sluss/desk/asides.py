"""What is said beside the customer, gathered by conversation. In: the items of a stretch. Out: the same, with each such talk in one place.

A talk stands where it was last spoken in, so that an answer that has just come is at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.asides import PASSED
from sluss.cases.models import conversations, messages, threads
from sluss.desk.item_screens import Item, Message, SideThread
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.replies.recipients import written
from sluss.replies.siding import people_of


def gather_asides(tx: Tx, who: Actor, items: Sequence[Item], focus: int | None = None) -> list[Item]:
    """Items with the messages of each conversation beside the customer as one."""
    groups: dict[str, list[Message]] = {}
    for one in items:
        if isinstance(one, Message) and one.aside:
            groups.setdefault(one.aside, []).append(one)
    if not groups:
        return list(items)
    newest = {group[-1].id: group for group in groups.values()}
    known = _known(tx, who, list(map(int, groups)))
    last = max((int(one.id) for one in items if isinstance(one, Message) and not one.aside), default=0)
    shown: list[Item] = []
    for one in items:
        if not (isinstance(one, Message) and one.aside):
            shown.append(one)
        elif one.id in newest:
            group = newest[one.id]
            shown.append(_thread(tx, who, known[int(one.aside)], group, opened=int(one.id) > last or _calls(group, focus)))
    return shown


def _calls(group: Sequence[Message], focus: int | None) -> bool:
    """Whether something in it wants to be seen."""
    return any(one.id == str(focus) or any(sent.state in {"failed", "unknown"} for sent in one.deliveries) for one in group)


def _thread(tx: Tx, who: Actor, row: sa.Row[Any], group: Sequence[Message], *, opened: bool) -> SideThread:
    people = people_of(tx, who, row.id)
    return SideThread(
        id=group[-1].id,
        at=group[-1].at,
        conversation=str(row.id),
        subject=row.subject,
        people=tuple(one.name or one.address for one in people),
        addresses=written(people),
        waiting=row.direction == "out",
        since=row.at,
        total=row.total,
        items=tuple(group),
        passed=row.external_key.startswith(PASSED),
        open=opened,
    )


def _known(tx: Tx, who: Actor, ids: Sequence[int]) -> Mapping[int, sa.Row[Any]]:
    """Of each conversation: its thread's key, its first subject, how many messages it has, and the newest one's direction and time."""
    m, v, t = messages.c, conversations.c, threads.c
    ends = (
        sa.select(m.conversation_id, sa.func.min(m.id).label("first"), sa.func.max(m.id).label("last"), sa.func.count().label("total"))
        .where(m.workspace_id == who.workspace_id, m.conversation_id.in_(ids))
        .group_by(m.conversation_id)
        .subquery()
    )
    first, last = messages.alias(), messages.alias()
    joined = (
        conversations.join(ends, ends.c.conversation_id == v.id)
        .join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .join(first, (first.c.workspace_id == v.workspace_id) & (first.c.id == ends.c.first))
        .join(last, (last.c.workspace_id == v.workspace_id) & (last.c.id == ends.c.last))
    )
    chosen = sa.select(v.id, t.external_key, ends.c.total, first.c.subject, last.c.direction, last.c.at).select_from(joined)
    return {row.id: row for row in tx.rows(chosen.where(v.workspace_id == who.workspace_id, v.id.in_(ids)))}
