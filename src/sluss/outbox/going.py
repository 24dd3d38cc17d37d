"""How a message goes at its network, beside its words. In: a claim. Out: which thread, what it answers and goes on from, its window."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.models import message_faces, posts, thread_posts, thread_standings, threads
from sluss.channels.contract import TemplateUse
from sluss.kernel.tx import Tx
from sluss.outbox.claims import Claim
from sluss.outbox.models import sendings
from sluss.outbox.naming import network_key


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """What `Outbound` says of it; the names are those of its fields."""

    visibility: Literal["public", "private"] = "private"
    thread_key: str = ""
    post_key: str = ""
    answers: str = ""
    follows: str = ""
    audience: str = ""
    spoiler: str = ""
    facts: dict[str, Any] = {}
    is_private_reply: bool = False
    opened_at: int = 0
    template: TemplateUse | None = None


def load_going(tx: Tx, claim: Claim, last_id: int) -> Going:
    """As it was ordered; what nobody ordered answers the customer's last message (`last_id`, 0 where there is none)."""
    s = sendings.c
    ordered = tx.row(sa.select(sendings).where(s.workspace_id == claim.workspace_id, s.message_id == claim.message_id))
    answers_id = (ordered.answers_id if ordered is not None else None) or last_id
    thread, face = _thread(tx, claim), _face(tx, claim, answers_id)
    return Going(
        visibility=thread.visibility,
        thread_key="" if thread.external_key.startswith("begun:") else thread.external_key,
        post_key=thread.post_key or "",
        answers=network_key(tx, claim.workspace_id, answers_id) if answers_id else "",
        follows=network_key(tx, claim.workspace_id, ordered.follows_id) if ordered is not None and ordered.follows_id else "",
        audience=face.audience if face is not None else "",
        spoiler=ordered.spoiler if ordered is not None else face.spoiler if face is not None else "",
        facts=face.facts if face is not None else {},
        is_private_reply=bool(ordered is not None and ordered.is_private_reply),
        opened_at=thread.opened_at or 0,
        template=msgspec.convert(ordered.template, TemplateUse | None) if ordered is not None else None,
    )


def _thread(tx: Tx, claim: Claim) -> sa.Row[Any]:
    t, p, k, s = threads.c, posts.c, thread_posts.c, thread_standings.c
    joined = (
        threads.outerjoin(thread_posts, (k.workspace_id == t.workspace_id) & (k.thread_id == t.id))
        .outerjoin(posts, (p.workspace_id == k.workspace_id) & (p.id == k.post_id))
        .outerjoin(thread_standings, (s.workspace_id == t.workspace_id) & (s.thread_id == t.id))
    )
    chosen = sa.select(t.visibility, t.external_key, p.external_key.label("post_key"), s.opened_at).select_from(joined)
    row = tx.row(chosen.where(t.workspace_id == claim.workspace_id, t.id == claim.thread_id))
    if row is None:
        raise LookupError(claim.thread_id)
    return row


def _face(tx: Tx, claim: Claim, message_id: int) -> sa.Row[Any] | None:
    f = message_faces.c
    this = (f.workspace_id == claim.workspace_id) & (f.message_id == message_id)
    return tx.row(sa.select(f.audience, f.spoiler, f.facts).where(this)) if message_id else None
