"""What the author does while a matter waits: answers, changes it, takes it away. In: events. Out: a ladder stopped, a matter over."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.models import conversations, messages
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
    """Whoever was asked writes: nothing goes on by itself until a person has read it."""
    who = system(recorded.workspace_id)
    message_id: int = getattr(recorded.event, "message_id", 0)
    for matter, spoken in _waiting(tx, who, recorded.event.case_id):
        if message_id > spoken.message_id and _wrote(tx, who, message_id, spoken, matter.changed_at):
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


def _waiting(tx: Tx, who: Actor, case_id: int) -> list[tuple[MatterRow, Spoken]]:
    """Matters of a case whose authors were asked."""
    k, m, v = matters.c, messages.c, conversations.c
    joined = matters.join(messages, (m.workspace_id == k.workspace_id) & (m.id == k.message_id))
    joined = joined.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    mine = (k.workspace_id == who.workspace_id) & (k.state == "waiting") & (v.case_id == case_id)
    rows = tx.rows(sa.select(k.message_id).select_from(joined).where(mine))
    found = spoken_of(tx, who, [row.message_id for row in rows])
    pairs = [(find_matter(tx, who, one), spoken) for one, spoken in found.items()]
    return [(matter, spoken) for matter, spoken in pairs if matter is not None]


def _wrote(tx: Tx, who: Actor, message_id: int, spoken: Spoken, since: int) -> bool:
    """Whether this is a message of the same person, since they were asked."""
    m = messages.c
    row = tx.row(sa.select(m.identity_id, m.direction, m.at, m.automatic).where(m.workspace_id == who.workspace_id, m.id == message_id))
    return row is not None and row.direction == "in" and not row.automatic and row.at >= since and _same(tx, who, row.identity_id, spoken)


def _same(tx: Tx, who: Actor, identity_id: int | None, spoken: Spoken) -> bool:
    """By the same handle, or by another way of the same contact: a private answer often comes by one."""
    from_another = identity_id is not None and identity_id != spoken.identity_id
    return identity_id == spoken.identity_id or (from_another and _contact(tx, who, identity_id) == spoken.contact_id)


def _contact(tx: Tx, who: Actor, identity_id: int | None) -> int | None:
    c = identities.c
    return tx.value(sa.select(c.contact_id).where(c.workspace_id == who.workspace_id, c.id == identity_id))


def _by(spoken: Spoken) -> str:
    if spoken.removed_by == "network":
        return say("The network removed it.")
    return say("The author removed it.") if spoken.removed_by != "us" else say("It was removed by one of us.")
