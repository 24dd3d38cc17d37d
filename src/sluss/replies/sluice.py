"""The sluice: one press takes a matter from public to private, in the same case, with one clock; and back.

In: a public utterance, the way chosen, words for both sides. Out: a private conversation of the case, and a sentence in public that gives
nothing away. Ways are: a private message of the network, the talk that we have with the author there, a private page of ours, mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case, work_on_case
from sluss.cases.models import conversations, messages, thread_standings, threads
from sluss.cases.ways import Way, continue_thread, open_way
from sluss.channels.contract import Address
from sluss.channels.inboxes import Inbox, access_inbox, letter_inboxes, list_inboxes
from sluss.channels.registry import capabilities_of
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.language.guess import guess_language
from sluss.outbox.actions import hold_back
from sluss.outbox.deeds import order_deed, possible_deeds
from sluss.people.once import once
from sluss.replies.departing import Departure
from sluss.replies.models import private_links, sluices
from sluss.replies.private_links import open_door
from sluss.replies.private_reply import PrivateReply, reply_privately, why_not_privately
from sluss.replies.recipients import can_be_written_to
from sluss.replies.safe_sentences import Occasion, safe_sentence
from sluss.replies.sending import SendReply, send_reply
from sluss.replies.targets import target_of
from sluss.replies.undoing import undo_send
from sluss.replies.windows import why_shut, window_of

By = Literal["reply", "talk", "link", "mail"]
MAIL = "email"
CHAT = "webchat"
SECONDS = 10
"""Within which both sides can be taken back."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One way to private. `why` says in a sentence why it is shut, empty where it is open; `said` is what may stand in public meanwhile.

    `label` names what carries it (a network, an address, a web chat), `inbox_id` the inbox that does.
    """

    by: By
    label: str
    inbox_id: int
    said: str
    why: str = ""
    conversation_id: int = 0


class Sluice(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done with a public utterance: `passages` in the order in which they are best. `public_id` is a message's."""

    case_id: int
    public_id: int
    conversation_id: int
    language: str
    can_hide: bool
    passages: tuple[Passage, ...]


class MoveToPrivate(msgspec.Struct, frozen=True, kw_only=True):
    """One passage. `told` is said in private, `said` in public (empty: nothing); `{link}` in it becomes the address of the page.

    `seen` is the mark of what the agent was shown, `confirmed` the digest of personal data that may stand in public all the same.
    """

    op: str
    case_id: int
    public_id: int
    by: By
    told: str = ""
    said: str = ""
    seen: str = ""
    confirmed: str = ""
    hide: bool = False
    home: str = ""

    def essence(self) -> tuple[Any, ...]:
        """See `SendReply.essence`."""
        return (self.case_id, self.public_id, self.by, self.told, self.said, self.hide)


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A passage as it stands. Until `leaves_at` (microseconds UTC) `undo_passage` takes both sides back."""

    id: int
    operation_ids: tuple[int, ...]
    leaves_at: int
    undo_seconds: int


class GoBack(msgspec.Struct, frozen=True, kw_only=True):
    """A word in public once it was answered in private."""

    op: str
    case_id: int
    said: str
    seen: str = ""


def sluice_of(tx: Tx, who: Actor, case_id: int, public_id: int = 0) -> Sluice:
    """Which ways there are from a public message of a case, else (0) from the customer's last. `Missing` where the case has none."""
    case = access_case(tx, who, case_id)
    public = _public_message(tx, who, case.id, public_id)
    inbox = access_inbox(tx, system(who.workspace_id), public.inbox_id)
    language = public.language or guess_language(public.fresh) or str(inbox.settings.get("language") or "en")
    found = [one for look in _LOOKS for one in look(_Place(tx, who, case, public, inbox, language))]
    deeds = possible_deeds(tx, who, [public.id]).get(public.id, frozenset())
    return Sluice(
        case_id=case.id,
        public_id=public.id,
        conversation_id=public.conversation_id,
        language=language,
        can_hide="hide" in deeds,
        passages=tuple(sorted(found, key=lambda one: bool(one.why))),
    )


def move_to_private(tx: Tx, who: Actor, move: MoveToPrivate) -> Moved:
    """Go on in private, once per `op`. Raises as `send_reply` does, and `Conflict` where the way was shut meanwhile."""
    return once(tx, who, move.op, _move, move)


