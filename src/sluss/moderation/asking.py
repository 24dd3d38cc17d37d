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
    return ways_to_ask(tx, who, spoken)[0]


def ways_to_ask(tx: Tx, who: Actor, spoken: Spoken) -> list[AskWay]:
    """All of them, the best first; the public one stands last."""
    sluice = sluice_of(tx, deputy(who), spoken.case_id, spoken.message_id)
    private = [
        AskWay(by=one.by, label=LABELS[one.by], language=sluice.language) for one in sluice.passages if LABELS.get(one.by) and not one.why
    ]
    closed = target_of(tx, who, spoken.case_id, spoken.conversation_id).closed
    return [*private, AskWay(by=None, label=closed or IN_PUBLIC, language=sluice.language, closed=closed)]


def ask_author(tx: Tx, who: Actor, spoken: Spoken, rule: Rule, text: str) -> int:
    """Send it. The customer's own matter waits for its answer as before. Returns the message's id."""
    before, ways = access_case(tx, who, spoken.case_id), ways_to_ask(tx, who, spoken)
    typed = clean_text(text).strip()
    if len(typed) > TEXT:
        raise Invalid({"text": "Write it shorter: at most 4,000 characters."})
    for way in ways:
        words = typed if typed and way.in_public == ways[0].in_public else way.words(spoken, rule)
        try:
            with tx.attempt():
                message_id = _say(tx, deputy(who), spoken, way, words)
            break
        except Conflict:  # a door that looked open; the last one says why
            if way is ways[-1]:
                raise
    else:
        raise Conflict(IN_PUBLIC)
    if before.status in {"open", "pending", "snoozed"} and before.waiting_since is not None:
        set_status(tx, deputy(who), spoken.case_id, before.status, before.snoozed_until)
        wait_again(tx, deputy(who), spoken.case_id, before.waiting_since)
    return message_id


def deputy(who: Actor) -> Actor:
    """A reviewer decides here, and nothing else in a case: it is done in their name with an agent's right."""
    return msgspec.structs.replace(who, role="agent") if who.kind == "agent" and who.role == "reviewer" else who


def _say(tx: Tx, who: Actor, spoken: Spoken, way: AskWay, words: str) -> int:
    op = f"ask-{tx.new_id()}"
    if way.by is None:
        if way.closed:
            raise Conflict(way.closed)
        reply = SendReply(op=op, case_id=spoken.case_id, text=words, conversation_id=spoken.conversation_id, anyway=True, trust=True)
        return send_reply(tx, who, reply).message_id
    seen = mark_of(tx, who, spoken.case_id)
    move = MoveToPrivate(op=op, case_id=spoken.case_id, public_id=spoken.message_id, by=way.by, told=words, seen=seen)
    return _message_of(tx, who, move_to_private(tx, who, move).operation_ids[0])


def _message_of(tx: Tx, who: Actor, operation_id: int) -> int:
    c = operations.c
    return int(tx.value(sa.select(c.message_id).where(c.workspace_id == who.workspace_id, c.id == operation_id)))
