"""What can be done with messages at their networks, and what is being done. In: messages, as they stand. Out: offers, and deeds under way.

Only what the network allows is offered, and only to those who work on cases; what is on its way is not ordered twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import WORKERS
from sluss.channels.deeds import OPPOSITE
from sluss.customers.screens import Person
from sluss.desk.around import people
from sluss.desk.public_screens import Offer, Ordered
from sluss.desk.public_words import deed_label, failed, going
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.outbox.deeds import DeedState, deeds_of, possible_deeds
from sluss.web.locale import gettext as _

ASKS = frozenset({"delete", "block", "report", "edit", "react"})
"""What is not done at one press: it hurts, or wants to be told what."""
DANGER = frozenset({"delete", "block"})
FIRST = frozenset({"like", "unlike", "hide", "unhide"})
"""What is done all day long stands beside the message, the rest in its menu."""
ORDER = ("like", "unlike", "react", "hide", "unhide", "edit", "report", "unblock", "block", "delete")
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


class Deeds(msgspec.Struct, frozen=True):
    """What is possible with each message, and the newest of what was ordered; of a deed and its opposite only that."""

    possible: Mapping[int, Collection[str]]
    newest: Mapping[int, Sequence[DeedState]]
    names: Mapping[int, Person]


def read_deeds(tx: Tx, who: Actor, message_ids: Sequence[int]) -> Deeds:
    """Of messages that the caller was given by an access function."""
    newest: dict[int, dict[str, DeedState]] = {}
    for message_id, states in deeds_of(tx, who, message_ids).items():
        for one in states:
            if one.state != "cancelled":
                newest.setdefault(message_id, {})[_pair(one.kind)] = one
    shown = {message_id: tuple(found.values()) for message_id, found in newest.items()}
    names = people(tx, who, {one.agent_id for states in shown.values() for one in states})
    return Deeds(possible_deeds(tx, who, message_ids) if who.role in WORKERS else {}, shown, names)


def offers(row: sa.Row[Any], face: sa.Row[Any] | None, deeds: Deeds) -> tuple[Offer, ...]:
    """What can be done with this message now."""
    under_way = {_pair(one.kind) for one in deeds.newest.get(row.id, ()) if one.state in GOING}
    stands = {kind for kind, at in _stands(row, face) if at}
    possible = deeds.possible.get(row.id, ())
    found = [kind for kind in ORDER if kind in possible and _turn(kind, stands) and _pair(kind) not in under_way]
    return tuple(_offer(kind, ours=row.direction == "out") for kind in found)


def ordered(row: sa.Row[Any], deeds: Deeds) -> tuple[Ordered, ...]:
    """What is on its way or did not come about."""
    shown = GOING | {"failed", "unknown"}
    return tuple(_ordered(one, deeds.names) for one in deeds.newest.get(row.id, ()) if one.state in shown)


def _stands(row: sa.Row[Any], face: sa.Row[Any] | None) -> tuple[tuple[str, int | None], ...]:
    """Deeds that are done and not taken back."""
    return ("hide", face.hidden_at if face else None), ("like", face.liked_at if face else None), ("block", row.blocked_at)


def _turn(kind: str, stands: Collection[str]) -> bool:
    """Of a deed and its opposite only one can be done now."""
    if kind in {"unhide", "unlike", "unblock"}:
        return OPPOSITE[kind] in stands
    return kind not in stands


def _offer(kind: str, *, ours: bool) -> Offer:
    label = deed_label(kind, ours=ours)
    return Offer(kind=kind, icon=_ICONS[kind], label=label, asks=kind in ASKS, danger=kind in DANGER, first=kind in FIRST)


def _ordered(one: DeedState, names: Mapping[int, Person]) -> Ordered:
    known = names.get(one.agent_id or 0)
    by = known.name if known else ""
    shared: dict[str, Any] = {"operation": str(one.operation_id), "kind": one.kind, "by": by, "at": one.at}
    if one.state in GOING:
        return Ordered(text=going(one.kind), state="going", undo_until=one.undo_until, **shared)
    reason = _(one.trouble) if one.trouble else ""
    return Ordered(text=failed(one.kind), state="unknown" if one.state == "unknown" else "failed", reason=reason, **shared)


def _pair(kind: str) -> str:
    """One name for a deed and its opposite."""
    return min(kind, OPPOSITE.get(kind, kind))
