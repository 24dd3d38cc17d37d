"""Messages by the key that a network has for them. In: keys of inboxes. Out: where each message stands."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from sluss.cases.models import conversations, message_copies, message_references, messages, threads
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

Key = tuple[int, str]
"""An inbox, and its network's key of something."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A message that an inbox's network can name."""

    message_id: int
    case_id: int
    inbox_id: int
    direction: str


def named_messages(tx: Tx, who: Actor, wanted: Collection[Key]) -> dict[Key, Named]:
    """Those of the keys that name a message: one of a thread of the inbox, else one that came to it as a copy."""
    if not wanted:
        return {}
    r, m, v, t = message_references.c, messages.c, conversations.c, threads.c
    joined = message_references.join(messages, (m.workspace_id == r.workspace_id) & (m.id == r.message_id))
    joined = joined.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    chosen = sa.select(r.external_id, m.id, m.direction, v.case_id, t.inbox_id).select_from(joined)
    rows = tx.rows(chosen.where(r.workspace_id == who.workspace_id, r.external_id.in_({key for _, key in wanted})))
    inboxes = {inbox_id for inbox_id, _ in wanted}
    copies = _copies(tx, who, [row.id for row in rows if row.inbox_id not in inboxes])
    found: dict[Key, Named] = {}
    for row in rows:
        one = Named(message_id=row.id, case_id=row.case_id, inbox_id=row.inbox_id, direction=row.direction)
        found[row.inbox_id, row.external_id] = one
        for inbox_id in copies.get(row.id, ()):
            found.setdefault((inbox_id, row.external_id), one)
    return {key: found[key] for key in wanted if key in found}


def _copies(tx: Tx, who: Actor, message_ids: Collection[int]) -> dict[int, set[int]]:
    if not message_ids:
        return {}
    k, found = message_copies.c, dict[int, set[int]]()
    for row in tx.rows(sa.select(k.message_id, k.inbox_id).where(k.workspace_id == who.workspace_id, k.message_id.in_(message_ids))):
        found.setdefault(row.message_id, set()).add(row.inbox_id)
    return found
