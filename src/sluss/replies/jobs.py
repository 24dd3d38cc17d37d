"""Recurring work on drafts and automatic answers. In: the clock. Out: fewer rows."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.models import attachments
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.tx import Tx
from sluss.replies.models import automatic_answers, drafts

KEPT = 7 * DAY


def tidy_uploads(tx: Tx, who: Actor) -> None:
    """Remove files older than a week that hang on no message and no note and stand in no draft."""
    c = attachments.c
    loose = (c.workspace_id == who.workspace_id) & c.message_id.is_(None) & c.note_id.is_(None) & (c.at < tx.now - KEPT)
    found = {row.id for row in tx.rows(sa.select(c.id).where(loose))}
    if not found:
        return
    kept = {
        int(one) for row in tx.rows(sa.select(drafts.c.attachment_ids).where(drafts.c.workspace_id == who.workspace_id)) for one in row[0]
    }
    tx.run(sa.delete(attachments).where(loose, c.id.in_(found - kept)))


def forget_automatic_answers(tx: Tx, who: Actor) -> None:
    """Only the last day counts."""
    c = automatic_answers.c
    tx.run(sa.delete(automatic_answers).where(c.workspace_id == who.workspace_id, c.at < tx.now - KEPT))
