"""What people do with cases: assign, set aside, solve, tag, note, answer.

Each action is one transaction's worth: rows, events, an audit line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Priority, Status, hold_case, work_on_case
from sluss.cases.events import (
    AutomaticAnswerSent,
    CaseAssigned,
    CaseChanged,
    MessageForwarded,
    MessageSent,
    MessageWithdrawn,
    NoteAdded,
    PriorityChanged,
    StatusChanged,
    TagsChanged,
)
from sluss.cases.indexing import index_messages, index_notes
from sluss.cases.models import attachments, case_tags, cases, conversations, message_references, messages, notes, tags
from sluss.channels.contract import Address
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Forbidden, Invalid
from sluss.kernel.jobs import cancel, schedule
from sluss.kernel.tx import Tx
from sluss.people.models import agents

NOTE = 20_000
PREVIEW = 160
TAG = 40
TAGS = 30
WAKE = "wake_case"
ANSWERED = frozenset({"pending", "solved", "closed", "spam"})
"""Statuses in which nobody waits for us."""


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's message, ready to be stored. `external_id` is the network's key that we chose ourselves.

    `text` is all that leaves, `fresh` what the agent wrote of it, `html` the same with its form. `aside` goes to a third person,
    `automatic` was written by nobody (`author` says in whose name): the customer waits as before.
    """

    case_id: int
    conversation_id: int
    thread_id: int
    external_id: str
    subject: str
    text: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    attachment_ids: tuple[int, ...] = ()
    fresh: str = ""
    html: str = ""
    aside: bool = False
    automatic: str = ""
    author: str = ""


def assign_case(tx: Tx, who: Actor, case_id: int, agent_id: int | None) -> None:
    """Give a case to an agent of the workspace, or to nobody."""
    case = work_on_case(tx, who, case_id)
    if agent_id == case.assignee_id:
        return
    if agent_id is not None:
        _require_assignable(tx, who, agent_id)
    _change(tx, case, assignee_id=agent_id)
    tx.emit(who, CaseAssigned(case_id=case.id, before=case.assignee_id or 0, after=agent_id or 0))
    note_deed(tx, who, "case.assign", ("case", case.id), number=case.number, to=str(agent_id or ""))


def set_status(tx: Tx, who: Actor, case_id: int, status: Status, until: int | None = None) -> None:
    """Move a case along. `until` (microseconds UTC) belongs to `snoozed`: then it wakes by itself."""
    case = work_on_case(tx, who, case_id)
    _check_status(tx, status, until)
    if (status, until) == (case.status, case.snoozed_until):
        return
    solved_at = tx.now if status == "solved" else case.solved_at if status == "closed" else None
    clocks = {"snoozed_until": until, "solved_at": solved_at, "woken_at": None}
    _change(tx, case, status=status, waiting_since=_waiting_since(tx, case, status), **clocks)
    _set_timer(tx, who, case.id, until)
    tx.emit(who, StatusChanged(case_id=case.id, before=case.status, after=status, until=until or 0))
    note_deed(tx, who, "case.status", ("case", case.id), number=case.number, before=case.status, after=status)


def wake_case(tx: Tx, who: Actor, args: Any) -> None:
    """The timer of a snooze: open again, unless somebody changed the case meanwhile."""
    case = work_on_case(tx, who, args["case_id"])
    if case.status == "snoozed" and (case.snoozed_until or 0) <= tx.now:
        set_status(tx, who, case.id, "open")
        _change(tx, case, woken_at=tx.now)


def set_priority(tx: Tx, who: Actor, case_id: int, priority: Priority) -> None:
    """How soon this should be looked at, compared with others."""
    case = work_on_case(tx, who, case_id)
    if priority not in get_args(Priority):
        raise Invalid({"priority": "Choose low, normal, high or urgent."})
    if priority != case.priority:
        _change(tx, case, priority=priority)
        tx.emit(who, PriorityChanged(case_id=case.id, before=case.priority, after=priority))
        note_deed(tx, who, "case.priority", ("case", case.id), number=case.number, after=priority)


