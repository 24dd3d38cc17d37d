"""What visitors of a chat read of notices. In: a chat. Out: its open notices, and those that were solved a moment ago."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.broadcast.models import bulletins, notice_chats, notices
from sluss.kernel.clock import HOUR
from sluss.kernel.tx import Tx

LINGERS = 2 * HOUR
"""How long a solved notice is still shown."""
MOST = 3


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as a chat shows it: the newest bulletin. Instants in microseconds UTC."""

    id: int
    kind: str
    solved: bool
    text: str
    at: int


def notices_at(tx: Tx, workspace_id: int, inbox_id: int) -> list[Shown]:
    """What a chat shows now, the newest first. No rights are asked: whoever opens the chat may read it."""
    n, c, b = notices.c, notice_chats.c, bulletins.c
    joined = notices.join(notice_chats, (c.workspace_id == n.workspace_id) & (c.notice_id == n.id))
    fresh = (n.state == "open") | ((n.state == "solved") & (n.ended_at > tx.now - LINGERS))
    wanted = sa.select(n.id, n.kind, n.state).select_from(joined).where(n.workspace_id == workspace_id, c.inbox_id == inbox_id, fresh)
    found: list[Shown] = []
    for row in tx.rows(wanted.order_by(n.id.desc()).limit(MOST)):
        newest = sa.select(b.text, b.at).where(b.workspace_id == workspace_id, b.notice_id == row.id).order_by(b.id.desc()).limit(1)
        said = tx.row(newest)
        if said is not None:
            found.append(Shown(id=row.id, kind=row.kind, solved=row.state == "solved", text=said.text, at=said.at))
    return found
