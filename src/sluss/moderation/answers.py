"""Public answers that wait for a colleague's word. In: what an agent wrote. Out: sent in the agent's name, sent back, or taken over.

Who acts on one goes one after the other, each with the revision that was shown: of two at once one is told, and nothing is lost.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import access_case, work_on_case
from sluss.cases.actions import refresh_case
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing, Trouble
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.moderation.asking import deputy
from sluss.moderation.events import AnswerWaits
from sluss.moderation.models import waiting_answers
from sluss.people.once import once
from sluss.people.queries import get_agent
from sluss.people.sessions import inboxes_of
from sluss.replies.departing import Departure
from sluss.replies.drafts import discard_draft
from sluss.replies.sending import SendReply, send_reply
from sluss.replies.targets import target_of

APPROVERS = frozenset({"admin", "lead", "reviewer"})
NOTE, TEXT = 500, 100_000
MOVED_ON = "A colleague was faster: look at how it stands now."


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that waits, or waited. `text` is what stands there now, `revision` counts its changes; `message_id` is what was sent."""

    id: int
    case_id: int
    inbox_id: int
    agent_id: int
    text: str
    reply: dict[str, Any]
    state: str
    revision: int
    at: int
    settled_by: int | None
    settled_at: int | None
    note: str
    message_id: int | None


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What a colleague says to one. `text` is the answer as it shall go, empty: as it stands; `anyway` in spite of news in the case."""

    revision: int
    text: str = ""
    note: str = ""
    anyway: bool = False


def propose_answer(tx: Tx, who: Actor, reply: SendReply) -> int:
    """Let an answer wait, once per `op`. Its draft goes with it; what the composer held is kept whole."""
    return once(tx, who, reply.op, _propose, reply)


def approve_answer(tx: Tx, who: Actor, answer_id: int, word: Word) -> Departure:
    """Send it in the name of whoever wrote it, as it stands or as the colleague made it."""
    row = _held(tx, who, answer_id, word.revision)
    _require_approver(who)
    if row.agent_id == who.id:
        raise Forbidden("Somebody else has to approve your own answer.")
    text = clean_text(word.text).strip() or row.text
    reply = msgspec.convert(row.reply, SendReply)
    given: dict[str, Any] = {"op": f"approve-{row.id}", "text": text, "approved_by": who.id, "anyway": reply.anyway or word.anyway}
    departure = send_reply(tx, _writer(tx, who, row), msgspec.structs.replace(reply, **given))
    _settle(tx, who, row, "approved", text=text, message_id=departure.message_id)
    return departure


def return_answer(tx: Tx, who: Actor, answer_id: int, word: Word) -> None:
    """Send it back to its writer, with a word."""
    row = _held(tx, who, answer_id, word.revision)
    _require_approver(who)
    note = clean_text(word.note).strip()
    if not 0 < len(note) <= NOTE:
        raise Invalid({"note": "Write what to change, in at most 500 characters."})
    _settle(tx, who, row, "returned", note=note)


def take_answer(tx: Tx, who: Actor, answer_id: int, word: Word) -> Departure:
    """Answer oneself, in one's own name; whoever wrote the first is told."""
    row = _held(tx, who, answer_id, word.revision)
    _require_approver(who)
    text = clean_text(word.text).strip()
    if not text:
        raise Invalid({"text": "Write the answer first."})
    reply = msgspec.convert(row.reply, SendReply)
    given: dict[str, Any] = {"op": f"take-{row.id}", "text": text, "attachment_ids": (), "anyway": reply.anyway or word.anyway}
    # The rule asks for two persons: who wrote first is one of them, though it goes under the other's name.
    departure = send_reply(tx, deputy(who), msgspec.structs.replace(reply, approved_by=row.agent_id, **given))
    _settle(tx, who, row, "taken", message_id=departure.message_id)
    return departure


def withdraw_answer(tx: Tx, who: Actor, answer_id: int, word: Word) -> None:
    """The writer takes it back; the text is theirs to write on."""
    row = _held(tx, who, answer_id, word.revision)
    if row.agent_id != who.id:
        raise Forbidden("Only whoever wrote it takes it back.")
    _settle(tx, who, row, "withdrawn")


def change_answer(tx: Tx, who: Actor, answer_id: int, word: Word) -> None:
    """Write it anew while it waits: its writer, or who approves."""
    row = _held(tx, who, answer_id, word.revision)
    if row.agent_id != who.id:
        _require_approver(who)
    text = clean_text(word.text).strip()
    if not 0 < len(text) <= TEXT:
        raise Invalid({"text": "Write the answer first."})
    this = (waiting_answers.c.workspace_id == who.workspace_id) & (waiting_answers.c.id == row.id)
    tx.run(sa.update(waiting_answers).where(this).values(text=text, revision=row.revision + 1))
    tx.emit(who, AnswerWaits(case_id=row.case_id, answer_id=row.id, state="waiting", agent_id=row.agent_id))
    note_deed(tx, who, "answer.change", ("case", row.case_id), answer=str(row.id))


