"""Personal data in what we are about to say in public. In: a draft. Out: nothing, or `Exposed` until it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import access_message
from sluss.cases.models import conversations, threads
from sluss.channels.inboxes import Inbox, access_inbox
from sluss.kernel.actors import Actor, system
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.language.guard import digest_of, find_personal, masked

SHAPES = "own_shapes"
"""The inbox's setting that holds a company's own shapes of numbers, as `find_personal` reads them."""


class Found(msgspec.Struct, frozen=True):
    """One thing of a kind, as it stands in the draft."""

    kind: str
    text: str


class Exposed(Conflict):
    """The draft would show personal data to everybody; nothing was sent. `digest` names exactly these, for whoever confirms them."""

    def __init__(self, found: Sequence[Found], digest: str, shown: str) -> None:
        super().__init__("Not sent: everybody could read the personal data in this answer.")
        self.found, self.digest, self.shown = tuple(found), digest, shown


def require_discreet(text: str, inbox: Inbox, confirmed: str = "") -> None:
    """Raise `Exposed` where a text for the public holds personal data that nobody has confirmed."""
    findings = find_personal(text, shapes_of(inbox))
    digest = digest_of(text, findings)
    if findings and digest != confirmed:
        raise Exposed([Found(one.kind, text[one.start : one.end]) for one in findings], digest, masked(text, findings))


def require_discreet_edit(tx: Tx, who: Actor, message_id: int, text: str) -> None:
    """Raise `Invalid` where a public message of ours would show more personal data than it does; what stands there already may stay."""
    before = access_message(tx, who, message_id)
    v, t = conversations.c, threads.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    this = (v.workspace_id == who.workspace_id) & (v.id == before.conversation_id)
    place = tx.row(sa.select(t.visibility, t.inbox_id).select_from(joined).where(this))
    if place is None or place.visibility != "public":
        return
    shapes = shapes_of(access_inbox(tx, system(who.workspace_id), place.inbox_id))
    told = [text[one.start : one.end] for one in find_personal(text, shapes)]
    if fresh := [one for one in told if one not in before.text]:
        raise Invalid({"body": say("Everybody could read this: %(data)s. Say it in private instead.", data=", ".join(fresh[:3]))})


def shapes_of(inbox: Inbox) -> tuple[str, ...]:
    """What a company's own numbers look like, where it has said so."""
    return read_shapes(inbox.settings)


def read_shapes(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The same, from the settings themselves."""
    return tuple(one.strip() for one in str(settings.get(SHAPES) or "").split(",") if one.strip())
