"""A public message as moderation sees it: what was said, by whom, where, and how it stands at its network. In: ids. Out: structs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import access_message
from sluss.cases.models import cases, conversations, message_faces, messages, thread_posts, threads
from sluss.channels.contract import Capabilities
from sluss.channels.models import inboxes
from sluss.channels.registry import capabilities_of
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `author` is called what the network calls them; `text` is what was said newly."""

    message_id: int
    conversation_id: int
    thread_id: int
    case_id: int
    number: int
    subject: str
    inbox_id: int
    inbox: str
    channel: str
    identity_id: int
    contact_id: int
    author: str
    language: str
    visibility: str
    direction: str
    automatic: str
    text: str
    at: int
    url: str = ""
    post_id: int | None = None
    hidden_at: int | None = None
    removed_at: int | None = None
    removed_by: str = ""
    edited_at: int | None = None

    @property
    def public(self) -> Capabilities:
        """What can be done where it was said."""
        return capabilities_of(self.channel, "public")


def spoken_of(tx: Tx, who: Actor, message_ids: Sequence[int]) -> dict[int, Spoken]:
    """Public messages of customers, by id; others are left out. Who may see them is asked elsewhere."""
    if not message_ids:
        return {}
    m, v, t, k, b, i, p, f, n = (
        *(messages.c, conversations.c, threads.c, cases.c, inboxes.c, identities.c, contacts.c),
        *(message_faces.c, thread_posts.c),
    )
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.join(cases, (k.workspace_id == v.workspace_id) & (k.id == v.case_id))
    joined = joined.join(inboxes, (b.workspace_id == t.workspace_id) & (b.id == t.inbox_id))
    joined = joined.join(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    joined = joined.join(contacts, (p.workspace_id == i.workspace_id) & (p.id == i.contact_id))
    joined = joined.outerjoin(message_faces, (f.workspace_id == m.workspace_id) & (f.message_id == m.id))
    joined = joined.outerjoin(thread_posts, (n.workspace_id == t.workspace_id) & (n.thread_id == t.id))
    columns: list[Any] = [
        *(m.id.label("message_id"), m.conversation_id, v.thread_id, v.case_id, k.number, k.subject, t.inbox_id, b.name.label("inbox")),
        *(b.channel, i.id.label("identity_id"), i.contact_id, sa.case((i.name != "", i.name), else_=p.name).label("author"), p.language),
        *(t.visibility, m.direction, m.automatic, sa.case((m.fresh != "", m.fresh), else_=m.text).label("text"), m.at),
        *(sa.func.coalesce(f.url, "").label("url"), n.post_id, f.hidden_at, f.removed_at, f.edited_at),
        sa.func.coalesce(f.removed_by, "").label("removed_by"),
    ]
    mine = (m.workspace_id == who.workspace_id) & m.id.in_(message_ids) & (m.direction == "in") & (t.visibility == "public")
    wanted: Any = sa.select(*columns)
    return {one.message_id: one for one in tx.structs(Spoken, wanted.select_from(joined).where(mine))}


def access_spoken(tx: Tx, who: Actor, message_id: int) -> Spoken:
    """A public message of a customer, through its case. Raises `Missing`, or `Conflict` where there is nothing to moderate."""
    access_message(tx, who, message_id)
    found = spoken_of(tx, who, [message_id]).get(message_id)
    if found is None:
        raise Conflict("Only what a customer wrote in public can be moderated.")
    return found