def undo_passage(tx: Tx, who: Actor, sluice_id: int) -> None:
    """Take back what has not left yet, on both sides; a page that nobody has opened leads nowhere from then on."""
    row = tx.row(sa.select(sluices).where(sluices.c.workspace_id == who.workspace_id, sluices.c.id == sluice_id))
    if row is None:
        raise Missing
    work_on_case(tx, who, row.case_id)
    if row.undone_at is not None:
        return
    for operation_id in row.operation_ids:
        undo_send(tx, who, operation_id)
    if row.link_id is not None:
        this = (private_links.c.workspace_id == who.workspace_id) & (private_links.c.id == row.link_id)
        tx.run(sa.update(private_links).where(this, private_links.c.opened_at.is_(None)).values(expires_at=tx.now))
    this = (sluices.c.workspace_id == who.workspace_id) & (sluices.c.id == sluice_id)
    tx.run(sa.update(sluices).where(this).values(undone_at=tx.now, said_id=None, private_id=None))
    note_deed(tx, who, "case.undo_sluice", ("case", row.case_id))


def go_back(tx: Tx, who: Actor, back: GoBack) -> Departure:
    """Say in public, where the matter began, that it was answered in private."""
    case = work_on_case(tx, who, back.case_id)
    public = _public_message(tx, who, case.id, 0)
    reply = SendReply(op=back.op, case_id=case.id, text=back.said, seen=back.seen, conversation_id=public.conversation_id)
    return send_reply(tx, who, reply)


def back_sentence(tx: Tx, who: Actor, case_id: int) -> str:
    """What may stand in public once a case was answered in private; empty where nothing of it is public."""
    try:
        return safe_sentence(sluice_of(tx, who, case_id).language, "back")
    except Missing:
        return ""


def passed(tx: Tx, who: Actor, case_id: int) -> list[sa.Row[Any]]:
    """Every passage of a case that was not undone, oldest first."""
    s = sluices.c
    mine = (s.workspace_id == who.workspace_id) & (s.case_id == case_id) & s.undone_at.is_(None)
    return list(tx.rows(sa.select(sluices).where(mine).order_by(s.id)))


class _Place(msgspec.Struct, frozen=True):
    """Where somebody looks for ways."""

    tx: Tx
    who: Actor
    case: CaseRow
    public: Any
    inbox: Inbox
    language: str

    def passage(self, by: By, occasion: Occasion, *, label: str, inbox_id: int, why: str = "", conversation_id: int = 0) -> Passage:
        said = safe_sentence(self.language, occasion)
        return Passage(by=by, label=label, inbox_id=inbox_id, said=said, why=why, conversation_id=conversation_id)


def _replies(place: _Place) -> Iterator[Passage]:
    if capabilities_of(place.inbox.channel, "public").can_reply_privately:
        why = why_not_privately(place.tx, place.who, place.public.id)
        yield place.passage("reply", "message", label=place.inbox.name, inbox_id=place.inbox.id, why=why)


def _talks(place: _Place) -> Iterator[Passage]:
    """A talk with the author that there is already, in this case or another."""
    t, i, who = threads.c, identities.c, place.who
    joined = threads.join(identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id))
    theirs = (t.workspace_id == who.workspace_id) & (t.inbox_id == place.inbox.id) & (t.visibility == "private")
    author = place.tx.value(sa.select(i.contact_id).where(i.workspace_id == who.workspace_id, i.id == place.public.identity_id))
    s, v = thread_standings.c, conversations.c
    joined = joined.outerjoin(thread_standings, (s.workspace_id == t.workspace_id) & (s.thread_id == t.id))
    wanted = sa.select(t.id, s.opened_at).select_from(joined).where(theirs, i.contact_id == author)
    for row in place.tx.rows(wanted.order_by(t.id.desc()).limit(1)):
        here = (v.workspace_id == who.workspace_id) & (v.thread_id == row.id) & (v.case_id == place.case.id)
        known = place.tx.value(sa.select(v.id).where(here).order_by(v.id.desc()).limit(1))
        closed = target_of(place.tx, who, place.case.id, int(known)).closed if known is not None else _why_silent(place, row.opened_at)
        yield place.passage("talk", "message", label=place.inbox.name, inbox_id=place.inbox.id, why=closed, conversation_id=int(known or 0))


