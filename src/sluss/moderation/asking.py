"""Asking an author, privately where there is a way, to take back or soften something. In: a message, a rule. Out: a message of ours."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import set_status, wait_again
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.moderation.rules import Rule, why_of
from sluss.moderation.spoken import Spoken
from sluss.moderation.wordings import wording
from sluss.outbox.models import operations
from sluss.replies.news import mark_of
from sluss.replies.sending import SendReply, send_reply
from sluss.replies.sluice import By, MoveToPrivate, move_to_private, sluice_of
from sluss.replies.targets import target_of

LABELS: dict[By, str] = {
    "talk": say("Privately, in the talk that you have with the author"),
    "reply": say("Privately, by a private message to the author"),
    "mail": say("Privately, by e-mail"),
}
IN_PUBLIC = say("In public, under the post: there is no private way to this author")
TEXT = 4_000


class AskWay(msgspec.Struct, frozen=True, kw_only=True):
    """How an author can be asked. `closed` says why not at all."""

    by: By | None
    label: str
    language: str
    closed: str = ""

    @property
    def in_public(self) -> bool:
        return self.by is None

    def words(self, spoken: Spoken, rule: Rule) -> str:
        """What would be sent, in the author's language."""
        why, language = why_of(rule, self.language or spoken.language)
        goes_on = rule.up_to != "ask" and "hide" in spoken.public.deeds
        return wording(language, why, rule.wait, in_public=self.in_public, goes_on=goes_on)


def way_to_ask(tx: Tx, who: Actor, spoken: Spoken) -> AskWay:
    """The best way to one author: any private one before the public."""
    sluice = sluice_of(tx, who, spoken.case_id, spoken.message_id)
    best = next((one for one in sluice.passages if LABELS.get(one.by) and not one.why), None)
    if best is not None:
        return AskWay(by=best.by, label=LABELS[best.by], language=sluice.language)
    closed = target_of(tx, who, spoken.case_id, spoken.conversation_id).closed
    return AskWay(by=None, label=closed or IN_PUBLIC, language=sluice.language, closed=closed)


def ask_author(tx: Tx, who: Actor, spoken: Spoken, rule: Rule, text: str) -> int:
    """Send it. The customer's own matter waits for its answer as before. Returns the message's id."""
    way = way_to_ask(tx, who, spoken)
    if way.closed:
        raise Conflict(way.closed)
    words = clean_text(text).strip() or way.words(spoken, rule)
    if len(words) > TEXT:
        raise Invalid({"text": "Write it shorter: at most 4,000 characters."})
    before = access_case(tx, who, spoken.case_id)
    op = f"ask-{tx.new_id()}"
    if way.by is None:
        reply = SendReply(op=op, case_id=spoken.case_id, text=words, conversation_id=spoken.conversation_id, anyway=True, trust=True)
        message_id = send_reply(tx, who, reply).message_id
    else:
        seen = mark_of(tx, who, spoken.case_id)
        moved = move_to_private(
            tx, who, MoveToPrivate(op=op, case_id=spoken.case_id, public_id=spoken.message_id, by=way.by, told=words, seen=seen)
        )
        message_id = _message_of(tx, who, moved.operation_ids[0])
    if before.status in {"open", "pending", "snoozed"} and before.waiting_since is not None:
        set_status(tx, who, spoken.case_id, before.status, before.snoozed_until)
        wait_again(tx, who, spoken.case_id, before.waiting_since)
    return message_id


def _message_of(tx: Tx, who: Actor, operation_id: int) -> int:
    c = operations.c
    return int(tx.value(sa.select(c.message_id).where(c.workspace_id == who.workspace_id, c.id == operation_id)))
