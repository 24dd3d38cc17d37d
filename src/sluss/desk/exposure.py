"""What stands in public of a case and should not, or could be closed there. In: a case with public conversations. Out: what to offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import WORKERS, CaseRow
from sluss.cases.models import conversations, message_faces, messages, threads
from sluss.channels.models import inboxes
from sluss.desk.public_words import personal_word
from sluss.desk.screens import ExposedHere
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.language.guard import find_personal
from sluss.outbox.deeds import possible_deeds
from sluss.replies.guarding import read_shapes

LOOKED_AT = 20


def exposed_in(tx: Tx, who: Actor, case: CaseRow) -> ExposedHere | None:
    """The newest public words of others in which something personal stands for everybody to read."""
    if who.role not in WORKERS:
        return None
    for row in _said_in_public(tx, case):
        kinds = tuple(dict.fromkeys(personal_word(one.kind) for one in find_personal(row.text, read_shapes(row.settings))))
        if kinds:
            can_hide = "hide" in possible_deeds(tx, who, [row.id]).get(row.id, frozenset())
            return ExposedHere(message=str(row.id), kinds=kinds, can_hide=can_hide)
    return None


def answered_in_private(tx: Tx, who: Actor, case: CaseRow) -> bool:
    """Whether we have answered in private since our last word in public: that can be said there."""
    if who.role not in WORKERS or case.status == "closed":
        return False
    m, v, t = messages.c, conversations.c, threads.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    ours = (v.workspace_id == case.workspace_id) & (v.case_id == case.id) & ~v.aside & (m.direction == "out") & (m.automatic == "")
    chosen = sa.select(t.visibility, sa.func.max(m.id).label("newest")).select_from(joined).where(ours).group_by(t.visibility)
    newest = {row.visibility: row.newest for row in tx.rows(chosen)}
    return newest.get("private", 0) > newest.get("public", 0)


def _said_in_public(tx: Tx, case: CaseRow) -> Sequence[sa.Row[Any]]:
    m, v, t, i, f = messages.c, conversations.c, threads.c, inboxes.c, message_faces.c
    joined = (
        messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
        .join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .join(inboxes, (i.workspace_id == t.workspace_id) & (i.id == t.inbox_id))
        .outerjoin(message_faces, (f.workspace_id == m.workspace_id) & (f.message_id == m.id))
    )
    mine = (v.workspace_id == case.workspace_id) & (v.case_id == case.id) & (t.visibility == "public") & (m.direction == "in")
    stands = f.hidden_at.is_(None) & f.removed_at.is_(None)
    chosen = sa.select(m.id, m.text, i.settings).select_from(joined)
    return tx.rows(chosen.where(mine, stands).order_by((m.id + 0).desc()).limit(LOOKED_AT))
