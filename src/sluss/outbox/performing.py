"""A deed at a network, from its rows and back. In: a claim. Out: what the adapter needs; afterwards how the message stands."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.faces import change_message, react, save_face
from sluss.cases.models import conversations, message_faces, messages, threads
from sluss.cases.named import Named
from sluss.channels.deeds import Deed
from sluss.channels.happenings import Changed, Reacted
from sluss.channels.models import inboxes
from sluss.channels.who import Address
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.outbox.claims import Claim
from sluss.outbox.models import deeds
from sluss.outbox.naming import network_key


def load_deed(tx: Tx, claim: Claim) -> Deed:
    """Everything about the deed that its network needs."""
    m, v, t, f, i, d = messages.c, conversations.c, threads.c, message_faces.c, identities.c, deeds.c
    joined = (
        messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
        .join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .outerjoin(message_faces, (f.workspace_id == m.workspace_id) & (f.message_id == m.id))
        .outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    )
    chosen = sa.select(m.direction, t.visibility, t.external_key, f.facts, i.address, i.name).select_from(joined)
    row = tx.row(chosen.where(m.workspace_id == claim.workspace_id, m.id == claim.message_id))
    value = tx.value(sa.select(d.value).where(d.workspace_id == claim.workspace_id, d.operation_id == claim.operation_id))
    if row is None:
        raise LookupError(claim.message_id)
    return Deed(
        kind=claim.kind,  # pyright: ignore[reportArgumentType] - the column holds no other
        external_id=network_key(tx, claim.workspace_id, claim.message_id),
        of=row.direction,
        visibility=row.visibility,
        author=Address(row.address or "", row.name or ""),
        thread_key=row.external_key,
        value=value or "",
        facts=row.facts or {},
    )


def note_done(tx: Tx, who: Actor, claim: Claim) -> None:
    """How the message stands now that the deed is done."""
    m, d = messages.c, deeds.c
    row = tx.row(sa.select(m.direction, m.identity_id).where(m.workspace_id == who.workspace_id, m.id == claim.message_id))
    value = tx.value(sa.select(d.value).where(d.workspace_id == who.workspace_id, d.operation_id == claim.operation_id)) or ""
    if row is None:
        return
    meant = Named(message_id=claim.message_id, case_id=claim.case_id, inbox_id=claim.inbox_id, direction=row.direction)
    match claim.kind:
        case "hide" | "unhide" | "delete" | "edit":
            _change(tx, who, meant, claim.kind, value)
        case "like" | "unlike":
            save_face(tx, who, claim.message_id, liked_at=tx.now if claim.kind == "like" else None)
        case "block" | "unblock":
            this = (identities.c.workspace_id == who.workspace_id) & (identities.c.id == row.identity_id)
            tx.run(sa.update(identities).where(this).values(blocked_at=tx.now if claim.kind == "block" else None))
        case "react":
            own = tx.value(sa.select(inboxes.c.address).where(inboxes.c.workspace_id == who.workspace_id, inboxes.c.id == claim.inbox_id))
            react(tx, who, meant, Reacted(external_id="", sender=Address(str(own)), emoji=value, at=tx.now))
        case _:
            pass


_NEWS = {"hide": "hidden", "unhide": "unhidden", "delete": "removed", "edit": "edited"}


def _change(tx: Tx, who: Actor, meant: Named, kind: str, value: str) -> None:
    f = message_faces.c
    spoiler = tx.value(sa.select(f.spoiler).where(f.workspace_id == who.workspace_id, f.message_id == meant.message_id)) or ""
    news = {"external_id": "", "what": _NEWS[kind], "at": tx.now, "text": value, "spoiler": spoiler, "by": "us"}
    change_message(tx, who, meant, Changed(**news))  # pyright: ignore[reportArgumentType] - `_NEWS` holds no other