def set_tags(tx: Tx, who: Actor, case_id: int, names: Sequence[str]) -> None:
    """Make `names` the tags of a case; new names become tags of the workspace. Compared without regard to case."""
    case = work_on_case(tx, who, case_id)
    wanted = _clean_tags(names)
    before = {row.name: row.id for row in tx.rows(_tags_of(who, case.id))}
    known = {name.casefold(): name for name in before}
    added = [name for key, name in wanted.items() if key not in known]
    removed = [name for key, name in known.items() if key not in wanted]
    if not added and not removed:
        return
    mine = (case_tags.c.workspace_id == who.workspace_id) & (case_tags.c.case_id == case.id)
    if removed:
        tx.run(sa.delete(case_tags).where(mine, case_tags.c.tag_id.in_([before[name] for name in removed])))
    ids = _find_or_make_tags(tx, who, added)
    if ids:
        tx.run(sa.insert(case_tags), [{"workspace_id": who.workspace_id, "case_id": case.id, "tag_id": one} for one in ids])
    tx.emit(who, TagsChanged(case_id=case.id, added=tuple(added), removed=tuple(removed)))
    note_deed(tx, who, "case.tags", ("case", case.id), number=case.number, added=added, removed=removed)


def add_note(tx: Tx, who: Actor, case_id: int, text: str, attachment_ids: Sequence[int] = ()) -> int:
    """Write an internal note; everybody who may read the case may. Returns its id."""
    case = hold_case(tx, who, case_id)
    body = text.strip()
    if not body and not attachment_ids:
        raise Invalid({"body": "Write the note first."})
    if len(body) > NOTE:
        raise Invalid({"body": "A note holds at most 20,000 characters; attach longer texts as a file."})
    note_id = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": note_id, "case_id": case.id, "agent_id": who.id, "text": body, "at": tx.now}
    tx.run(sa.insert(notes), row)
    _hang(tx, who, attachment_ids, note_id=note_id)
    index_notes(tx, who, [note_id])
    tx.emit(who, NoteAdded(case_id=case.id, note_id=note_id))
    return note_id


def record_outbound(tx: Tx, who: Actor, outgoing: OutgoingMessage) -> int:
    """Store an agent's message; after an answer the customer no longer waits. Returns the message id."""
    case = work_on_case(tx, who, outgoing.case_id)
    message_id = tx.new_id()
    key = {"workspace_id": who.workspace_id}
    row: dict[str, Any] = key | {
        "id": message_id,
        "conversation_id": outgoing.conversation_id,
        "direction": "out",
        "agent_id": who.id if who.kind == "agent" else None,
        "author": outgoing.author,
        "at": tx.now,
        "sent_at": tx.now,
    }
    row |= {
        "external_id": outgoing.external_id,
        "subject": outgoing.subject,
        "text": outgoing.text,
        "fresh": outgoing.fresh or outgoing.text,
        "html": outgoing.html,
        "automatic": outgoing.automatic,
    }
    row |= {"to": outgoing.to, "cc": outgoing.cc, "bcc": outgoing.bcc, "files": len(outgoing.attachment_ids)}
    tx.run(sa.insert(messages), row)
    reference = {"external_id": outgoing.external_id, "message_id": message_id, "thread_id": outgoing.thread_id}
    tx.run(sa.insert(message_references), key | reference)
    _hang(tx, who, outgoing.attachment_ids, message_id=message_id)
    index_messages(tx, who, [message_id])
    if outgoing.aside:
        tx.emit(who, MessageForwarded(case_id=case.id, message_id=message_id))
        return message_id
    if outgoing.automatic:
        tx.emit(who, AutomaticAnswerSent(case_id=case.id, message_id=message_id))
        return message_id
    _change(tx, case, waiting_since=None, active_at=tx.now, preview=preview_of(row["fresh"]))
    tx.emit(who, MessageSent(case_id=case.id, message_id=message_id))
    return message_id


def note_withdrawal(tx: Tx, who: Actor, case_id: int, message_id: int, waiting_since: int | None) -> None:
    """An answer was taken back before it left: the customer waits again since `waiting_since`."""
    case = work_on_case(tx, who, case_id)
    _change(tx, case, waiting_since=waiting_since)
    tx.emit(who, MessageWithdrawn(case_id=case.id, message_id=message_id))


def wait_again(tx: Tx, who: Actor, case_id: int, since: int | None) -> None:
    """An answer turned out to be none: the customer waits since then, unless already for longer."""
    case = work_on_case(tx, who, case_id)
    longest = min([one for one in (case.waiting_since, since) if one is not None], default=None)
    if longest != case.waiting_since:
        _change(tx, case, waiting_since=longest)
        refresh_case(tx, who, case.id)


def refresh_case(tx: Tx, who: Actor, case_id: int) -> None:
    """Tell live lists to look at a case again."""
    tx.emit(who, CaseChanged(case_id=case_id))


def preview_of(text: str) -> str:
    """The first words of a text, on one line."""
    return " ".join(text[: PREVIEW * 3].split())[:PREVIEW]


