"""Threads in which a network takes no answer any more. In: what a customer did there. Out: their last words, marked as unanswerable."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from sluss.cases.events import CaseChanged
from sluss.cases.faces import save_face
from sluss.cases.known import threads_by_key
from sluss.cases.models import conversations, messages
from sluss.channels.happenings import Barred
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx


def bar_threads(tx: Tx, who: Actor, told: Sequence[tuple[int, Barred]]) -> None:
    """Mark what the customer had last said by then; what they say later can be answered again. `told` with the inbox it came to."""
    found = threads_by_key(tx, who, {(inbox_id, one.thread_key) for inbox_id, one in told})
    for inbox_id, one in sorted(told, key=lambda news: news[1].at):
        thread_id = found.get((inbox_id, one.thread_key))
        if thread_id is not None:
            _bar(tx, who, thread_id, one)


def _bar(tx: Tx, who: Actor, thread_id: int, one: Barred) -> None:
    m, v = messages.c, conversations.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    there = (v.workspace_id == who.workspace_id) & (v.thread_id == thread_id) & (m.direction == "in")
    last = sa.select(m.id, v.case_id).select_from(joined).where(there, sa.func.coalesce(m.sent_at, m.at) <= one.at)
    row = tx.row(last.order_by(m.id.desc()).limit(1))
    if row is not None:
        save_face(tx, who, row.id, unanswerable=one.reason)
        tx.emit(who, CaseChanged(case_id=row.case_id))