def _why_silent(place: _Place, opened_at: int | None) -> str:
    """Why nothing can be said freely in a talk that stands in another case; empty where it can."""
    can = capabilities_of(place.inbox.channel, "private")
    window = window_of(can, opened_at or 0, place.tx.now)
    if window.state == "template":
        return say("%(network)s takes only approved templates now, since the customer last wrote too long ago.", network=can.label)
    return why_shut(can, window)


def _links(place: _Place) -> Iterator[Passage]:
    chats = [one for one in list_inboxes(place.tx, system(place.who.workspace_id)) if one.channel == CHAT and one.enabled]
    wanted = int(place.inbox.settings.get("private_chat_inbox_id") or 0)
    usable = [one for one in chats if one.settings.get("identify") != "required" and one.archived_at is None]
    usable.sort(key=lambda one: (one.id != wanted, one.id))
    for one in usable[:1]:
        yield place.passage("link", "link", label=one.name, inbox_id=one.id)
    if not usable:
        yield place.passage("link", "link", label="", inbox_id=0, why=say("This needs a web chat: connect one in the settings."))


def _mails(place: _Place) -> Iterator[Passage]:
    inboxes_ = letter_inboxes(place.tx, system(place.who.workspace_id))
    wanted = int(place.inbox.settings.get("private_mail_inbox_id") or 0)
    chosen = next((one for one in inboxes_ if one.id == wanted), inboxes_[0] if inboxes_ else None)
    address = _mail_of(place.tx, place.who, place.case.contact_id)
    if chosen is not None and address is not None:
        yield place.passage("mail", "mail", label=address.address, inbox_id=chosen.id)


_LOOKS: tuple[Callable[[_Place], Iterator[Passage]], ...] = (_talks, _replies, _links, _mails)


def _move(tx: Tx, who: Actor, move: MoveToPrivate) -> Moved:
    case = work_on_case(tx, who, move.case_id)
    sluice = sluice_of(tx, who, case.id, move.public_id)
    passage = next((one for one in sluice.passages if one.by == move.by), None)
    if passage is None or passage.why:
        raise Conflict(passage.why if passage is not None else say("This way to private is shut by now. Choose another one."))
    if not move.told.strip() and move.by != "link":
        raise Invalid({"told": say("Write what you want to say in private first.")})
    said, link_id, departures = move.said, None, list[Departure]()
    if move.by == "link":
        door = open_door(tx, who, case, sluice.public_id, (access_inbox(tx, system(who.workspace_id), passage.inbox_id), ""))
        said, link_id, passage = (
            _with_link(move, door.path),
            door.id,
            msgspec.structs.replace(passage, conversation_id=door.conversation_id),
        )
    if move.told.strip():
        departures.append(_held_back(tx, who, _tell(tx, who, move, passage)))
    if said.strip():
        departures.append(_held_back(tx, who, _say(tx, who, move, sluice, said)))
    if move.hide and sluice.can_hide:
        order_deed(tx, who, sluice.public_id, "hide", reason=say("Personal data; the matter goes on in private."))
    note_deed(tx, who, "case.sluice", ("case", case.id), number=case.number, by=move.by)
    return _kept(tx, who, move, sluice, (departures, link_id))


def _tell(tx: Tx, who: Actor, move: MoveToPrivate, passage: Passage) -> Departure:
    """The words in private, by the way chosen."""
    if move.by == "reply":
        return reply_privately(
            tx, who, PrivateReply(op=f"{move.op[:30]}-t", message_id=move.public_id, case_id=move.case_id, text=move.told, seen=move.seen)
        )
    conversation_id = passage.conversation_id or _conversation(tx, who, move, passage)
    reply = SendReply(
        op=f"{move.op[:30]}-t", case_id=move.case_id, text=move.told, seen=move.seen, conversation_id=conversation_id, trust=True
    )
    return send_reply(tx, who, reply)


def _held_back(tx: Tx, who: Actor, told: Departure) -> Departure:
    """What its channel would send at once waits for as long as the sentence in public can be taken back."""
    if told.undo_seconds:
        return told
    hold_back(tx, who, told.message_id, tx.now + SECONDS * SECOND)
    return msgspec.structs.replace(told, leaves_at=tx.now + SECONDS * SECOND, undo_seconds=SECONDS)


def _say(tx: Tx, who: Actor, move: MoveToPrivate, sluice: Sluice, said: str) -> Departure:
    """The sentence in public. What is news was told with the private words; between the two nobody can have written."""
    told: dict[str, Any] = {"seen": move.seen} if not move.told.strip() else {"anyway": True}
    reply = SendReply(
        op=f"{move.op[:30]}-s",
        case_id=move.case_id,
        text=said,
        conversation_id=sluice.conversation_id,
        confirmed=move.confirmed,
        **told,
    )
    return send_reply(tx, who, reply)


