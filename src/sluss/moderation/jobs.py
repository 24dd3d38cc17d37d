"""Recurring work on answers that wait. In: the clock. Out: their files stay as long as they may still be sent."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.models import attachments
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.moderation.models import waiting_answers


def keep_files(tx: Tx, who: Actor) -> None:
    """Files that hang on nothing are removed when they get old: those of answers that wait, or were sent back, stay young."""
    c, a = waiting_answers.c, attachments.c
    open_ones = (c.workspace_id == who.workspace_id) & c.state.in_(("waiting", "returned"))
    wanted = {int(one) for row in tx.rows(sa.select(c.reply).where(open_ones)) for one in row.reply.get("attachment_ids", ())}
    if wanted:
        mine = (a.workspace_id == who.workspace_id) & a.id.in_(wanted) & a.message_id.is_(None)
        tx.run(sa.update(attachments).where(mine).values(at=tx.now))
