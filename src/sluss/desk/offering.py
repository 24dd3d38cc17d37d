"""What can be done with a message at its network, and what is being done. In: a message, its channel, earlier deeds. Out: offers.

Only what the network allows is offered, and only to those who work on cases; what is on its way is not ordered twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import WORKERS
from sluss.channels.deeds import OPPOSITE
from sluss.desk.around import Around
from sluss.desk.public_screens import Offer, Ordered
from sluss.desk.public_words import deed_label, failed, going
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.outbox.models import operations
from sluss.web.locale import gettext as _

ASKS = frozenset({"delete", "block", "report", "edit", "react"})
"""What is not done at one press: it hurts, or wants to be told what."""
DANGER = frozenset({"delete", "block"})
FIRST = frozenset({"like", "unlike", "hide", "unhide"})
"""What is done all day long stands beside the message, the rest in its menu."""
ORDER = ("like", "unlike", "react", "hide", "unhide", "edit", "delete", "block", "unblock", "report")
GOING = frozenset({"queued", "sending"})
_ICONS = {
    "like": "heart",
    "unlike": "heart",
    "react": "smile",
    "hide": "eye-off",
    "unhide": "eye",
    "edit": "pencil",
    "delete": "trash-2",
    "block": "ban",
    "unblock": "user-check",
    "report": "flag",
}


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One deed that was ordered, and how it stands."""

    id: int
    message_id: int
    kind: str
    state: str
    reason: str
    state_at: int


def deeds_of(tx: Tx, who: Actor, message_ids: Sequence[int]) -> Mapping[int, Sequence[Done]]:
    """By message, those that were ordered last: of a deed and its opposite only the newer one."""
    o = operations.c
    wanted = sa.select(*(o[name] for name in Done.__struct_fields__))
    mine = (o.workspace_id == who.workspace_id) & o.message_id.in_(message_ids) & (o.kind != "send") & (o.state != "cancelled")
    newest: dict[int, dict[str, Done]] = {}
    for one in tx.structs(Done, wanted.where(mine).order_by(o.state_at, o.id)):
        newest.setdefault(one.message_id, {})[_pair(one.kind)] = one
    return {message_id: tuple(found.values()) for message_id, found in newest.items()}


def offers(around: Around, row: sa.Row[Any], face: sa.Row[Any] | None, done: Sequence[Done]) -> tuple[Offer, ...]:
    """What can be done with this message now."""
    inbox = around.face(row.inbox_id)
    if around.who.role not in WORKERS or inbox.archived_at is not None or (face is not None and face.removed_at):
        return ()
    can, ours = inbox.can_at(row.visibility).deeds, row.direction == "out"
    under_way = {_pair(one.kind) for one in done if one.state in GOING}
    stands = _stands(face, done)
    facts: Mapping[str, Any] = (face.facts if face is not None else None) or {}
    found = [kind for kind in ORDER if kind in can and _fits(kind, ours=ours, public=row.visibility == "public") and _turn(kind, stands)]
    return tuple(_offer(kind, ours=ours) for kind in found if _pair(kind) not in under_way and facts.get(f"can_{kind}") is not False)


def ordered(done: Sequence[Done]) -> tuple[Ordered, ...]:
    """What is on its way or did not come about."""
    return tuple(_ordered(one) for one in done if one.state in GOING | {"failed", "unknown"})


def _fits(kind: str, *, ours: bool, public: bool) -> bool:
    """Whether a deed makes sense of what we said, or of what somebody said to us."""
    if kind == "edit":
        return ours
    if kind == "delete":
        return ours or public
    return not ours


def _stands(face: sa.Row[Any] | None, done: Sequence[Done]) -> set[str]:
    """Deeds that are done and not taken back."""
    blocked = {one.kind for one in done if one.state == "sent" and one.kind == "block"}
    if face is None:
        return blocked
    return blocked | {kind for kind, at in (("hide", face.hidden_at), ("like", face.liked_at)) if at}


def _turn(kind: str, stands: set[str]) -> bool:
    """Of a deed and its opposite only one can be done now."""
    if kind in {"unhide", "unlike", "unblock"}:
        return OPPOSITE[kind] in stands
    return kind not in stands


def _offer(kind: str, *, ours: bool) -> Offer:
    label = deed_label(kind, ours=ours)
    return Offer(kind=kind, icon=_ICONS[kind], label=label, asks=kind in ASKS, danger=kind in DANGER, first=kind in FIRST)


def _ordered(one: Done) -> Ordered:
    if one.state in GOING:
        return Ordered(operation=str(one.id), kind=one.kind, text=going(one.kind), state="going")
    state = "unknown" if one.state == "unknown" else "failed"
    return Ordered(operation=str(one.id), kind=one.kind, text=failed(one.kind), state=state, reason=_(one.reason) if one.reason else "")


def _pair(kind: str) -> str:
    """One name for a deed and its opposite."""
    return min(kind, OPPOSITE.get(kind, kind))