def access_answer(tx: Tx, who: Actor, answer_id: int) -> Waiting:
    """One through its case; any other is `Missing`."""
    c = waiting_answers.c
    found = tx.struct(Waiting, sa.select(*fields(Waiting, waiting_answers)).where(c.workspace_id == who.workspace_id, c.id == answer_id))
    if found is None:
        raise Missing
    access_case(tx, who, found.case_id)
    return found


def answers_of(tx: Tx, who: Actor, case_id: int) -> list[Waiting]:
    """Answers of a case that wait, or were sent back and not written anew, oldest first."""
    case = access_case(tx, who, case_id)
    c = waiting_answers.c
    mine = (c.workspace_id == who.workspace_id) & (c.case_id == case.id) & c.state.in_(("waiting", "returned"))
    return tx.structs(Waiting, sa.select(*fields(Waiting, waiting_answers)).where(mine).order_by(c.id))


def _propose(tx: Tx, who: Actor, reply: SendReply) -> int:
    case = work_on_case(tx, who, reply.case_id)
    target = target_of(tx, who, case.id)
    text = clean_text(reply.text).strip()
    if not text:
        raise Invalid({"body": "Write the answer first."})
    if target.closed:
        raise Conflict(target.closed)
    c = waiting_answers.c
    mine = (c.workspace_id == who.workspace_id) & (c.case_id == case.id) & (c.state == "waiting")
    if tx.row(sa.select(c.id).where(mine)) is not None:
        raise Conflict("An answer of this case waits already. Change that one, or take it back first.")
    earlier = (c.workspace_id == who.workspace_id) & (c.case_id == case.id) & (c.state == "returned")
    tx.run(sa.update(waiting_answers).where(earlier).values(state="replaced"))
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": tx.new_id(), "case_id": case.id, "inbox_id": target.inbox_id}
    row |= {"agent_id": who.id, "text": text, "reply": msgspec.to_builtins(reply), "state": "waiting", "revision": 1, "at": tx.now}
    tx.run(sa.insert(waiting_answers), row | {"settled_by": None, "settled_at": None, "note": "", "message_id": None})
    discard_draft(tx, who, case.id, "reply")
    note_deed(tx, who, "answer.propose", ("case", case.id), number=case.number)
    tx.emit(who, AnswerWaits(case_id=case.id, answer_id=row["id"], state="waiting", agent_id=who.id))
    return row["id"]


def _held(tx: Tx, who: Actor, answer_id: int, revision: int) -> Waiting:
    access_answer(tx, who, answer_id)
    c = waiting_answers.c
    tx.row(sa.select(c.id).where(c.workspace_id == who.workspace_id, c.id == answer_id).with_for_update())
    row = access_answer(tx, who, answer_id)
    if row.state != "waiting" or row.revision != revision:
        raise Conflict(MOVED_ON)
    return row


def _settle(tx: Tx, who: Actor, row: Waiting, state: str, **more: Any) -> None:
    this = (waiting_answers.c.workspace_id == who.workspace_id) & (waiting_answers.c.id == row.id)
    tx.run(sa.update(waiting_answers).where(this).values(state=state, settled_by=who.id, settled_at=tx.now, **more))
    note_deed(tx, who, f"answer.{state}", ("case", row.case_id), answer=str(row.id), writer=str(row.agent_id))
    tx.emit(who, AnswerWaits(case_id=row.case_id, answer_id=row.id, state=state, agent_id=row.agent_id))
    refresh_case(tx, who, row.case_id)


def _require_approver(who: Actor) -> None:
    if who.kind != "agent" or who.role not in APPROVERS:
        raise Forbidden("A lead, a reviewer or an administrator decides this.")


def _writer(tx: Tx, who: Actor, row: Waiting) -> Actor:
    """Whoever wrote it, with the rights that they have today."""
    try:
        agent = get_agent(tx, who, row.agent_id)
    except Trouble:
        agent = None
    if agent is None or agent.disabled:
        raise Conflict("Whoever wrote this has left. Take the answer over.")
    role: Any = agent.role
    sees = inboxes_of(tx, who.workspace_id, row.agent_id, role)
    return Actor(who.workspace_id, "agent", row.agent_id, agent.name, role, sees, agent.language)
