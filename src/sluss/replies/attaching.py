"""Files that will go with an answer or a note. In: uploaded bytes. Out: rows that belong to their uploader and case until they are sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.access import AttachmentRow, access_attachment, access_case, require_whole
from sluss.cases.models import attachments
from sluss.kernel.actors import Actor
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.files import FileStore
from sluss.kernel.text import clean_line, clean_text, shorten
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

FILES = 20
NAME_BYTES, NAME = 200, 120
ALT = 1_000
"""What X takes as the description of a picture; the others take more."""
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")
_PATH = re.compile(r"[\\/]")


class Upload(msgspec.Struct, frozen=True):
    """A file as it came from the browser: name and type are its claims."""

    name: str
    media_type: str
    data: bytes


class NewFile(msgspec.Struct, frozen=True):
    """A file that already lies in the store."""

    name: str
    media_type: str
    size: int
    digest: str


async def upload_file(db: Database, files: FileStore, who: Actor, case_id: int, upload: Upload) -> int:
    """Store a file, then the row that names it. Returns the attachment's id; raises before storing when the actor may not."""
    await db.read(_require_place, who, case_id)
    digest = await asyncio.to_thread(files.put, upload.data)
    return await db.write(attach_file, who, case_id, NewFile(upload.name, upload.media_type, len(upload.data), digest))


def attach_file(tx: Tx, who: Actor, case_id: int, new: NewFile) -> int:
    """Make a stored file ready to be sent by its uploader, in this case only."""
    _require_place(tx, who, case_id)
    if not new.size:
        raise Invalid({"file": "This file is empty."})
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "case_id": case_id, "uploader_id": who.id, "at": tx.now}
    row |= {"name": file_name(new.name), "media_type": media_type(new.media_type), "size": new.size, "digest": new.digest, "content_id": ""}
    tx.run(sa.insert(attachments), row)
    return int(row["id"])


def remove_file(tx: Tx, who: Actor, attachment_id: int) -> None:
    """Take away a file that has not been sent."""
    found = access_attachment(tx, who, attachment_id)
    if found.message_id is not None or found.note_id is not None:
        raise Conflict("This file is part of what was sent, and stays.")
    tx.run(sa.delete(attachments).where(attachments.c.workspace_id == who.workspace_id, attachments.c.id == attachment_id))


def describe_files(tx: Tx, who: Actor, case_id: int, described: Mapping[int, str]) -> None:
    """Say of pictures that wait to be sent what they show, for those who cannot see them."""
    c = attachments.c
    for one in require_free(tx, who, case_id, tuple(described)):
        alt = shorten(clean_text(described[one.id]).strip(), max_bytes=ALT * 4, max_graphemes=ALT)
        tx.run(sa.update(attachments).where(c.workspace_id == who.workspace_id, c.id == one.id).values(alt=alt))


def require_free(tx: Tx, who: Actor, case_id: int, attachment_ids: Sequence[int]) -> list[AttachmentRow]:
    """The files, if every one is the actor's own, of this case, and not yet sent (T9, T10)."""
    if len(attachment_ids) > FILES:
        raise Invalid({"file": say("At most %(most)s files go with one answer.", most=FILES)})
    if not attachment_ids:
        return []
    c = attachments.c
    mine = (c.workspace_id == who.workspace_id) & c.id.in_(attachment_ids) & (c.uploader_id == who.id) & (c.case_id == case_id)
    fields = AttachmentRow.__struct_fields__
    rows = tx.rows(sa.select(*(c[name] for name in fields)).where(mine, c.message_id.is_(None), c.note_id.is_(None)).order_by(c.id))
    if len(rows) != len(set(attachment_ids)):
        raise Invalid({"file": "One of the files is no longer there. Attach it again."})
    return [AttachmentRow(**dict(zip(fields, row, strict=True))) for row in rows]


def file_name(name: str) -> str:
    """A name fit for any disk: the last part of a path, one line, not too long."""
    return shorten(clean_line(_PATH.split(name)[-1]).lstrip("."), max_bytes=NAME_BYTES, max_graphemes=NAME) or "file"


def media_type(claimed: str) -> str:
    """A type as a browser may be told it; what is none is bytes."""
    return claimed.lower() if _MEDIA_TYPE.fullmatch(claimed.lower()) else "application/octet-stream"


def _require_place(tx: Tx, who: Actor, case_id: int) -> None:
    require_whole(tx, who, access_case(tx, who, case_id))
    if who.kind != "agent":
        raise Forbidden("Only agents attach files.")
    c = attachments.c
    mine = (
        (c.workspace_id == who.workspace_id)
        & (c.uploader_id == who.id)
        & (c.case_id == case_id)
        & c.message_id.is_(None)
        & c.note_id.is_(None)
    )
    if int(tx.value(sa.select(sa.func.count()).select_from(attachments).where(mine))) >= 3 * FILES:
        raise Invalid({"file": "Too many files wait in this case. Remove some first."})
