"""Going on by mail where a chat was left. In: answers that a visitor has not read. Out: the same answers by mail, in the same case.

An answer that was kept for a visitor sets a timer for the thread. When it rings and the visitor is gone, everything unread leaves in one
mail, which each of the answers names as its second delivery. What the customer answers by mail comes into the case, not into the chat.

Nobody has proven an address that a visitor merely typed: what the visitor wrote never goes there, nor any name or subject of theirs (T49).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.models import attachments, conversations, messages, threads
from sluss.cases.visits import note_introduced
from sluss.channels.addressing import plain_address
from sluss.channels.inboxes import Inbox, access_inbox, own_addresses
from sluss.channels.models import inboxes, visitors
from sluss.channels.registry import channel_named
from sluss.channels.visitors import get_visitor, set_profile
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import HOUR, MINUTE
from sluss.kernel.errors import Missing
from sluss.kernel.events import Recorded
from sluss.kernel.jobs import cancel, rings_at, schedule
from sluss.kernel.tx import Tx
from sluss.outbox.events import DeliveryChanged
from sluss.outbox.models import carried, operations
from sluss.replies.recipients import can_be_written_to
from sluss.visitor.letter import Away, Said, send_letter
from sluss.visitor.proving import call_visitor

FOLLOW = "follow_by_mail"
WAIT = 3 * MINUTE
"""How long an answer waits to be read in the chat."""
PATIENCE = HOUR
"""A page that was left open so long with an unread answer has nobody before it."""
MOST = 50
KEPT = ("sent", "delivered")


def note_delivery(tx: Tx, recorded: Recorded) -> None:
    """An answer lies ready in a chat: see in a while whether it was read. Once it was, and nothing else waits, there is nothing to see."""
    event = recorded.event
    if not isinstance(event, DeliveryChanged) or event.state not in {"sent", "read"}:
        return
    who = system(recorded.workspace_id)
    thread = _thread_of(tx, who, event.operation_id)
    if thread is None:
        return
    if event.state == "sent":
        _set_timer(tx, who, thread.id, recorded.at + WAIT)
    elif not _unread(tx, who, thread.id, 0):
        cancel(tx, who, FOLLOW, str(thread.id))


def take_profile(tx: Tx, who: Actor, inbox_id: int, visitor_id: int, *, name: str = "", email: str = "") -> None:
    """What a visitor says of themselves; with an address, what was answered before can still follow."""
    before = get_visitor(tx, who, inbox_id, visitor_id)
    set_profile(tx, who, inbox_id, visitor_id, name=name, email=email)
    if get_visitor(tx, who, inbox_id, visitor_id).email != before.email:
        note_introduced(tx, who, inbox_id, visitor_id, "address")
    call_visitor(tx, who, inbox_id, visitor_id, name)
    if email:
        follow_later(tx, who, inbox_id, visitor_id)


def follow_later(tx: Tx, who: Actor, inbox_id: int, visitor_id: int) -> None:
    """A visitor has just said where mail reaches them: what they have not read by then follows, too."""
    t = threads.c
    this = (t.workspace_id == who.workspace_id) & (t.inbox_id == inbox_id) & (t.external_key == str(visitor_id))
    thread_id = tx.value(sa.select(t.id).where(this))
    if thread_id is not None and _unread(tx, who, int(thread_id), 0):
        _set_timer(tx, who, int(thread_id), tx.now + WAIT)


def follow_by_mail(tx: Tx, who: Actor, args: Any) -> None:
    """The timer of a thread: send what was left unread, look again later, or let it be."""
    found = _place(tx, who, args["thread_id"])
    if found is None:
        return
    mail, away = found
    unread = _unread(tx, who, args["thread_id"], away.seen_at)
    if not unread:
        return
    again = _again_at(tx, away, unread[0].at)
    if again is not None:
        schedule(tx, who, (FOLLOW, str(args["thread_id"])), again, args)
        return
    for case_id, answers in groupby(unread, key=lambda one: one.case_id):
        case = access_case(tx, who, case_id)
        if case.status != "spam":
            _send(tx, who, mail, case, (away, list(answers)))
    if len(unread) == MOST:
        schedule(tx, who, (FOLLOW, str(args["thread_id"])), tx.now, args)


class _Thread(msgspec.Struct, frozen=True):
    id: int
    channel: str


def _thread_of(tx: Tx, who: Actor, operation_id: int) -> _Thread | None:
    """The live thread that a delivery belongs to; None for any other way."""
    o, i = operations.c, inboxes.c
    joined = operations.join(inboxes, (i.workspace_id == o.workspace_id) & (i.id == o.inbox_id))
    this = (o.workspace_id == who.workspace_id) & (o.id == operation_id) & (o.kind == "send")
    row = tx.row(sa.select(o.thread_id, i.channel).select_from(joined).where(this))
    return _Thread(*row) if row is not None and channel_named(row.channel).capabilities.is_live else None


def _set_timer(tx: Tx, who: Actor, thread_id: int, due_at: int) -> None:
    """The first unread answer sets it; later ones go along."""
    if rings_at(tx, who, FOLLOW, str(thread_id)) is None:
        schedule(tx, who, (FOLLOW, str(thread_id)), due_at, {"thread_id": thread_id})


def _place(tx: Tx, who: Actor, thread_id: int) -> tuple[Inbox, Away] | None:
    """The mail inbox by which a chat goes on, and its visitor; None where it does not go on."""
    t = threads.c
    row = tx.row(sa.select(t.inbox_id, t.external_key).where(t.workspace_id == who.workspace_id, t.id == thread_id))
    if row is None or not row.external_key.isdecimal():
        return None
    chat = access_inbox(tx, who, row.inbox_id)
    mail = _mail_inbox(tx, who, chat)
    away = _visitor(tx, who, chat.id, int(row.external_key))
    if mail is None or away is None or not away.email or not can_be_written_to(away.email):
        return None
    return None if plain_address(away.email) in own_addresses(tx, who) else (mail, away)


def _mail_inbox(tx: Tx, who: Actor, chat: Inbox) -> Inbox | None:
    """A paused one counts: what goes by it waits there, for everybody to see."""
    try:
        found = access_inbox(tx, who, int(chat.settings.get("mail_inbox_id") or 0))
    except Missing:
        return None
    return found if found.archived_at is None and channel_named(found.channel).capabilities.is_letter else None


def _visitor(tx: Tx, who: Actor, inbox_id: int, visitor_id: int) -> Away | None:
    """The visitor of a thread; a proven person is there and has read wherever any browser of theirs is and has."""
    c = visitors.c
    mine = (c.workspace_id == who.workspace_id) & (c.inbox_id == inbox_id)
    own = tx.row(sa.select(visitors).where(mine, c.id == visitor_id))
    if own is None:
        return None
    same = (c.subject == own.subject) if own.subject else (c.id == visitor_id)
    rows = [own, *tx.rows(sa.select(visitors).where(mine, same, c.id != visitor_id).order_by(c.last_seen_at.desc()))]
    said = next((row for row in rows if row.email), own)
    return Away(
        email=said.email,
        proven=bool(said.email_proof),
        name=own.name or said.name,
        locale=own.locale,
        zone=own.zone,
        online_until=max(row.online_until for row in rows),
        seen_at=max(row.answered_seen_at for row in rows),
    )


def _unread(tx: Tx, who: Actor, thread_id: int, seen_at: int) -> list[Said]:
    """Answers that lie ready in a thread, unread, and that no mail has taken along; the oldest first."""
    m, v, o, k = messages.c, conversations.c, operations.c, carried.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(operations, (o.workspace_id == m.workspace_id) & (o.message_id == m.id))
    gone = sa.exists().where(k.workspace_id == m.workspace_id, k.message_id == m.id)
    spoken = (v.workspace_id == who.workspace_id) & (v.thread_id == thread_id) & ~v.aside
    ready = (o.thread_id == thread_id) & (o.kind == "send") & o.state.in_(KEPT)
    chosen = sa.select(m.id, v.case_id, m.conversation_id, m.at, m.text, m.agent_id, m.author).select_from(joined)
    rows = tx.rows(chosen.where(spoken, ready, m.direction == "out", m.at > seen_at, ~gone).order_by(m.id + 0).limit(MOST))
    return [Said(*row) for row in rows]


def _again_at(tx: Tx, away: Away, oldest: int) -> int | None:
    """When to look again; None when it is time. Who is there may read at any moment, though not for ever."""
    if tx.now < oldest + WAIT:
        return oldest + WAIT
    if away.online_until > tx.now and tx.now < oldest + PATIENCE:
        return min(away.online_until, oldest + PATIENCE)
    return None


def _send(tx: Tx, who: Actor, mail: Inbox, case: CaseRow, what: tuple[Away, Sequence[Said]]) -> None:
    """One mail, or as many as the files ask for."""
    away, answers = what
    most = channel_named(mail.channel).capabilities.max_file_bytes
    for some in _in_mails(answers, _sizes(tx, who, answers), most):
        send_letter(tx, who, mail, case, (away, some))


def _sizes(tx: Tx, who: Actor, answers: Sequence[Said]) -> dict[int, int]:
    a = attachments.c
    mine = (a.workspace_id == who.workspace_id) & a.message_id.in_([one.id for one in answers])
    size = sa.func.sum(a.size).label("size")
    return {row.message_id: int(row.size) for row in tx.rows(sa.select(a.message_id, size).where(mine).group_by(a.message_id))}


def _in_mails(answers: Sequence[Said], sizes: dict[int, int], most: int | None) -> Iterator[list[Said]]:
    some: list[Said] = []
    for one in answers:
        if some and most is not None and sum(sizes.get(each.id, 0) for each in (*some, one)) > most:
            yield some
            some = []
        some.append(one)
    yield some
