"""Bringing in what a network had before an inbox was connected. In: what an adapter says of it, and an administrator's wish. Out: both.

An adapter keeps a `History` under the cursor `HISTORY`, and looks at the wish before each step.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.bringing import HISTORY, WISH, History
from sluss.channels.inboxes import access_inbox
from sluss.channels.models import cursors
from sluss.channels.progress import get_cursor
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Forbidden
from sluss.kernel.tx import Tx


def history_of(tx: Tx, who: Actor, inbox_id: int) -> History | None:
    """How the bringing in of old messages stands; None where none was asked for."""
    stored = get_cursor(tx, who, inbox_id, HISTORY)
    if stored is None:
        return None
    wish = get_cursor(tx, who, inbox_id, WISH) or {}
    return msgspec.structs.replace(msgspec.convert(stored, History), paused=bool(wish.get("paused")))


def pause_history(tx: Tx, who: Actor, inbox_id: int) -> None:
    """Bring in no more old messages until it is resumed; new ones come as ever."""
    _wish(tx, who, inbox_id, paused=True)


def resume_history(tx: Tx, who: Actor, inbox_id: int) -> None:
    """Go on where it was paused."""
    _wish(tx, who, inbox_id, paused=False)


def _wish(tx: Tx, who: Actor, inbox_id: int, *, paused: bool) -> None:
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators change inboxes.")
    inbox = access_inbox(tx, who, inbox_id)
    this = (cursors.c.workspace_id == who.workspace_id) & (cursors.c.inbox_id == inbox_id) & (cursors.c.name == WISH)
    value: dict[str, Any] = {"paused": paused}
    if tx.run(sa.update(cursors).where(this).values(value=value)).rowcount == 0:
        tx.run(sa.insert(cursors), {"workspace_id": who.workspace_id, "inbox_id": inbox_id, "name": WISH, "value": value})
    note_deed(tx, who, "inbox.pause_history" if paused else "inbox.resume_history", ("inbox", inbox_id), name=inbox.name)
