"""Files that go along with a canned answer. In: a stored file. Out: a row; each draft that takes the answer gets a copy of it."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.replies.attaching import NewFile, file_name, media_type
from sluss.replies.canned.models import canned_files
from sluss.replies.canned.queries import files_of, hold_answer

MOST = 5


def add_file(tx: Tx, who: Actor, answer_id: int, new: NewFile) -> int:
    """Let a file go along with an answer. Returns its id."""
    found = hold_answer(tx, who, answer_id)
    if not new.size:
        raise Invalid({"file": "This file is empty."})
    if len(files_of(tx, who, [found.id])[found.id]) >= MOST:
        raise Invalid({"file": say("At most %(most)s files go with one answer.", most=MOST)})
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "answer_id": found.id, "at": tx.now, "size": new.size}
    row |= {"name": file_name(new.name), "media_type": media_type(new.media_type), "digest": new.digest}
    tx.run(sa.insert(canned_files), row)
    note_deed(tx, who, "canned.file", ("canned answer", found.id), name=found.name)
    return int(row["id"])


def drop_file(tx: Tx, who: Actor, answer_id: int, file_id: int) -> None:
    """Take a file from an answer; drafts that have it keep it."""
    found = hold_answer(tx, who, answer_id)
    c = canned_files.c
    this = (c.workspace_id == who.workspace_id) & (c.answer_id == found.id) & (c.id == file_id)
    if not tx.run(sa.delete(canned_files).where(this)).rowcount:
        raise Missing
    note_deed(tx, who, "canned.drop_file", ("canned answer", found.id), name=found.name)
