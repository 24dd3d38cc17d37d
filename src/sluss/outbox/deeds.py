"""Deeds at a network beside sending: hide, delete, like, block, edit. In: who wants what done with which message. Out: an operation.

A deed waits only for earlier deeds on the same message. It can be repeated without harm, so one whose result nobody knows is tried again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, get_args

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_message, work_on_case
from sluss.cases.models import conversations, message_faces, message_reactions, messages, threads
from sluss.channels.contract import Capabilities
from sluss.channels.counting import count_length
from sluss.channels.deeds import OPPOSITE, DeedKind
from sluss.channels.models import inboxes
from sluss.channels.registry import capabilities_of
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.actions import cancel_operation
from sluss.outbox.models import deeds, operations
from sluss.outbox.naming import network_key
from sluss.outbox.queries import access_operation
from sluss.outbox.states import NEVER, OPEN, PATIENCE, State
from sluss.outbox.telling import tell_state

TO_THEIRS: frozenset[DeedKind] = frozenset(get_args(DeedKind)) - {"edit"}
TO_OURS: frozenset[DeedKind] = frozenset({"delete", "edit"})
THOUGHT_OVER: frozenset[DeedKind] = frozenset({"delete", "edit", "block", "report"})
"""What cannot simply be put back waits for a moment, so that it can be taken back."""
SECONDS = 10
VALUE, REASON = 10_000, 500


class DeedState(msgspec.Struct, frozen=True, kw_only=True):
    """How one deed stands; `sent` is done. `agent_id` ordered it (None: a policy). Instants in microseconds UTC.

    `undo_until` is set while it has not been tried and is not yet due.
    """

    operation_id: int
    message_id: int
    kind: DeedKind
    value: str
    reason: str
    state: State
    trouble: str
    at: int
    agent_id: int | None
    undo_until: int | None = None


def order_deed(tx: Tx, who: Actor, message_id: int, kind: DeedKind, *, value: str = "", reason: str = "") -> int:
    """Have a deed done. Returns its operation, the one under way if the same was ordered before, and 0 where it stands so already."""
    row = _about(tx, who, message_id)
    case = work_on_case(tx, who, row.case_id)
    value = _checked(row, kind, value)
    under_way = _call_off(tx, who, _open_deeds(tx, who, message_id), OPPOSITE.get(kind, ""))
    again = next((int(one.id) for one in under_way if (one.kind, one.value) == (kind, value)), 0)
    # What is under way may turn it round before this one's turn comes.
    if again or (not under_way and _stands_so(row, kind, value)):
        return again
    return _queue(tx, who, case, row, (kind, value, clean_line(reason)[:REASON]))


def take_back_deed(tx: Tx, who: Actor, operation_id: int) -> int:
    """Call a deed off before it is done, else order its opposite. Returns the opposite's operation, 0 where nothing had been done yet.

    Raises `Conflict` for what no network gives back.
    """
    found = access_operation(tx, who, operation_id)
    if found.kind == "send":
        raise Conflict("This is a message, not a deed on one.")
    if found.state == "queued" and not found.attempts:
        cancel_operation(tx, who, operation_id)
        return 0
    opposite = OPPOSITE.get(found.kind)
    if opposite is None or found.state not in {"sent", "sending", "queued", "unknown"}:
        raise Conflict("This cannot be taken back: it is done at the network.")
    return order_deed(tx, who, found.message_id, msgspec.convert(opposite, DeedKind), reason="")


def possible_deeds(tx: Tx, who: Actor, message_ids: Collection[int]) -> Mapping[int, frozenset[DeedKind]]:
    """What can be done with messages that the caller was given by an access function, as they stand now."""
    return {row.id: frozenset(kind for kind in get_args(DeedKind) if not _why_not(row, kind)) for row in tx.rows(_rows(who, message_ids))}


def deeds_of(tx: Tx, who: Actor, message_ids: Collection[int]) -> Mapping[int, tuple[DeedState, ...]]:
    """All deeds on such messages, the oldest first."""
    o, d = operations.c, deeds.c
    joined = operations.join(deeds, (d.workspace_id == o.workspace_id) & (d.operation_id == o.id))
    chosen = sa.select(operations, d.value, d.reason.label("why"), d.agent_id).select_from(joined)
    rows = tx.rows(chosen.where(o.workspace_id == who.workspace_id, o.message_id.in_(message_ids), o.kind != "send").order_by(o.id))
    found: dict[int, tuple[DeedState, ...]] = {}
    for row in rows:
        found[row.message_id] = (*found.get(row.message_id, ()), _state(tx, row))
    return found


_WHY_NOT = say("This cannot be done here: the network does not offer it for this message.")
_GONE = say("This message is gone at the network.")


def _about(tx: Tx, who: Actor, message_id: int) -> sa.Row[Any]:
    access_message(tx, who, message_id)
    row = tx.row(_rows(who, [message_id]))
    if row is None:
        raise LookupError(message_id)
    return row


def _rows(who: Actor, message_ids: Collection[int]) -> sa.Select[*tuple[Any, ...]]:
    m, v, t, i, f, p, r = messages.c, conversations.c, threads.c, inboxes.c, message_faces.c, identities.c, message_reactions.c
    joined = (
        messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
        .join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .join(inboxes, (i.workspace_id == t.workspace_id) & (i.id == t.inbox_id))
        .outerjoin(message_faces, (f.workspace_id == m.workspace_id) & (f.message_id == m.id))
        .outerjoin(identities, (p.workspace_id == m.workspace_id) & (p.id == m.identity_id))
        .outerjoin(message_reactions, (r.workspace_id == m.workspace_id) & (r.message_id == m.id) & (r.address == i.address))
    )
    chosen = sa.select(
        *(m.id, m.direction, m.text, v.case_id, t.id.label("thread_id"), t.visibility, t.inbox_id, i.channel, i.archived_at, f.facts),
        *(f.hidden_at, f.removed_at, f.liked_at, p.blocked_at, m.identity_id, r.emoji),
    )
    return chosen.select_from(joined).where(m.workspace_id == who.workspace_id, m.id.in_(message_ids))


def _why_not(row: sa.Row[Any], kind: DeedKind) -> str:
    """One sentence where a deed cannot be done; empty where it can."""
    can: Capabilities = capabilities_of(row.channel, row.visibility)
    if kind not in can.deeds or kind not in (TO_THEIRS if row.direction == "in" else TO_OURS) or row.archived_at is not None:
        return _WHY_NOT
    facts: dict[str, Any] = row.facts or {}
    if facts.get(f"can_{kind}", facts.get(f"can_{OPPOSITE.get(kind, kind)}")) is False:
        return _WHY_NOT
    return _GONE if row.removed_at is not None and kind not in {"block", "unblock"} else ""


def _checked(row: sa.Row[Any], kind: DeedKind, value: str) -> str:
    if why := _why_not(row, kind):
        raise Conflict(why)
    value = clean_text(value) if kind == "edit" else clean_line(value)
    if kind in {"edit", "react"} and not value.strip():
        raise Invalid({"body" if kind == "edit" else "emoji": "Write the new text first." if kind == "edit" else "Choose a sign first."})
    can = capabilities_of(row.channel, row.visibility)
    most = min(can.max_length or VALUE, VALUE) if kind == "edit" else VALUE
    if count_length(value, can.counts) > most:
        raise Invalid({"body": say("This is too long: at most %(most)s characters can be sent here.", most=most)})
    return value


def _stands_so(row: sa.Row[Any], kind: DeedKind, value: str) -> bool:
    match kind:
        case "hide" | "unhide":
            return (row.hidden_at is not None) == (kind == "hide")
        case "like" | "unlike":
            return (row.liked_at is not None) == (kind == "like")
        case "block" | "unblock":
            return (row.blocked_at is not None) == (kind == "block")
        case "react":
            return row.emoji == value
        case "edit":
            return row.text == value
        case _:
            return False


def _open_deeds(tx: Tx, who: Actor, message_id: int) -> Sequence[sa.Row[Any]]:
    o, d = operations.c, deeds.c
    joined = operations.join(deeds, (d.workspace_id == o.workspace_id) & (d.operation_id == o.id))
    chosen = sa.select(o.id, o.kind, o.state, o.attempts, d.value).select_from(joined)
    mine = (o.workspace_id == who.workspace_id) & (o.message_id == message_id) & o.state.in_(OPEN) & (o.kind != "send")
    return tx.rows(chosen.where(mine).order_by(o.id))


def _call_off(tx: Tx, who: Actor, under_way: Sequence[sa.Row[Any]], kind: str) -> list[sa.Row[Any]]:
    """What is left of the deeds under way without those of a kind that nobody has tried yet."""
    untried = [one for one in under_way if one.kind == kind and one.state == "queued" and not one.attempts]
    for one in untried:
        cancel_operation(tx, who, one.id)
    return [one for one in under_way if one not in untried]


def _queue(tx: Tx, who: Actor, case: CaseRow, row: sa.Row[Any], what: tuple[DeedKind, str, str]) -> int:
    kind, value, reason = what
    if not network_key(tx, who.workspace_id, row.id):
        raise Conflict("This has not reached the network yet. Wait until it has, or cancel it.")
    operation_id, key = tx.new_id(), {"workspace_id": who.workspace_id}
    due_at = tx.now + (SECONDS * SECOND if kind in THOUGHT_OVER and who.kind == "agent" else 0)
    new = {"id": operation_id, "kind": kind, "inbox_id": row.inbox_id, "thread_id": row.thread_id, "message_id": row.id}
    # Of one message several deeds may be done, one after the other; the unique key is that of deliveries.
    new |= {"recipient": str(operation_id), "recipient_name": "", "state": "queued", "created_at": tx.now, "state_at": tx.now}
    new |= {"due_at": due_at, "give_up_at": due_at + PATIENCE, "attempts": 0, "waits": 0, "unknowns": 0, "by_hand": False, "delayed": False}
    tx.run(sa.insert(operations), key | new | {"holder": "", "fence": 0, "held_until": 0, "code": "", "reason": "", "token": ""})
    agent_id = who.id if who.kind == "agent" else None
    tx.run(sa.insert(deeds), key | {"operation_id": operation_id, "agent_id": agent_id, "value": value, "reason": reason})
    tell_state(tx, who, kind, case_id=case.id, message_id=row.id, operation_id=operation_id, state="queued")
    note_deed(tx, who, "message.deed", ("case", case.id), number=case.number, deed=kind, message=str(row.id))
    tx.hint("operations")
    return operation_id


def _state(tx: Tx, row: sa.Row[Any]) -> DeedState:
    waits = row.state == "queued" and not row.attempts and tx.now < row.due_at < NEVER
    return DeedState(
        operation_id=row.id,
        message_id=row.message_id,
        kind=row.kind,
        value=row.value,
        reason=row.why,
        state=row.state,
        trouble=row.reason,
        at=row.state_at,
        agent_id=row.agent_id,
        undo_until=row.due_at if waits else None,
    )
