"""What could not be understood: listed, looked at, replayed or set aside for good.

In: an administrator. Out: envelopes back in the queue.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.channels.models import inboxes
from sluss.intake.models import envelopes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden, Missing
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx

STATES = ("quarantined", "discarded")


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope set aside; `raw` is None when it lies in the file store under `digest`."""

    id: int
    inbox_id: int
    inbox: str
    received_at: int
    size: int
    reason: str
    state: str
    attempts: int
    settled_at: int | None
    digest: str
    raw: bytes | None


_HOME = (inboxes.c.workspace_id == envelopes.c.workspace_id) & (inboxes.c.id == envelopes.c.inbox_id)
_CHOSEN = sa.select(*fields(Quarantined, envelopes, inbox=inboxes.c.name)).select_from(envelopes.join(inboxes, _HOME))


def list_quarantined(tx: Tx, who: Actor, before: int | None = None, limit: int = 50) -> list[Quarantined]:
    """Newest first; `before` is the id of the last one seen."""
    _require_admin(who)
    wanted = _CHOSEN.where(envelopes.c.workspace_id == who.workspace_id, envelopes.c.state == "quarantined")
    if before is not None:
        wanted = wanted.where(envelopes.c.id < before)
    return tx.structs(Quarantined, wanted.order_by(envelopes.c.id.desc()).limit(limit))


def count_quarantined(tx: Tx, who: Actor) -> int:
    """How many wait for a decision."""
    mine = (envelopes.c.workspace_id == who.workspace_id) & (envelopes.c.state == "quarantined")
    return int(tx.value(sa.select(sa.func.count()).select_from(envelopes).where(mine)))


def access_quarantined(tx: Tx, who: Actor, envelope_id: int) -> Quarantined:
    """One envelope that is, or was, set aside."""
    _require_admin(who)
    mine = (envelopes.c.workspace_id == who.workspace_id) & (envelopes.c.id == envelope_id) & envelopes.c.state.in_(STATES)
    found = tx.struct(Quarantined, _CHOSEN.where(mine))
    if found is None:
        raise Missing
    return found


def replay_envelope(tx: Tx, who: Actor, envelope_id: int) -> None:
    """Let the channel read it once more, as if it had just arrived."""
    _move(tx, who, envelope_id, "received", "intake.replay")
    tx.hint("envelopes")


def discard_envelope(tx: Tx, who: Actor, envelope_id: int) -> None:
    """Take it off the list; the raw bytes stay."""
    _move(tx, who, envelope_id, "discarded", "intake.discard")


def _move(tx: Tx, who: Actor, envelope_id: int, state: str, action: str) -> None:
    one = access_quarantined(tx, who, envelope_id)
    if one.state == state:
        sentence = "Somebody has dealt with this one already."
        raise Conflict(sentence)
    this = (envelopes.c.workspace_id == who.workspace_id) & (envelopes.c.id == envelope_id)
    tx.run(sa.update(envelopes).where(this).values(state=state, attempts=0, reason=one.reason, settled_at=tx.now))
    note_deed(tx, who, action, ("envelope", envelope_id))


def _require_admin(who: Actor) -> None:
    if who.kind == "agent" and who.role != "admin":
        sentence = "Only administrators look at set-aside messages."
        raise Forbidden(sentence)
