"""Taking a note back that a macro wrote, with the rest of what the macro did. In: its id. Out: nothing is left of it."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.access import work_on_case
from sluss.cases.actions import refresh_case
from sluss.cases.models import attachments, notes
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Forbidden, Missing
from sluss.kernel.search import remove_texts
from sluss.kernel.tx import Tx


def remove_note(tx: Tx, who: Actor, note_id: int) -> None:
    """Take back one's own note, as part of an undo; its files stay loose, and go within a week."""
    this = (notes.c.workspace_id == who.workspace_id) & (notes.c.id == note_id)
    row = tx.row(sa.select(notes.c.case_id, notes.c.agent_id).where(this))
    if row is None:
        raise Missing
    case = work_on_case(tx, who, row.case_id)
    if row.agent_id != who.id:
        raise Forbidden("Only who wrote it can take it back.")
    c = attachments.c
    tx.run(sa.update(attachments).where(c.workspace_id == who.workspace_id, c.note_id == note_id).values(note_id=None))
    tx.run(sa.delete(notes).where(this))
    remove_texts(tx, who, [note_id])
    refresh_case(tx, who, case.id)
