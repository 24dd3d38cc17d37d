"""Sending an answer. In: what the composer holds. Out: a message, one delivery per recipient and the case moved on, in one transaction.

The send is stopped when the case has news that the sender has not seen; nothing is lost then, the draft stays.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from sluss.cases.access import AttachmentRow, CaseRow, Status, hold_case, work_on_case
from sluss.cases.actions import OutgoingMessage, add_note, record_outbound, set_status
from sluss.cases.asides import asked_aside
from sluss.channels.addressing import new_external_id
from sluss.channels.contract import Capabilities
from sluss.channels.inboxes import own_addresses
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.actions import Queued, queue_deliveries
from sluss.people.once import once
from sluss.replies.approval import require_approved
from sluss.replies.attaching import require_free
from sluss.replies.canned.filling import OPEN, open_fields
from sluss.replies.drafts import discard_draft
from sluss.replies.forming import form_answer, place_pictures
from sluss.replies.leaving import Leaving, remember
from sluss.replies.news import News, mark_of, news_since
from sluss.replies.recipients import Recipients, choose_recipients, read_addresses
from sluss.replies.targets import Target, known_people, target_of

TEXT = 100_000
ANOTHER_WAY = say("Not sent yet: the customer has written by another way meanwhile, so this goes by %(inbox)s now. Look, and send again.")
UNASKED = 10
"""New people that an answer goes to without a question."""


class SendReply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. `op` is the form's own key: the same op is sent once. `cc` and `bcc` as typed; `seen` is the mark of what was shown.

    `crowd` is how many new people the sender has confirmed to write to, `trust` that the customer's address may be another's. `way` is the
    inbox by which the sender was told that it leaves; 0 where nobody was told. `approved_by` is the colleague who let a public answer go.
    """

    op: str
    case_id: int
    text: str
    cc: str = ""
    bcc: str = ""
    attachment_ids: tuple[int, ...] = ()
    seen: str = ""
    revision: int = 0
    then: Literal["stay", "solve"] = "stay"
    anyway: bool = False
    crowd: int = 0
    trust: bool = False
    way: int = 0
    approved_by: int = 0

    def essence(self) -> tuple[Any, ...]:
        """Two answers with the same are one; a browser without scripts uploads its files anew each time."""
        return (self.case_id, self.text, self.cc, self.bcc, len(self.attachment_ids), self.then)


class WriteNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note; see `SendReply`. `of_reply`: it was begun as an answer, whose draft goes with it."""

    op: str
    case_id: int
    text: str
    attachment_ids: tuple[int, ...] = ()
    of_reply: bool = False

    def essence(self) -> tuple[Any, ...]:
        """See `SendReply.essence`."""
        return (self.case_id, self.text, len(self.attachment_ids))


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """An answer on its way. Until `leaves_at` (microseconds UTC) it can be taken back with any of its operations."""

    message_id: int
    operation_ids: tuple[int, ...]
    leaves_at: int
    undo_seconds: int


class Stopped(Conflict):
    """The case has news that the sender had not seen; nothing was sent, the draft is as it was. `mark` covers what is told now."""

    def __init__(self, news: News, mark: str = "") -> None:
        super().__init__("Not sent: the case has news that you have not seen.")
        self.news, self.mark = news, mark


class Crowded(Conflict):
    """More people than usual who have not been in this case; nothing was sent until the sender confirms their number (T61)."""

    def __init__(self, number: int) -> None:
        super().__init__(say("Not sent: this goes to %(number)s people who have not been in this case.", number=number))
        self.number = number


class Doubted(Conflict):
    """Who wrote last could not be proved to be who it says; nothing was sent until the sender says that this is known."""

    def __init__(self) -> None:
        super().__init__("Not sent: nobody knows whether the last message came from this address.")


def send_reply(tx: Tx, who: Actor, reply: SendReply) -> Departure:
    """Answer a case, once per `op`. Raises `Stopped`, `Doubted`, `Crowded`, `Invalid` by field, `Conflict` where no answer can leave."""
    return once(tx, who, reply.op, _send, reply)


def require_seen(tx: Tx, who: Actor, case_id: int, seen: str, *, ours_alone: bool = False) -> None:
    """Raise `Stopped` where others have said something since a mark, or only where one of us has (`ours_alone`)."""
    mark = mark_of(tx, who, case_id)
    news = news_since(tx, who, case_id, seen, ours_alone=ours_alone)
    if news is not None:
        raise Stopped(news, mark)


def write_note(tx: Tx, who: Actor, note: WriteNote) -> int:
    """Write a note, once per `op`, and let its draft go. Returns the note's id."""
    return once(tx, who, note.op, _note, note)


def _send(tx: Tx, who: Actor, reply: SendReply) -> Departure:
    if who.kind != "agent":
        raise Forbidden("Only agents answer.")
    case = work_on_case(tx, who, reply.case_id)
    target = target_of(tx, who, case.id)
    if target.closed:
        raise Conflict(target.closed)
    if reply.way not in {0, target.inbox_id}:
        raise Invalid({"body": say(ANOTHER_WAY, inbox=target.inbox.name)})
    text = _checked_text(reply, target.capabilities)
    recipients = _recipients(tx, who, reply, target)
    files = _checked_files(tx, who, reply, target.capabilities)
    if not reply.anyway:
        # In a live talk both write at once, and each sees the other; there it is a second answer of ours that must not go out.
        require_seen(tx, who, case.id, reply.seen, ours_alone=target.capabilities.is_live and reply.then == "stay")
    if target.doubtful and not reply.trust:
        raise Doubted
    _require_confirmed(tx, who, reply, recipients)
    if target.capabilities.visibility == "public":
        require_approved(tx, who, target.inbox_id, reply.approved_by)
    return _depart(tx, who, reply, case, _Way(target, recipients, text, files))


