"""What deliveries only name, written down to be fetched. In: wishes with the message that they belong to. Out: one row each, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import messages
from sluss.channels.happenings import Wanted
from sluss.intake.models import fetches
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.tx import Tx

TOPIC = "fetches"
DONE = 30 * DAY
"""How long is remembered what was fetched; what is gone says so under its message for as long as that stays."""


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """What an inbox's network is to be asked for. `message_id` is 0 where there is no message yet."""

    inbox_id: int
    wanted: Wanted
    message_id: int = 0


def note_wants(tx: Tx, who: Actor, wants: Sequence[Want]) -> None:
    """Write down what nobody has asked for before."""
    if not wants:
        return
    f = fetches.c
    keys = {(one.inbox_id, one.wanted.key): one for one in wants}
    here = (f.workspace_id == who.workspace_id) & f.inbox_id.in_({one for one, _ in keys}) & f.key.in_({key for _, key in keys})
    known = {(row.inbox_id, row.key) for row in tx.rows(sa.select(f.inbox_id, f.key).where(here))}
    writers = _writers(tx, who, [one.message_id for one in wants if one.wanted.kind == "person"])
    rows = [
        _row(tx, who, one, writers.get(one.message_id) if one.wanted.kind == "person" else None)
        for key, one in keys.items()
        if key not in known
    ]
    if rows:
        tx.run(sa.insert(fetches), rows)
        tx.hint(TOPIC)


def forget_fetched(tx: Tx, who: Actor) -> None:
    """What hangs where it belongs, for long enough."""
    f = fetches.c
    tx.run(sa.delete(fetches).where(f.workspace_id == who.workspace_id, f.state == "done", f.at < tx.now - DONE))


def _writers(tx: Tx, who: Actor, message_ids: Sequence[int]) -> dict[int, int]:
    if not message_ids:
        return {}
    m = messages.c
    rows = tx.rows(sa.select(m.id, m.identity_id).where(m.workspace_id == who.workspace_id, m.id.in_(message_ids)))
    return {row.id: row.identity_id for row in rows}


def _row(tx: Tx, who: Actor, one: Want, identity_id: int | None) -> dict[str, Any]:
    wanted = one.wanted
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": tx.new_id(), "inbox_id": one.inbox_id, "key": wanted.key}
    row |= {"kind": wanted.kind, "ref": wanted.ref, "name": wanted.name, "media_type": wanted.media_type, "size": wanted.size}
    row |= {"alt": wanted.alt, "message_id": one.message_id or None, "identity_id": identity_id}
    return row | {"state": "waiting", "tries": 0, "due_at": tx.now, "reason": "", "at": tx.now}
