"""What concerns whom. In: events of cases and deliveries, durable and in order per case. Out: notifications, counted rather than heaped up.

Nobody is told of what they did themselves, nor of what they may no longer see. Somebody who sits and waits in a live talk that nobody
holds concerns everybody at a desk, until one of them takes or answers it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.audience import audience_of
from sluss.cases.events import CaseAssigned, MessageReceived, MessageSent, NoteAdded, StatusChanged
from sluss.cases.following import follower_ids
from sluss.cases.models import conversations, messages, threads
from sluss.channels.models import inboxes
from sluss.channels.registry import channel_named, channel_names
from sluss.kernel.actors import system
from sluss.kernel.errors import Missing
from sluss.kernel.events import Event, Recorded, events, from_row, kind_of
from sluss.kernel.tx import Tx
from sluss.notifications.actions import Notice, hush, notify
from sluss.notifications.digest import at_desks
from sluss.notifications.kinds import Kind
from sluss.notifications.mentions import called_by
from sluss.outbox.events import DeliveryChanged

TOLD: tuple[type[Event], ...] = (CaseAssigned, MessageReceived, MessageSent, NoteAdded, StatusChanged, DeliveryChanged)
ANSWERING = ("admin", "lead", "agent")


class Concern(msgspec.Struct, frozen=True):
    """One kind of news for some agents; `item_id` is the message or note that it is about, `detail` one word more."""

    kind: Kind
    agent_ids: Collection[int]
    item_id: int = 0
    detail: str = ""


def tell_concerned(tx: Tx, recorded: Recorded) -> None:
    """Note an event for everybody whom it concerns. Running it again changes nothing."""
    who = system(recorded.workspace_id)
    try:
        case = access_case(tx, who, recorded.event.case_id)
    except Missing:
        return
    concerns = [one for one in _CONCERNS[type(recorded.event)](tx, case, recorded) if one.agent_ids]
    if isinstance(recorded.event, CaseAssigned | MessageSent) and _came_live(tx, case):
        hush(tx, who, case.id, "message", besides=_near(tx, case))
    if not concerns:
        return
    seeing = {one.id for one in audience_of(tx, case)} - ({recorded.actor_id} if recorded.actor_kind == "agent" else set[int]())
    for one in concerns:
        notify(tx, who, Notice(recorded, one.kind, case.id, one.item_id, one.detail), seeing & set(one.agent_ids))


def _assigned(_tx: Tx, _case: CaseRow, recorded: Recorded) -> list[Concern]:
    event = recorded.event
    assert isinstance(event, CaseAssigned)  # noqa: S101 - the table below says so
    return [Concern("assigned", {event.after} - {0}), Concern("taken", {event.before} - {0})]


def _message(tx: Tx, case: CaseRow, recorded: Recorded) -> list[Concern]:
    event = recorded.event
    if not isinstance(event, MessageReceived) or event.automatic or case.status == "spam":
        return []
    aside, live = _where(tx, case, event.message_id)
    near = _near(tx, case)
    if live and not near:
        near = at_desks(tx, system(case.workspace_id), ANSWERING)
    kind: Kind = "side" if aside else "message"
    return [Concern(kind, near, event.message_id)]


def _nothing(_tx: Tx, _case: CaseRow, _recorded: Recorded) -> list[Concern]:
    """Whoever answers is known by the answer itself."""
    return []


def _note(tx: Tx, case: CaseRow, recorded: Recorded) -> list[Concern]:
    event = recorded.event
    assert isinstance(event, NoteAdded)  # noqa: S101 - as above
    called = called_by(tx, recorded)
    return [Concern("mentioned", called, event.note_id), Concern("note", _near(tx, case) - called, event.note_id)]


def _status(tx: Tx, case: CaseRow, recorded: Recorded) -> list[Concern]:
    event = recorded.event
    assert isinstance(event, StatusChanged)  # noqa: S101 - as above
    if event.before == "snoozed" and event.after == "open" and recorded.actor_kind == "system":
        return [Concern("woke", _snoozed_by(tx, case, recorded))]
    # What Sluss does by itself is told by what made it do so: an answer that failed, a customer who wrote.
    return [Concern("status", _near(tx, case), detail=event.after)] if recorded.actor_kind == "agent" else []


def _delivery(tx: Tx, case: CaseRow, recorded: Recorded) -> list[Concern]:
    event = recorded.event
    if not isinstance(event, DeliveryChanged) or event.state not in {"failed", "unknown"}:
        return []
    m = messages.c
    mine = (m.workspace_id == case.workspace_id) & (m.id == event.message_id) & (m.automatic == "")
    writer = tx.value(sa.select(m.agent_id).where(mine))
    return [Concern("failed", {writer} if writer else (), event.message_id, event.state)]


def _near(tx: Tx, case: CaseRow) -> set[int]:
    """Who holds a case or follows it."""
    return follower_ids(tx, system(case.workspace_id), case.id) | ({case.assignee_id} if case.assignee_id else set[int]())


def _where(tx: Tx, case: CaseRow, message_id: int) -> tuple[bool, bool]:
    """Whether a message was said beside the customer, and whether somebody sits at the other end and waits."""
    m, v, t, i = messages.c, conversations.c, threads.c, inboxes.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.join(inboxes, (i.workspace_id == t.workspace_id) & (i.id == t.inbox_id))
    mine = (m.workspace_id == case.workspace_id) & (m.id == message_id)
    row = tx.row(sa.select(v.aside, i.channel).select_from(joined).where(mine))
    return (False, False) if row is None else (bool(row.aside), _is_live(row.channel))


def _came_live(tx: Tx, case: CaseRow) -> bool:
    i = inboxes.c
    return _is_live(str(tx.value(sa.select(i.channel).where(i.workspace_id == case.workspace_id, i.id == case.inbox_id))))


def _is_live(channel: str) -> bool:
    return channel in channel_names() and channel_named(channel).capabilities.is_live


def _snoozed_by(tx: Tx, case: CaseRow, recorded: Recorded) -> set[int]:
    """Who put the case aside last, and who holds it now."""
    c = events.c
    before = (c.workspace_id == case.workspace_id) & (c.case_id == case.id) & (c.id < recorded.id)
    rows = tx.rows(sa.select(events).where(before, c.kind == kind_of(StatusChanged.__name__)).order_by((c.id + 0).desc()).limit(20))
    found = [
        one for one in map(from_row, rows) if one is not None and isinstance(one.event, StatusChanged) and one.event.after == "snoozed"
    ]
    snoozer = {found[0].actor_id} if found and found[0].actor_kind == "agent" else set[int]()
    return snoozer | ({case.assignee_id} if case.assignee_id else set[int]())


_CONCERNS: Mapping[type[Event], Callable[[Tx, CaseRow, Recorded], list[Concern]]] = {
    CaseAssigned: _assigned,
    MessageReceived: _message,
    MessageSent: _nothing,
    NoteAdded: _note,
    StatusChanged: _status,
    DeliveryChanged: _delivery,
}
