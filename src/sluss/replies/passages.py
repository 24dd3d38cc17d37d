"""Where a case went on when it left the public. In: a case. Out: the conversation that is answered next, until its customer speaks."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.models import conversations, messages
from sluss.kernel.tx import Tx
from sluss.replies.models import private_links, sluices


def gone_on_in(tx: Tx, case: CaseRow) -> int:
    """The conversation of the newest passage, 0 where there is none or the customer has said something since."""
    s, v = sluices.c, conversations.c
    mine = (s.workspace_id == case.workspace_id) & (s.case_id == case.id) & s.undone_at.is_(None)
    newest = tx.row(sa.select(s.at, s.private_id, s.link_id).where(mine).order_by(s.id.desc()).limit(1))
    if newest is None or _spoke_after(tx, case, newest.at):
        return 0
    here = (v.workspace_id == case.workspace_id) & (v.case_id == case.id)
    if newest.private_id is not None:
        m = messages.c
        said_in = sa.select(m.conversation_id).where(m.workspace_id == case.workspace_id, m.id == newest.private_id).scalar_subquery()
        return int(tx.value(sa.select(v.id).where(here, v.id == said_in)) or 0)
    k = private_links.c
    behind = sa.select(k.thread_id).where(k.workspace_id == case.workspace_id, k.id == newest.link_id).scalar_subquery()
    return int(tx.value(sa.select(sa.func.max(v.id)).where(here, v.thread_id == behind)) or 0)


def _spoke_after(tx: Tx, case: CaseRow, at: int) -> bool:
    m, v = messages.c, conversations.c
    here = sa.select(v.id).where(v.workspace_id == case.workspace_id, v.case_id == case.id, ~v.aside)
    later = (m.workspace_id == case.workspace_id) & m.conversation_id.in_(here) & (m.direction == "in") & (m.at > at)
    return tx.row(sa.select(m.id).where(later).limit(1)) is not None