def _note(tx: Tx, who: Actor, note: WriteNote) -> int:
    if who.kind != "agent":
        raise Forbidden("Only agents write notes.")
    hold_case(tx, who, note.case_id)
    require_free(tx, who, note.case_id, note.attachment_ids)
    note_id = add_note(tx, who, note.case_id, clean_text(note.text), note.attachment_ids)
    discard_draft(tx, who, note.case_id, "reply" if note.of_reply else "note")
    return note_id


def _checked_text(reply: SendReply, capabilities: Capabilities) -> str:
    text, most = clean_text(reply.text), capabilities.max_length or TEXT
    if not text.strip() and not reply.attachment_ids:
        raise Invalid({"body": "Write the answer first."})
    if len(text) > most:
        raise Invalid({"body": say("This is too long: at most %(most)s characters can be sent here.", most=most)})
    if unfilled := open_fields(text):
        raise Invalid({"body": say(OPEN, fields=", ".join(unfilled[:3]))})
    return text


def _recipients(tx: Tx, who: Actor, reply: SendReply, target: Target) -> Recipients:
    cc, bcc = read_addresses(reply.cc, "cc"), read_addresses(reply.bcc, "bcc")
    for name, people in (("cc", cc), ("bcc", bcc)):
        if people and not target.capabilities.can_cc:
            raise Invalid({name: "Nobody can be copied in on this way."})
    chosen = choose_recipients([target.to], cc, own_addresses(tx, who), bcc)
    if not chosen.to:
        raise Conflict("This would go to an inbox of our own.")
    copied = {one.address for one in (*chosen.cc, *chosen.bcc)}
    if copied and (aside := copied & asked_aside(tx, who, reply.case_id)):
        field = "cc" if aside & {one.address for one in chosen.cc} else "bcc"
        sentence = "%(address)s was asked aside, and the customer is not to know. Remove it, or write to both from elsewhere."
        raise Invalid({field: say(sentence, address=min(aside))})
    return chosen


def _require_confirmed(tx: Tx, who: Actor, reply: SendReply, recipients: Recipients) -> None:
    others = {one.address for one in (*recipients.cc, *recipients.bcc)}
    if len(others) > UNASKED and (fresh := len(others - known_people(tx, who, reply.case_id))) > UNASKED and reply.crowd != fresh:
        raise Crowded(fresh)


def _checked_files(tx: Tx, who: Actor, reply: SendReply, capabilities: Capabilities) -> list[AttachmentRow]:
    files = require_free(tx, who, reply.case_id, reply.attachment_ids)
    if files and not capabilities.can_attach:
        raise Invalid({"file": "Files cannot be sent on this way."})
    most = capabilities.max_file_bytes
    if most is not None and sum(one.size for one in files) > most:
        raise Invalid({"file": say("The files are too large together: at most %(most)s MB can be sent here.", most=most // 1_000_000)})
    return files


class _Way(msgspec.Struct, frozen=True):
    target: Target
    recipients: Recipients
    text: str
    files: list[AttachmentRow]


def _depart(tx: Tx, who: Actor, reply: SendReply, case: CaseRow, way: _Way) -> Departure:
    target, recipients = way.target, way.recipients
    pictures = place_pictures(tx, who, way.files, way.text, target.sender.address) if target.capabilities.is_letter else {}
    letter = form_answer(tx, who, target, way.text, pictures)
    outgoing = OutgoingMessage(
        case_id=case.id,
        conversation_id=target.conversation_id,
        thread_id=target.thread_id,
        external_id=new_external_id(target.sender.address),
        subject=target.subject,
        text=letter.text,
        fresh=way.text,
        html=letter.html,
        to=recipients.to,
        cc=recipients.cc,
        bcc=recipients.bcc,
        attachment_ids=reply.attachment_ids,
    )
    message_id = record_outbound(tx, who, outgoing)
    seconds = target.capabilities.undo_seconds
    leaves_at, everybody = tx.now + seconds * SECOND, recipients.everybody
    queued = Queued(inbox_id=target.inbox_id, thread_id=target.thread_id, message_id=message_id, recipients=everybody, due_at=leaves_at)
    operation_ids = queue_deliveries(tx, who, queued)
    after = _move_on(tx, who, case, reply.then)
    kept: dict[str, Any] = {"text": reply.text, "cc": reply.cc, "bcc": reply.bcc, "attachment_ids": list(reply.attachment_ids)}
    remember(tx, who, Leaving(message_id, leaves_at, case, after), kept | {"revision": reply.revision})
    discard_draft(tx, who, case.id, "reply")
    note_deed(tx, who, "case.reply", ("case", case.id), number=case.number, recipients=len(everybody))
    return Departure(message_id=message_id, operation_ids=tuple(operation_ids), leaves_at=leaves_at, undo_seconds=seconds)


def _move_on(tx: Tx, who: Actor, case: CaseRow, then: str) -> Status:
    """Answered, the customer owes the next word; a solved case stays solved."""
    after: Status = "solved" if then == "solve" or case.status == "solved" else "pending"
    set_status(tx, who, case.id, after)
    return after
