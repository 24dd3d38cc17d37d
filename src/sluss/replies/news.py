"""What the writer of an answer has not seen. In: a case, and a mark of what a page showed. Out: the newest thing that others said since.

A mark is a position of the event log, the newest id on the page, and the events on it that the log had not placed. Positions are commit
order, which ids are not: a message can be made before another and become visible after it. A newer id is news all the same; within one
group commit the log does not tell of it yet.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.events import ContentMoved, MessageForwarded, MessageReceived, MessageSent, NoteAdded
from sluss.cases.models import messages, notes
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.events import Event, events, kind_of, last_position
from sluss.kernel.tx import Tx
from sluss.people.models import agents
from sluss.replies.targets import in_case

EXCERPT = 500
LOOKED_AT = 50
NEWS: tuple[type[Event], ...] = (MessageReceived, MessageSent, MessageForwarded, NoteAdded, ContentMoved)
KINDS = (*(kind_of(one.__name__) for one in NEWS), "answered_elsewhere")
_MARK = re.compile(r"[0-9]{1,18}-[0-9]{1,18}(?:-[0-9]{1,18})*")


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the case that the sender had not seen. `text` is its beginning, `at` in microseconds UTC.

    `origin` is set for an answer that one of us gave by another program.
    """

    id: int
    kind: Literal["message", "note"]
    by: str
    at: int
    text: str
    direction: str = ""
    origin: str = ""


def mark_of(tx: Tx, who: Actor, case_id: int) -> str:
    """The mark of what a page shows that is read in this transaction."""
    position = int(tx.value(last_position()))
    unplaced = sa.select(events.c.id).where(_told(who, case_id), _after(position)).order_by(events.c.id)
    newest = max(int(tx.value(sa.select(sa.func.coalesce(sa.func.max(ids.c.id), 0)))) for ids in _ids(who, case_id))
    return "-".join(map(str, (position, newest, *(row.id for row in tx.rows(unplaced)))))


def news_since(tx: Tx, who: Actor, case_id: int, mark: str, *, ours_alone: bool = False) -> News | None:
    """The newest thing that others said in a case since the mark; automatic messages do not count. What is no mark has seen nothing.

    `ours_alone` leaves out what came from outside.
    """
    access_case(tx, who, case_id)
    position, newest, *shown = (int(one) for one in mark.split("-")) if _MARK.fullmatch(mark) else (-1, 0)
    ours = (events.c.actor_kind == "agent") & (events.c.actor_id == who.id)
    told = sa.select(events.c.id, events.c.data).where(_told(who, case_id), _after(position), ~ours)
    rows = tx.rows(told.order_by((events.c.id + 0).desc()).limit(LOOKED_AT + len(shown)))
    fresh = [row.data for row in rows if row.id not in shown and not row.data.get("automatic")]
    found = {int(data["message_id"]) for data in fresh if "message_id" in data}
    noted = {int(data["note_id"]) for data in fresh if "note_id" in data}
    said = _messages(tx, who, (case_id, newest), found, ours_alone=ours_alone)
    return max(
        [*said, *_notes(tx, who, (case_id, newest), noted)],
        key=lambda one: one.id,
        default=None,
    )


def _ids(who: Actor, case_id: int) -> tuple[sa.Subquery, sa.Subquery]:
    said = sa.select(messages.c.id).where(in_case(who.workspace_id, case_id)).subquery()
    noted = sa.select(notes.c.id).where(notes.c.workspace_id == who.workspace_id, notes.c.case_id == case_id).subquery()
    return said, noted


def _told(who: Actor, case_id: int) -> sa.ColumnElement[bool]:
    return (events.c.workspace_id == who.workspace_id) & (events.c.case_id == case_id) & events.c.kind.in_(KINDS)


def _after(position: int) -> sa.ColumnElement[bool]:
    """What the log has not placed yet comes after all that it has."""
    return events.c.position.is_(None) | (events.c.position > position)


def _messages(tx: Tx, who: Actor, since: tuple[int, int], told: set[int], *, ours_alone: bool) -> list[News]:
    """Those that the log tells of, as far as they have not been taken back, and newer ones that somebody else wrote."""
    m, i, a = messages.c, identities.c, agents.c
    joined = messages.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id)).outerjoin(
        agents, (a.workspace_id == m.workspace_id) & (a.id == m.agent_id)
    )
    others = m.agent_id.is_(None) | (m.agent_id != who.id) | (m.origin != "")
    wanted = m.id.in_(told) | ((m.id > since[1]) & others & (m.automatic == ""))
    if ours_alone:
        wanted &= m.direction == "out"
    named: Any = sa.func.coalesce(a.name, sa.func.nullif(m.author, ""), i.name, "").label("by")
    chosen = sa.select(m.id, m.at, sa.func.coalesce(sa.func.nullif(m.fresh, ""), m.text).label("text"), m.direction, m.origin, named)
    rows = tx.rows(chosen.select_from(joined).where(in_case(who.workspace_id, since[0]), wanted).order_by((m.id + 0).desc()).limit(1))
    return [
        News(id=row.id, kind="message", by=row.by, at=row.at, text=row.text[:EXCERPT], direction=row.direction, origin=row.origin)
        for row in rows
    ]


def _notes(tx: Tx, who: Actor, since: tuple[int, int], told: set[int]) -> list[News]:
    n, a = notes.c, agents.c
    joined = notes.join(agents, (a.workspace_id == n.workspace_id) & (a.id == n.agent_id))
    mine = (n.workspace_id == who.workspace_id) & (n.case_id == since[0])
    wanted = mine & (n.id.in_(told) | ((n.id > since[1]) & (n.agent_id != who.id)))
    rows = tx.rows(sa.select(n.id, n.at, n.text, a.name).select_from(joined).where(wanted).order_by((n.id + 0).desc()).limit(1))
    return [News(id=row.id, kind="note", by=row.name, at=row.at, text=row.text[:EXCERPT]) for row in rows]
