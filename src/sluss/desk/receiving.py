"""Files from agents on their way into the store. In: an upload. Out: an attachment that waits to be sent, or a sentence why not."""

from __future__ import annotations

import asyncio

from litestar.datastructures import UploadFile

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.files import FileStore, Stored, TooLarge
from sluss.replies.attaching import NewFile, attach_file
from sluss.web.edge import Edge
from sluss.web.formats import size
from sluss.web.locale import gettext as _
from sluss.web.uploads import HEAD, clean_name, media_type_of

CHUNK = 1 << 16


async def receive(edge: Edge, who: Actor, case_id: int, upload: UploadFile) -> int:
    """Keep a file for a draft of this case. Returns the attachment's id; raises `Invalid` for `file`."""
    limit = edge.config.max_upload_bytes
    try:
        stored, head = await asyncio.to_thread(_store, edge.files, upload, limit)
    except TooLarge:
        raise Invalid({"file": _("This file is larger than %(limit)s.") % {"limit": size(limit)}}) from None
    finally:
        await upload.close()
    name = clean_name(upload.filename)
    return await edge.db.write(attach_file, who, case_id, NewFile(name, media_type_of(head, name), stored.size, stored.digest))


def _store(files: FileStore, upload: UploadFile, limit: int) -> tuple[Stored, bytes]:
    """Piece by piece: a large file is never held in memory."""
    head = b""
    with files.writing(limit) as writing:
        while chunk := upload.file.read(CHUNK):
            head += chunk[: max(0, HEAD - len(head))]
            writing.write(chunk)
        return writing.finish(), head
