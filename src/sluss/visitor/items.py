"""A conversation as the visitor may see it. In: a visitor. Out: items.

What we say is visible from the moment at which its delivery to the chat stands at sent. Notes, talks with third persons and what went to
somebody else by mail are in other tables, other threads or other inboxes, and so in no statement here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.models import attachments, conversations, messages, threads
from sluss.channels.visitors import Visitor, same_person
from sluss.channels.webchat.understanding import external_id
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.outbox.models import operations
from sluss.people.models import agents

AT_ONCE = 40
MILLISECOND = 1_000
SHOWN = ("sent", "delivered", "read")


class File(msgspec.Struct, frozen=True):
    """A file of a message."""

    id: str
    name: str
    type: str
    size: int


class Item(msgspec.Struct, frozen=True, kw_only=True, rename={"by": "from"}):
    """One message. `key` is what the visitor's browser called it; `at` in milliseconds UTC."""

    id: str
    key: str
    by: Literal["visitor", "agent", "system"]
    name: str
    text: str
    at: int
    state: str
    files: tuple[File, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """Messages, oldest first, and whether there are older ones."""

    items: list[Item]
    more: bool


class Told(msgspec.Struct, frozen=True):
    """An item with the visitor whose thread it stands in."""

    visitor_id: int
    item: Item


class StoredFile(msgspec.Struct, frozen=True):
    """A file that a visitor may fetch, and where it lies."""

    name: str
    size: int
    digest: str


def page_of(tx: Tx, who: Actor, visitor: Visitor, before: int | None = None) -> Page:
    """The newest messages, or those just before one."""
    thread_ids = _threads_of(tx, who, visitor)
    if not thread_ids:
        return Page([], more=False)
    m = messages.c
    mine = _MESSAGES.where(m.workspace_id == who.workspace_id, conversations.c.thread_id.in_(thread_ids))
    wanted = mine if before is None else mine.where(m.id < before)
    # By the bare key SQLite would rather walk all messages than look the thread up.
    rows = tx.rows(wanted.order_by((m.id + 0).desc()).limit(AT_ONCE + 1))
    shown = _show(tx, who, rows[:AT_ONCE][::-1], dict.fromkeys(same_person(tx, who, visitor), visitor.agent_seen_at))
    return Page([one.item for one in shown], more=len(rows) > AT_ONCE)


def items_of(tx: Tx, who: Actor, inbox_ids: Collection[int], message_ids: Collection[int], seen: Mapping[int, int]) -> list[Told]:
    """Those of messages of one workspace that are visible in a chat of these inboxes. `seen` says by visitor how far one of us has read."""
    if not message_ids or not inbox_ids:
        return []
    mine = (messages.c.workspace_id == who.workspace_id) & messages.c.id.in_(message_ids)
    rows = tx.rows(_MESSAGES.where(mine, threads.c.inbox_id.in_(inbox_ids)).order_by(messages.c.id))
    return _show(tx, who, [row for row in rows if row.external_key.isdigit()], seen)


def file_of(tx: Tx, who: Actor, visitor: Visitor, file_id: int) -> StoredFile:
    """A file of a message that the visitor may see, else `Missing`."""
    a, m = attachments.c, messages.c
    row = tx.row(sa.select(a.name, a.size, a.digest, a.message_id).where(a.workspace_id == who.workspace_id, a.id == file_id))
    thread_ids = _threads_of(tx, who, visitor)
    if row is None or row.message_id is None or not thread_ids:
        raise Missing
    mine = (m.workspace_id == who.workspace_id) & (m.id == row.message_id) & conversations.c.thread_id.in_(thread_ids)
    if not tx.rows(_MESSAGES.where(mine)):
        raise Missing
    return StoredFile(row.name, row.size, row.digest)


def unread_of(tx: Tx, who: Actor, visitor: Visitor, delivered: Collection[int], read: int) -> tuple[list[sa.Row[Any]], list[sa.Row[Any]]]:
    """Of our messages to the visitor those of the ids that have come, and those up to one that were read, as far as it is news."""
    thread_ids, m, o = _threads_of(tx, who, visitor), messages.c, operations.c
    if not thread_ids:
        return [], []
    mine = _MESSAGES.where(m.workspace_id == who.workspace_id, m.direction == "out", conversations.c.thread_id.in_(thread_ids))
    come = mine.where(m.id.in_(delivered), o.state == "sent") if delivered else None
    seen = mine.where(m.id <= read, o.state.in_(("sent", "delivered"))).order_by((m.id + 0).desc()).limit(NEWS) if read else None
    was_read = [*(tx.rows(seen) if seen is not None else ())]
    known = {row.id for row in was_read}
    return [row for row in (tx.rows(come) if come is not None else ()) if row.id not in known], was_read


NEWS = 100
"""Messages that one receipt tells of."""


def _threads_of(tx: Tx, who: Actor, visitor: Visitor) -> list[int]:
    """The thread of a visitor bears the visitor's id as its key."""
    t = threads.c
    keys = [str(one) for one in same_person(tx, who, visitor)]
    mine = (t.workspace_id == who.workspace_id) & (t.inbox_id == visitor.inbox_id) & t.external_key.in_(keys)
    return [row.id for row in tx.rows(sa.select(t.id).where(mine))]


def _messages() -> sa.Select[Any]:
    """Messages of threads that a visitor may see, each with its delivery to that very thread."""
    m, v, t, o, a = messages.c, conversations.c, threads.c, operations.c, agents.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    to_chat = (o.workspace_id == m.workspace_id) & (o.message_id == m.id) & (o.kind == "send")
    joined = joined.outerjoin(operations, to_chat & (o.thread_id == t.id) & (o.inbox_id == t.inbox_id))
    joined = joined.outerjoin(agents, (a.workspace_id == m.workspace_id) & (a.id == m.agent_id))
    names = ("workspace_id", "id", "direction", "external_id", "text", "at", "automatic", "author", "files")
    chosen = sa.select(*(m[name] for name in names), t.external_key, t.inbox_id, a.name, o.state)
    return chosen.select_from(joined).where(~v.aside, (m.direction == "in") | o.state.in_(SHOWN))


_MESSAGES = _messages()


def _show(tx: Tx, who: Actor, rows: Sequence[sa.Row[Any]], seen: Mapping[int, int]) -> list[Told]:
    files = _files(tx, who, [row.id for row in rows if row.files])
    return [Told(int(row.external_key), _item(row, seen.get(int(row.external_key), 0), tuple(files.get(row.id, ())))) for row in rows]


def _item(row: sa.Row[Any], seen_at: int, files: tuple[File, ...]) -> Item:
    ours = row.direction == "out"
    return Item(
        id=str(row.id),
        key="" if ours else _client_key(row),
        by=("system" if row.automatic else "agent") if ours else "visitor",
        name=(row.name or row.author) if ours else "",
        text=row.text,
        at=row.at // MILLISECOND,
        state=row.state if ours else "read" if row.at <= seen_at else "sent",
        files=files,
    )


def _client_key(row: sa.Row[Any]) -> str:
    end = external_id(int(row.external_key), "")
    return row.external_id.removesuffix(end) if row.external_id.endswith(end) else ""


def _files(tx: Tx, who: Actor, message_ids: Sequence[int]) -> dict[int, list[File]]:
    if not message_ids:
        return {}
    c, found = attachments.c, dict[int, list[File]]()
    mine = (c.workspace_id == who.workspace_id) & c.message_id.in_(message_ids)
    for row in tx.rows(sa.select(c.id, c.message_id, c.name, c.media_type, c.size).where(mine).order_by(c.id)):
        found.setdefault(row.message_id, []).append(File(str(row.id), row.name, row.media_type, row.size))
    return found