def _change(tx: Tx, case: CaseRow, **values: Any) -> None:
    tx.run(sa.update(cases).where(cases.c.workspace_id == case.workspace_id, cases.c.id == case.id).values(**values))


def _waiting_since(tx: Tx, case: CaseRow, status: Status) -> int | None:
    """Since when the customer waits once the case has a status; what was put away and is opened again waits as it did before."""
    if status in ANSWERED:
        return None
    if case.status not in ANSWERED:
        return case.waiting_since
    c = messages.c
    v = conversations.c
    said = sa.select(v.id).where(v.workspace_id == case.workspace_id, v.case_id == case.id, ~v.aside)
    ours = (c.workspace_id == case.workspace_id) & c.conversation_id.in_([row.id for row in tx.rows(said)])
    answered = int(tx.value(sa.select(sa.func.coalesce(sa.func.max(c.id), 0)).where(ours, c.direction == "out", c.automatic == "")))
    asked = ours & (c.direction == "in") & (c.automatic == "") & (c.id > answered)
    return tx.value(sa.select(sa.func.min(c.at)).where(asked))


def _require_assignable(tx: Tx, who: Actor, agent_id: int) -> None:
    mine = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == agent_id) & agents.c.disabled_at.is_(None)
    role = tx.value(sa.select(agents.c.role).where(mine))
    if role is None:
        raise Invalid({"agent": "Choose an agent of this workspace who is not disabled."})
    if role not in {"admin", "lead", "agent"}:
        sentence = "Cases go to agents, leads and administrators; this person has another role."
        raise Forbidden(sentence)


def _check_status(tx: Tx, status: str, until: int | None) -> None:
    if status not in get_args(Status):
        raise Invalid({"status": "Choose open, pending, snoozed, solved or spam."})
    if status == "snoozed" and (until is None or until <= tx.now):
        raise Invalid({"until": "Choose a time in the future."})
    if status != "snoozed" and until is not None:
        raise Invalid({"until": "Only a snoozed case has a time to wake."})


def _set_timer(tx: Tx, who: Actor, case_id: int, until: int | None) -> None:
    if until is None:
        cancel(tx, who, WAKE, str(case_id))
    else:
        schedule(tx, who, (WAKE, str(case_id)), until, {"case_id": case_id})


def _clean_tags(names: Sequence[str]) -> dict[str, str]:
    wanted = {name.casefold(): name for name in reversed([" ".join(raw.split()) for raw in names]) if name}
    if any(len(name) > TAG or "," in name for name in wanted.values()):
        raise Invalid({"tag": "A tag has at most 40 characters and no comma."})
    if len(wanted) > TAGS:
        raise Invalid({"tag": "A case holds at most 30 tags."})
    return dict(reversed(wanted.items()))


def _tags_of(who: Actor, case_id: int) -> sa.Select[*tuple[Any, ...]]:
    joined = case_tags.join(tags, (tags.c.workspace_id == case_tags.c.workspace_id) & (tags.c.id == case_tags.c.tag_id))
    mine = (case_tags.c.workspace_id == who.workspace_id) & (case_tags.c.case_id == case_id)
    return sa.select(tags.c.name, tags.c.id).select_from(joined).where(mine)


def _find_or_make_tags(tx: Tx, who: Actor, names: Sequence[str]) -> list[int]:
    if not names:
        return []
    known = {
        row.name.casefold(): row.id for row in tx.rows(sa.select(tags.c.name, tags.c.id).where(tags.c.workspace_id == who.workspace_id))
    }
    fresh = [{"workspace_id": who.workspace_id, "id": tx.new_id(), "name": name} for name in names if name.casefold() not in known]
    if fresh:
        tx.run(sa.insert(tags), fresh)
    return [known[name.casefold()] for name in names if name.casefold() in known] + [row["id"] for row in fresh]


def _hang(tx: Tx, who: Actor, attachment_ids: Sequence[int], **owner: int) -> None:
    """Hang a draft's files on what the draft became; only the uploader's own, still free ones."""
    if not attachment_ids:
        return
    c = attachments.c
    free = (
        (c.workspace_id == who.workspace_id)
        & c.id.in_(attachment_ids)
        & (c.uploader_id == who.id)
        & c.message_id.is_(None)
        & c.note_id.is_(None)
    )
    changed = tx.run(sa.update(attachments).where(free).values(**owner))
    if changed.rowcount != len(set(attachment_ids)):
        raise Invalid({"file": "One of the files is no longer there. Attach it again."})
