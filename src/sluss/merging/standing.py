"""How a case stands after something moved into or out of it, and after that went back. In: how it stood, what was said. Out: values.

Whoever decided something meanwhile is not overruled: what was changed by hand since a move stays, and is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Priority, Status
from sluss.cases.actions import ANSWERED, PREVIEW, WAKE, preview_of
from sluss.cases.models import cases, conversations, messages
from sluss.kernel.actors import Actor
from sluss.kernel.jobs import cancel, schedule
from sluss.kernel.tx import Tx
from sluss.merging.log import Standing

LIVELINESS: tuple[Status, ...] = ("open", "snoozed", "pending", "solved", "closed", "spam")
"""Of two statuses the one that stands first is that of both: nobody who waits is forgotten, no timer is lost."""
RANKS: tuple[Priority, ...] = ("urgent", "high", "normal", "low")


class Said(msgspec.Struct, frozen=True):
    """The newest utterance in a case, and since when the customer waits for an answer to what was said."""

    at: int
    direction: str
    preview: str
    asked_at: int | None


def standing_of(case: CaseRow) -> Standing:
    """How a case stands."""
    return Standing(**{name: getattr(case, name) for name in Standing.__struct_fields__})


def joined(one: Standing, other: Standing) -> Standing:
    """Two as one: the livelier status, the higher priority, the longer wait; the owner of the first, else of the second."""
    status, priority = min((one, other), key=_livelier).status, min((one, other), key=_higher).priority
    waits = min([at for at in (one.waiting_since, other.waiting_since) if at is not None], default=None)
    naps = [at.snoozed_until for at in (one, other) if at.status == "snoozed" and at.snoozed_until is not None]
    newest = max(one, other, key=lambda at: at.active_at)
    return Standing(
        status=status,
        priority=priority,
        assignee_id=one.assignee_id or other.assignee_id,
        waiting_since=None if status in ANSWERED else waits,
        snoozed_until=min(naps, default=None) if status == "snoozed" else None,
        solved_at=max((at.solved_at or 0 for at in (one, other) if at.status == status), default=0) or None,
        active_at=newest.active_at,
        preview=newest.preview,
    )


def put_away(one: Standing) -> Standing:
    """A case from which everything went."""
    return msgspec.structs.replace(one, status="closed", waiting_since=None, snoozed_until=None)


def emptied(tx: Tx, case: CaseRow) -> Standing:
    """A case from which something went: it waits for what is left to be answered."""
    now, said = standing_of(case), said_in(tx, case.workspace_id, case.id)
    if said is None:
        return msgspec.structs.replace(now, waiting_since=None)
    waits = None if now.status in ANSWERED else said.asked_at
    return msgspec.structs.replace(now, waiting_since=waits, active_at=said.at, preview=said.preview)


def founded(origin: Standing, said: Said | None) -> Standing:
    """A case made of what was moved into it: open while somebody waits in it, else as that stood which it comes from."""
    if said is None:
        return origin
    waits = said.asked_at
    status: Status = "pending" if waits is None and origin.status not in ANSWERED else origin.status if waits is None else "open"
    return msgspec.structs.replace(origin, status=status, waiting_since=waits, snoozed_until=None, active_at=said.at, preview=said.preview)


def resumed(tx: Tx, case_id: int, before: Standing, since: int, workspace_id: int) -> Standing:
    """As a case stood before a move, and what was said in its conversations after that."""
    asleep = before.status != "snoozed" or (before.snoozed_until or 0) > tx.now
    back = before if asleep else msgspec.structs.replace(before, status="open", snoozed_until=None)
    said = said_in(tx, workspace_id, case_id, since, since if before.waiting_since is None else 0)
    if said is None:
        return back
    back = msgspec.structs.replace(back, active_at=max(said.at, before.active_at), preview=said.preview)
    if back.status == "spam":
        return back
    if said.direction == "out":
        status: Status = back.status if back.status in ANSWERED else "pending"
        return msgspec.structs.replace(back, status=status, waiting_since=None, snoozed_until=None)
    return msgspec.structs.replace(back, status="open", waiting_since=said.asked_at, snoozed_until=None, solved_at=None)


def restored(now: Standing, left: Standing, back: Standing, *, spoken: bool) -> tuple[Standing, tuple[str, ...]]:
    """How a case stands once a move is undone, and what of it is kept because somebody changed it since.

    `left` is how the move left it, `back` how it would stand without the move; `spoken` says that something was said in it since.
    """
    told = spoken and now.status in {"open", "pending"}
    keeps = {
        "status": now.status != left.status and not told and now.status != back.status,
        "owner": now.assignee_id not in {left.assignee_id, back.assignee_id},
        "priority": now.priority not in {left.priority, back.priority},
    }
    result = back
    if keeps["status"]:
        waits = None if now.status in ANSWERED else back.waiting_since
        result = msgspec.structs.replace(
            result, status=now.status, waiting_since=waits, snoozed_until=now.snoozed_until, solved_at=now.solved_at
        )
    if keeps["owner"]:
        result = msgspec.structs.replace(result, assignee_id=now.assignee_id)
    if keeps["priority"]:
        result = msgspec.structs.replace(result, priority=now.priority)
    return result, tuple(name for name, kept in keeps.items() if kept)


def let_stand(tx: Tx, who: Actor, case: CaseRow, standing: Standing, merged_into_id: int | None = None) -> None:
    """Write it down, and set or stop the timer of a snooze."""
    this = (cases.c.workspace_id == case.workspace_id) & (cases.c.id == case.id)
    tx.run(sa.update(cases).where(this).values(**msgspec.structs.asdict(standing), merged_into_id=merged_into_id))
    if standing.status == "snoozed" and standing.snoozed_until is not None:
        schedule(tx, who, (WAKE, str(case.id)), standing.snoozed_until, {"case_id": case.id})
    else:
        cancel(tx, who, WAKE, str(case.id))


def grown(now: Standing, said: Said | None) -> Standing:
    """A case into which something moved: the customer waits if anything of it waits for an answer."""
    if said is None:
        return now
    newer: dict[str, Any] = {"active_at": said.at, "preview": said.preview} if said.at >= now.active_at else {}
    if said.asked_at is None or now.status == "spam":
        return msgspec.structs.replace(now, **newer)
    waits = min(said.asked_at, now.waiting_since or said.asked_at)
    return msgspec.structs.replace(now, status="open", waiting_since=waits, snoozed_until=None, solved_at=None, **newer)


def said_in(tx: Tx, workspace_id: int, case_id: int, since: int = 0, settled: int = 0) -> Said | None:
    """What was said last in a case; see `said_by`."""
    v = conversations.c
    spoken = tx.rows(sa.select(v.id, v.aside).where(v.workspace_id == workspace_id, v.case_id == case_id))
    return said_by(tx, workspace_id, [row.id for row in spoken if not row.aside], (since, settled))


def said_by(tx: Tx, workspace_id: int, conversation_ids: Sequence[int], after: tuple[int, int] = (0, 0)) -> Said | None:
    """What was said last between us and the customer; None for nothing.

    `after`: only what has a greater id counts; nobody waits for what has a smaller one.
    """
    m = messages.c
    said = (m.workspace_id == workspace_id) & m.conversation_id.in_(conversation_ids) & (m.automatic == "")
    text = sa.func.substr(sa.func.coalesce(sa.func.nullif(m.fresh, ""), m.text), 1, PREVIEW * 3)
    newest = sa.select(m.id, m.at, m.direction, text.label("text"), m.subject).where(said, m.id > after[0])
    last = tx.row(newest.order_by((m.id + 0).desc()).limit(1))
    if last is None:
        return None
    answered: Any = tx.value(sa.select(sa.func.coalesce(sa.func.max(m.id), 0)).where(said, m.direction == "out"))
    asked = tx.value(sa.select(sa.func.min(m.at)).where(said, m.direction == "in", m.id > max(int(answered), after[1])))
    return Said(last.at, last.direction, preview_of(last.text) or preview_of(last.subject), asked)


def _livelier(one: Standing) -> int:
    return LIVELINESS.index(one.status)


def _higher(one: Standing) -> int:
    return RANKS.index(one.priority)
