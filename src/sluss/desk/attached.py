"""Files as the desk shows them. In: attachments as stored. Out: values for the screens, small pictures among them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.desk.item_screens import File
from sluss.web.uploads import PICTURES

THUMB_BYTES = 2_000_000


def show_file(row: sa.Row[Any] | Any) -> File:
    """An attachment as the screens name it."""
    small = row.media_type in PICTURES and row.size <= THUMB_BYTES
    return File(id=str(row.id), name=row.name, size=row.size, media_type=row.media_type, picture=small, alt=row.alt)
