"""Sending an answer. In: what the composer holds. Out: a message, one delivery per recipient and the case moved on, in one transaction.

The send is stopped when the case has news that the sender has not seen; nothing is lost then, the draft stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from sluss.cases.access import AttachmentRow, hold_case, work_on_case
from sluss.cases.actions import add_note
from sluss.cases.asides import asked_aside
from sluss.channels.contract import TemplateUse
from sluss.channels.costs import cap_reached
from sluss.channels.inboxes import own_addresses
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.once import once
from sluss.replies.approval import require_approved
from sluss.replies.attaching import require_free
from sluss.replies.canned.filling import OPEN, open_fields
from sluss.replies.departing import Departure, Way, depart
from sluss.replies.drafts import discard_draft
from sluss.replies.guarding import require_discreet
from sluss.replies.news import News, mark_of, news_since
from sluss.replies.parting import Part, part_answer
from sluss.replies.recipients import Recipients, choose_recipients, read_addresses
from sluss.replies.targets import Target, known_people, target_of
from sluss.replies.templating import fill_template

SPOILER = 200
ANOTHER_WAY = say("Not sent yet: the customer has written by another way meanwhile, so this goes by %(inbox)s now. Look, and send again.")
APPROVED_ONLY = say("%(network)s takes only approved templates now, since the customer last wrote too long ago. Choose one.")
DEAR = say("Not sent: %(inbox)s has cost today what it may. It goes on tomorrow, or when an administrator raises its daily limit.")
UNASKED = 10
"""New people that an answer goes to without a question."""


class SendReply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. `op` is the form's own key: the same op is sent once. `cc` and `bcc` as typed; `seen` is the mark of what was shown.

    `crowd` is how many new people the sender has confirmed to write to, `trust` that the customer's address may be another's. `way` is the
    inbox by which the sender was told that it leaves; 0 where nobody was told. `approved_by` is the colleague who let a public answer go.

    `conversation_id` is the conversation of the case that is answered; 0 the one that the customer wrote in last. `template` goes in place
    of `text`; `spoiler` is the content warning (None: that of what is answered). `confirmed` is the digest of the personal data that
    everybody may read.
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
    conversation_id: int = 0
    template: TemplateUse | None = None
    spoiler: str | None = None
    confirmed: str = ""

    def essence(self) -> tuple[Any, ...]:
        """Two answers with the same are one; a browser without scripts uploads its files anew each time."""
        return (self.case_id, self.text, self.cc, self.bcc, len(self.attachment_ids), self.then, self.conversation_id, self.template)


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
    target = target_of(tx, who, case.id, reply.conversation_id)
    if target.closed:
        raise Conflict(target.closed)
    require_money(tx, who, target)
    if reply.way not in {0, target.inbox_id}:
        raise Invalid({"body": say(ANOTHER_WAY, inbox=target.inbox.name)})
    recipients = _recipients(tx, who, reply, target)
    parts = _parts(tx, who, reply, target)
    if not reply.anyway:
        # In a live talk both write at once, and each sees the other; there it is a second answer of ours that must not go out.
        require_seen(tx, who, case.id, reply.seen, ours_alone=target.capabilities.is_live and reply.then == "stay")
    if target.doubtful and not reply.trust:
        raise Doubted
    _require_confirmed(tx, who, reply, recipients)
    spoiler = _spoiler(reply, target)
    if target.visibility == "public":
        require_discreet(_all_words(reply, parts, spoiler), target.inbox, reply.confirmed)
        require_approved(tx, who, target.inbox_id, reply.approved_by)
    template, answers_id = reply.template, target.answers_id
    way = Way(target=target, recipients=recipients, parts=parts, answers_id=answers_id, spoiler=spoiler, template=template)
    kept: dict[str, Any] = {"text": reply.text, "cc": reply.cc, "bcc": reply.bcc, "attachment_ids": list(reply.attachment_ids)}
    return depart(tx, who, case, way, kept | {"revision": reply.revision}, then=reply.then)


def _note(tx: Tx, who: Actor, note: WriteNote) -> int:
    if who.kind != "agent":
        raise Forbidden("Only agents write notes.")
    hold_case(tx, who, note.case_id)
    require_free(tx, who, note.case_id, note.attachment_ids)
    note_id = add_note(tx, who, note.case_id, clean_text(note.text), note.attachment_ids)
    discard_draft(tx, who, note.case_id, "reply" if note.of_reply else "note")
    return note_id


def require_money(tx: Tx, who: Actor, target: Target) -> None:
    """Raise `Conflict` where the inbox has cost today what it may: nothing leaves by it until tomorrow."""
    if cap_reached(tx, who, target.inbox_id, target.inbox.settings):
        raise Conflict(say(DEAR, inbox=target.inbox.name))


def _parts(tx: Tx, who: Actor, reply: SendReply, target: Target) -> list[Part]:
    files = require_free(tx, who, reply.case_id, reply.attachment_ids)
    if reply.template is not None:
        return [Part(_templated(tx, who, reply.template, (target, files)))]
    if target.must_template:
        raise Invalid({"body": say(APPROVED_ONLY, network=target.capabilities.label)})
    return part_answer(checked_text(reply.text, files), files, target.capabilities, target.measure)


def _templated(tx: Tx, who: Actor, use: TemplateUse, where: tuple[Target, Sequence[AttachmentRow]]) -> str:
    target, files = where
    if not target.capabilities.has_templates:
        raise Invalid({"template": "There are no approved templates on this way."})
    if files:
        raise Invalid({"file": "Files cannot go with a template."})
    return fill_template(tx, who, target.inbox_id, use)


def _spoiler(reply: SendReply, target: Target) -> str:
    if not target.capabilities.has_spoiler:
        return ""
    return clean_line(target.spoiler if reply.spoiler is None else reply.spoiler)[:SPOILER]


def _all_words(reply: SendReply, parts: Sequence[Part], spoiler: str) -> str:
    """Everything that people would read: the words as they were written, not as they are cut."""
    words = reply.text if reply.template is None else parts[0].text
    return "\n".join([clean_text(words), spoiler, *(one.alt for part in parts for one in part.files)])


def checked_text(typed: str, files: Sequence[AttachmentRow]) -> str:
    """What was typed, fit to be sent. Raises `Invalid` where there is nothing, or something was left open."""
    text = clean_text(typed)
    if not text.strip() and not files:
        raise Invalid({"body": "Write the answer first."})
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
