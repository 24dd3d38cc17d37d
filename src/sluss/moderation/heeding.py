"""What the author does while a matter waits: answers, changes it, takes it away. In: events. Out: a ladder stopped, a matter over."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.cases.models import conversations, messages, threads
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor, system
from sluss.kernel.events import Recorded
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.moderation.log import MatterRow, write_line
from sluss.moderation.matters import find_matter, settle
from sluss.moderation.models import matters
from sluss.moderation.screening import flags_of, look_at
from sluss.moderation.spoken import Spoken, spoken_of
from sluss.moderation.steps import back_to_people
from sluss.outbox.events import DeedChanged


def heed_answer(tx: Tx, recorded: Recorded) -> None:
    """Whoever was asked writes, in the case or privately: nothing goes on by itself until a person has read it."""
    who = system(recorded.workspace_id)
    message_id: int = getattr(recorded.event, "message_id", 0)
    heard = _heard(tx, who, message_id)
    for matter, spoken in _waiting_for(tx, who, heard.contact_id) if heard is not None and not heard.automatic else []:
        near = heard is not None and (heard.visibility == "private" or spoken.case_id == recorded.event.case_id)
        if near and message_id > spoken.message_id:
            back_to_people(tx, who, (matter, spoken), "answer", say("The author answers. Read it first."))


def heed_change(tx: Tx, recorded: Recorded) -> None:
    """A public message was edited or taken away at its network: by its author that ends the matter, and what is new is looked at."""
    who = system(recorded.workspace_id)
    message_id: int = getattr(recorded.event, "message_id", 0)
    what: str = getattr(recorded.event, "what", "")
    spoken = spoken_of(tx, who, [message_id]).get(message_id)
    if spoken is None or what not in {"edited", "removed"}:
        return
    matter = find_matter(tx, who, message_id)
    living = matter is not None and matter.state != "settled"
    if what == "removed":
        if matter is not None and living and matter.step != "delete":
            write_line(tx, who, matter, spoken, "removed", reason=_by(spoken))
            settle(tx, who, matter, "removed")
        return
    found_before = bool(flags_of(tx, who, [message_id]))
    still = bool(look_at(tx, who, spoken))
    if matter is not None and living:
        _edited(tx, who, matter, spoken, unsure=still or not found_before)


def heed_deed(tx: Tx, recorded: Recorded) -> None:
    """The network refused what was ordered: the matter is a person's again."""
    who = system(recorded.workspace_id)
    event = recorded.event
    if not isinstance(event, DeedChanged) or event.state != "failed" or event.deed not in {"hide", "delete", "block"}:
        return
    matter, spoken = find_matter(tx, who, event.message_id), spoken_of(tx, who, [event.message_id]).get(event.message_id)
    if matter is not None and spoken is not None and matter.step == event.deed:
        back_to_people(tx, who, (matter, spoken), "failed", event.reason)


def _edited(tx: Tx, who: Actor, matter: MatterRow, spoken: Spoken, *, unsure: bool) -> None:
    """Only what was found by words can be found no more; about anything else a person decides."""
    if unsure or matter.state == "open":
        back_to_people(tx, who, (matter, spoken), "edited", say("The author changed it. Look whether it may stay now."))
        return
    write_line(tx, who, matter, spoken, "edited", reason=say("The author changed it, and nothing is found in it any more."))
    settle(tx, who, matter, "softened")


def _heard(tx: Tx, who: Actor, message_id: int) -> sa.Row[Any] | None:
    """Who wrote a message, and on which side."""
    m, v, t, i = messages.c, conversations.c, threads.c, identities.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.join(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    wanted = sa.select(i.contact_id, t.visibility, m.automatic).select_from(joined)
    return tx.row(wanted.where(m.workspace_id == who.workspace_id, m.id == message_id, m.direction == "in"))


def _waiting_for(tx: Tx, who: Actor, contact_id: int) -> list[tuple[MatterRow, Spoken]]:
    """Matters in which this person was asked."""
    k, m, i = matters.c, messages.c, identities.c
    joined = matters.join(messages, (m.workspace_id == k.workspace_id) & (m.id == k.message_id))
    joined = joined.join(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    mine = (k.workspace_id == who.workspace_id) & (k.state == "waiting") & (i.contact_id == contact_id)
    found = spoken_of(tx, who, [row.message_id for row in tx.rows(sa.select(k.message_id).select_from(joined).where(mine))])
    pairs = [(find_matter(tx, who, one), spoken) for one, spoken in found.items()]
    return [(matter, spoken) for matter, spoken in pairs if matter is not None]


def _by(spoken: Spoken) -> str:
    if spoken.removed_by == "network":
        return say("The network removed it.")
    return say("The author removed it.") if spoken.removed_by != "us" else say("It was removed by one of us.")
