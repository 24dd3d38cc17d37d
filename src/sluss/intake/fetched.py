"""Hanging what was fetched where it belongs. In: how asking for something ended. Out: an attachment, a person's name and picture."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.events import MessageChanged
from sluss.cases.indexing import index_messages
from sluss.cases.models import attachments, cases, conversations, messages
from sluss.cases.news import meet_people
from sluss.channels.fetching import Fetched
from sluss.channels.models import inboxes
from sluss.contacts.profiles import keep_picture
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

NAME = 200
FILE = "file"


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """How asking ended: what was `found`, with a file by its `digest`, or `trouble` in a sentence, and whether to ask `again`."""

    found: Fetched = Fetched()
    digest: str = ""
    size: int = 0
    trouble: str = ""
    again: bool = False
    wait: int = 0


def keep_fetched(tx: Tx, who: Actor, row: sa.Row[Any], got: Got) -> None:
    """Keep what was found for a row of `fetches`; whoever looks at its message is told, also that there is nothing."""
    if got.found.known is not None:
        i = inboxes.c
        network = str(tx.value(sa.select(i.channel).where(i.workspace_id == who.workspace_id, i.id == row.inbox_id)))
        meet_people(tx, who, network, [got.found.known])
    if row.identity_id and got.digest and got.found.media_type.startswith("image/"):
        keep_picture(tx, who, row.identity_id, got.digest)
    if row.message_id and row.kind == "media" and (got.digest or (got.trouble and not got.again)):
        _hang(tx, who, row, got)


def _hang(tx: Tx, who: Actor, row: sa.Row[Any], got: Got) -> None:
    m, v = messages.c, conversations.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    case_id = tx.value(sa.select(v.case_id).select_from(joined).where(m.workspace_id == who.workspace_id, m.id == row.message_id))
    if case_id is None:
        return
    if got.digest:
        tx.run(sa.insert(attachments), _file(tx, who, row, got) | {"case_id": case_id})
        this = (m.workspace_id == who.workspace_id) & (m.id == row.message_id)
        tx.run(sa.update(messages).where(this).values(files=m.files + 1))
        index_messages(tx, who, [row.message_id])
        _call(tx, who, int(case_id), row.alt or got.found.name or row.name)
    tx.emit(who, MessageChanged(case_id=int(case_id), message_id=row.message_id, what=FILE))


def _call(tx: Tx, who: Actor, case_id: int, name: str) -> None:
    """A case that began without a word is called by its first file."""
    c = cases.c
    unnamed = (c.workspace_id == who.workspace_id) & (c.id == case_id) & (c.subject == "")
    tx.run(sa.update(cases).where(unnamed).values(subject=name[:NAME]))


def _file(tx: Tx, who: Actor, row: sa.Row[Any], got: Got) -> dict[str, Any]:
    kind = got.found.media_type or row.media_type or "application/octet-stream"
    name = (got.found.name or row.name or kind.partition("/")[0])[:NAME]
    file = {"workspace_id": who.workspace_id, "id": tx.new_id(), "message_id": row.message_id, "note_id": None, "uploader_id": None}
    return file | {"name": name, "media_type": kind, "size": got.size, "digest": got.digest, "content_id": "", "at": tx.now, "alt": row.alt}
