"""Answering everybody who asked about a notice. In: its cases and one text. Out: an answer in each, once, in bounded slices by a job.

Each goes out by the same action as by hand, as the agent who pressed it and with the rights they have then. A case that was answered
otherwise, is over, or cannot be answered now is left alone and says why.
"""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from sluss.broadcast.events import NoticeChanged
from sluss.broadcast.models import notice_cases, notices
from sluss.broadcast.notices import access_notice
from sluss.cases.access import WORKERS, access_case, lead_on
from sluss.cases.models import conversations, messages
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Trouble
from sluss.kernel.jobs import schedule
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.models import agents
from sluss.people.sessions import inboxes_of
from sluss.replies.sending import SendReply, send_reply

JOB = "answer notice"
SLICE = 20
OVER = ("solved", "closed", "spam")
ANSWERED = say("Somebody answered it after it had been linked.")
ENDED = say("It is over already.")
NO_AGENT = say("Whoever answered may answer no longer.")


def answer_all(tx: Tx, who: Actor, notice_id: int, text: str, *, solve: bool = True) -> int:
    """Have every linked case answered. Returns how many wait now; those that were left alone before are tried again."""
    if who.kind != "agent" or who.role not in WORKERS:
        raise Forbidden("Your role may not answer cases.")
    notice = access_notice(tx, who, notice_id, hold=True)
    said = clean_text(text).strip()
    if not said:
        raise Invalid({"answer": say("Write the answer first.")})
    if notice.state not in {"open", "solved"}:
        raise Conflict("Publish the notice first.")
    again = _of(who, notice_id) & notice_cases.c.state.in_(("linked", "skipped"))
    waiting = tx.run(sa.update(notice_cases).where(again).values(state="waiting", why="", answer_by=who.id)).rowcount
    tx.run(sa.update(notices).where(_notice(who, notice_id)).values(answer=said))
    if waiting:
        schedule(tx, who, (JOB, str(notice_id)), tx.now, {"notice_id": notice_id, "agent_id": who.id, "solve": solve})
        note_deed(tx, who, "notice.answer", ("notice", notice_id), total=waiting)
        tx.emit(who, NoticeChanged(notice_id=notice_id, state=notice.state))
    return waiting


def answer_some(tx: Tx, who: Actor, args: Any) -> None:
    """The job: the next slice, in the order of their ids, which is the same for everybody."""
    notice = tx.row(sa.select(notices).where(_notice(who, args["notice_id"])))
    if notice is None:
        return
    agent = _agent(tx, who, args["agent_id"])
    c = notice_cases.c
    waiting = sa.select(c.case_id, c.linked_at).where(_of(who, notice.id), c.state == "waiting").order_by(c.case_id)
    turn = tx.rows(waiting.limit(SLICE))
    for one in turn:
        why = _answer(tx, agent, notice, one, solve=bool(args.get("solve"))) if agent is not None else NO_AGENT
        values = {"state": "skipped" if why else "answered", "why": why, "done_at": tx.now}
        tx.run(sa.update(notice_cases).where(_of(who, notice.id), c.case_id == one.case_id).values(**values))
    if len(turn) == SLICE:
        schedule(tx, who, (JOB, str(notice.id)), tx.now, args)
    tx.emit(who, NoticeChanged(notice_id=notice.id, state=notice.state))


def _answer(tx: Tx, agent: Actor, notice: sa.Row[Any], link: sa.Row[Any], *, solve: bool) -> str:
    """Answer one case; returns why it was left alone, empty when it was answered."""
    try:
        with tx.attempt():
            case = lead_on(tx, agent, access_case(tx, agent, link.case_id))
            if case.status in OVER:
                return ENDED
            if _answered_since(tx, agent, case.id, link.linked_at):
                return ANSWERED
            op = hashlib.blake2b(f"{notice.id} {case.id}".encode(), digest_size=13).hexdigest()
            send_reply(tx, agent, SendReply(op=op, case_id=case.id, text=notice.answer, anyway=True, then="solve" if solve else "stay"))
    except Trouble as trouble:
        return next(iter(trouble.fields.values())) if isinstance(trouble, Invalid) else trouble.sentence
    return ""


def _answered_since(tx: Tx, who: Actor, case_id: int, since: int) -> bool:
    m, v = messages.c, conversations.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    ours = (m.workspace_id == who.workspace_id) & (v.case_id == case_id) & (m.direction == "out") & (m.at > since)
    return tx.row(sa.select(m.id).select_from(joined).where(ours).limit(1)) is not None


def _agent(tx: Tx, who: Actor, agent_id: int) -> Actor | None:
    """The agent as they may act now; None for one who may no longer."""
    c = agents.c
    row = tx.row(sa.select(c.name, c.role, c.language, c.disabled_at).where(c.workspace_id == who.workspace_id, c.id == agent_id))
    if row is None or row.disabled_at is not None or row.role not in WORKERS:
        return None
    return Actor(
        who.workspace_id, "agent", agent_id, row.name, row.role, inboxes_of(tx, who.workspace_id, agent_id, row.role), row.language
    )


def _notice(who: Actor, notice_id: int) -> sa.ColumnElement[bool]:
    return (notices.c.workspace_id == who.workspace_id) & (notices.c.id == notice_id)


def _of(who: Actor, notice_id: int) -> sa.ColumnElement[bool]:
    return (notice_cases.c.workspace_id == who.workspace_id) & (notice_cases.c.notice_id == notice_id)