def _conversation(tx: Tx, who: Actor, move: MoveToPrivate, passage: Passage) -> int:
    """A private conversation of the case where there is none yet: of a talk that stands elsewhere, or by mail."""
    case, v = work_on_case(tx, who, move.case_id), conversations.c
    if move.by == "mail":
        address = _mail_of(tx, who, case.contact_id)
        if address is None:
            raise Conflict(say("This way to private is shut by now. Choose another one."))
        thread_id = open_way(tx, who, case, Way(passage.inbox_id, MAIL, address))
        here = (v.workspace_id == who.workspace_id) & (v.thread_id == thread_id) & (v.case_id == case.id)
        return int(tx.value(sa.select(v.id).where(here).order_by(v.id.desc()).limit(1)))
    return continue_thread(tx, who, case, _thread_of_talk(tx, who, move, passage))


def _thread_of_talk(tx: Tx, who: Actor, move: MoveToPrivate, passage: Passage) -> int:
    t, i, m = threads.c, identities.c, messages.c
    joined = threads.join(identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id))
    author = sa.select(i.contact_id).join(messages, (m.workspace_id == i.workspace_id) & (m.identity_id == i.id))
    author = author.where(m.workspace_id == who.workspace_id, m.id == move.public_id).scalar_subquery()
    theirs = (t.workspace_id == who.workspace_id) & (t.inbox_id == passage.inbox_id) & (t.visibility == "private")
    return int(tx.value(sa.select(t.id).select_from(joined).where(theirs, i.contact_id == author).order_by(t.id.desc()).limit(1)))


def _kept(tx: Tx, who: Actor, move: MoveToPrivate, sluice: Sluice, done: tuple[list[Departure], int | None]) -> Moved:
    departures, link_id = done
    operation_ids = tuple(one.operation_ids[0] for one in departures)
    told = departures[0].message_id if move.told.strip() else None
    said = departures[-1].message_id if len(departures) > (told is not None) else None
    row: dict[str, Any] = {"id": tx.new_id(), "case_id": move.case_id, "public_id": sluice.public_id, "way": move.by, "agent_id": who.id}
    row |= {"at": tx.now, "said_id": said, "private_id": told, "link_id": link_id, "operation_ids": list(operation_ids)}
    tx.run(sa.insert(sluices), {"workspace_id": who.workspace_id} | row)
    return Moved(
        id=row["id"],
        operation_ids=operation_ids,
        leaves_at=min((one.leaves_at for one in departures), default=tx.now),
        undo_seconds=min((one.undo_seconds for one in departures), default=0),
    )


def _with_link(move: MoveToPrivate, path: str) -> str:
    if "{link}" not in move.said:
        raise Invalid({"said": say("Leave {link} in the public sentence: it becomes the address of the private page.")})
    return move.said.replace("{link}", f"{move.home.rstrip('/')}{path}")


def _public_message(tx: Tx, who: Actor, case_id: int, message_id: int) -> sa.Row[Any]:
    m, v, t, i, c = messages.c, conversations.c, threads.c, identities.c, contacts.c
    joined = (
        messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
        .join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .join(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
        .join(contacts, (c.workspace_id == i.workspace_id) & (c.id == i.contact_id))
    )
    chosen = sa.select(m.id, m.fresh, m.identity_id, m.conversation_id, t.inbox_id, c.language).select_from(joined)
    mine = (v.workspace_id == who.workspace_id) & (v.case_id == case_id) & (t.visibility == "public") & (m.direction == "in")
    row = tx.row(chosen.where(mine, m.id == message_id if message_id else sa.true()).order_by((m.id + 0).desc()).limit(1))
    if row is None:
        raise Missing
    return row


def _mail_of(tx: Tx, who: Actor, contact_id: int) -> Address | None:
    """The customer's mail address, the last one that we learnt of."""
    i = identities.c
    mine = (i.workspace_id == who.workspace_id) & (i.contact_id == contact_id) & (i.network == MAIL)
    rows = tx.rows(sa.select(*fields(Address, identities)).where(mine).order_by(i.id.desc()))
    return next((Address(row.address, row.name) for row in rows if can_be_written_to(row.address)), None)
