"""How messages and posts stand at their network. In: one piece of news. Out: texts with their versions, marks, reactions; never set back.

What was said stays here whatever becomes of it there.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.cases.actions import preview_of
from sluss.cases.events import MessageChanged, MessageReacted
from sluss.cases.indexing import index_messages
from sluss.cases.models import bystanders, cases, message_faces, message_reactions, message_versions, messages, posts
from sluss.cases.named import Named
from sluss.channels.happenings import Changed, Reacted
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

NO_FACE: dict[str, Any] = {
    **dict.fromkeys(("kind", "parent_key", "url", "key", "audience", "spoiler", "unanswerable", "removed_by"), ""),
    **dict.fromkeys(("hidden_at", "removed_at", "edited_at", "liked_at")),
    "facts": {},
    "changed_at": 0,
}
EMOJI = 32


def change_message(tx: Tx, who: Actor, meant: Named, news: Changed) -> None:
    """Note what became of a message; news that is older than what is known changes nothing."""
    face = face_of(tx, who, meant.message_id)
    if news.what == "edited":
        changes = _edit(tx, who, meant, (face, news))
    elif news.what == "removed":
        by = news.by or ("author" if meant.direction == "in" else "us")
        changes = {"removed_at": news.at, "removed_by": by} if face["removed_at"] is None else {}
    else:
        changes = _hide(face, news)
    if changes:
        save_face(tx, who, meant.message_id, **changes)
        if changes.keys() != {"changed_at"}:
            tx.emit(who, MessageChanged(case_id=meant.case_id, message_id=meant.message_id, what=news.what))


def change_post(tx: Tx, who: Actor, inbox_id: int, news: Changed) -> bool:
    """The same for a post, or for what somebody said around one. False where the inbox knows neither."""
    p = posts.c
    this = (p.workspace_id == who.workspace_id) & (p.inbox_id == inbox_id) & (p.external_key == news.external_id)
    row = tx.row(sa.select(p.id, p.edited_at, p.removed_at).where(this))
    if row is None:
        return _change_bystander(tx, who, inbox_id, news)
    if news.what == "edited" and news.at >= (row.edited_at or 0):
        tx.run(sa.update(posts).where(this).values(text=news.text, edited_at=news.at))
    if news.what == "removed" and row.removed_at is None:
        tx.run(sa.update(posts).where(this).values(removed_at=news.at))
    return True


def react(tx: Tx, who: Actor, meant: Named, news: Reacted) -> None:
    """Somebody's reaction, or that it was taken back; of two pieces of news the later one counts. Our like is a mark of the message."""
    if not news.emoji and news.sender.address == _address_of(tx, who, meant.inbox_id):
        save_face(tx, who, meant.message_id, liked_at=news.at if news.on else None)
    elif not _note_reaction(tx, who, meant.message_id, news):
        return
    tx.emit(who, MessageReacted(case_id=meant.case_id, message_id=meant.message_id, emoji=news.emoji[:EMOJI], on=news.on))


def face_of(tx: Tx, who: Actor, message_id: int) -> dict[str, Any]:
    """How a message stands; what a mail would have for one of whom nothing was told."""
    f = message_faces.c
    row = tx.row(sa.select(message_faces).where(f.workspace_id == who.workspace_id, f.message_id == message_id))
    return {name: getattr(row, name) for name in NO_FACE} if row is not None else dict(NO_FACE)


def save_face(tx: Tx, who: Actor, message_id: int, **values: Any) -> None:
    """Change how a message stands."""
    f, key = message_faces.c, {"workspace_id": who.workspace_id, "message_id": message_id}
    this = (f.workspace_id == who.workspace_id) & (f.message_id == message_id)
    if tx.run(sa.update(message_faces).where(this).values(**values)).rowcount == 0:
        tx.run(sa.insert(message_faces), NO_FACE | key | values)


def _edit(tx: Tx, who: Actor, meant: Named, told: tuple[dict[str, Any], Changed]) -> dict[str, Any]:
    face, news = told
    m = messages.c
    this = (m.workspace_id == who.workspace_id) & (m.id == meant.message_id)
    row = tx.row(sa.select(m.text, m.fresh, m.html).where(this))
    if row is None or news.at < (face["edited_at"] or 0):
        return {}
    changes: dict[str, Any] = {"edited_at": news.at} if news.at > (face["edited_at"] or 0) else {}
    if news.spoiler != face["spoiler"]:
        changes |= {"spoiler": news.spoiler, "edited_at": news.at}
    if (row.text, row.html) == (news.text, news.html or row.html):
        return changes
    version = {"workspace_id": who.workspace_id, "id": tx.new_id(), "message_id": meant.message_id, "until": news.at}
    tx.run(sa.insert(message_versions), version | {"text": row.text, "html": row.html})
    tx.run(sa.update(messages).where(this).values(text=news.text, fresh=news.text, html=news.html))
    index_messages(tx, who, [meant.message_id])
    old = preview_of(row.fresh or row.text)
    mine = (cases.c.workspace_id == who.workspace_id) & (cases.c.id == meant.case_id) & (cases.c.preview == old)
    tx.run(sa.update(cases).where(mine).values(preview=preview_of(news.text)))
    return changes | {"edited_at": news.at}


def _hide(face: dict[str, Any], news: Changed) -> dict[str, Any]:
    if news.at < face["changed_at"]:
        return {}
    hidden = news.what == "hidden"
    marked = {} if hidden == (face["hidden_at"] is not None) else {"hidden_at": news.at if hidden else None}
    return marked | {"changed_at": news.at}


def _change_bystander(tx: Tx, who: Actor, inbox_id: int, news: Changed) -> bool:
    b, p = bystanders.c, posts.c
    mine = sa.select(p.id).where(p.workspace_id == who.workspace_id, p.inbox_id == inbox_id)
    this = (b.workspace_id == who.workspace_id) & (b.external_id == news.external_id) & b.post_id.in_(mine)
    values: dict[str, Any] = {"text": news.text} if news.what == "edited" else {"removed_at": news.at if news.what == "removed" else None}
    return tx.run(sa.update(bystanders).where(this).values(**values)).rowcount > 0


def _address_of(tx: Tx, who: Actor, inbox_id: int) -> str:
    i = inboxes.c
    return str(tx.value(sa.select(i.address).where(i.workspace_id == who.workspace_id, i.id == inbox_id)) or "")


def _note_reaction(tx: Tx, who: Actor, message_id: int, news: Reacted) -> bool:
    """What was taken back stays as a row without a sign, so that older news does not bring it again."""
    r = message_reactions.c
    key = {"workspace_id": who.workspace_id, "message_id": message_id, "address": news.sender.address}
    this = (r.workspace_id == who.workspace_id) & (r.message_id == message_id) & (r.address == news.sender.address)
    emoji = news.emoji[:EMOJI] if news.on else ""
    row = tx.row(sa.select(r.emoji, r.at).where(this))
    if row is None:
        tx.run(sa.insert(message_reactions), key | {"emoji": emoji, "at": news.at})
        return news.on
    if news.at < row.at or row.emoji == emoji:
        return False
    tx.run(sa.update(message_reactions).where(this).values(emoji=emoji, at=news.at))
    return True
