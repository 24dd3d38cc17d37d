"""What a network tells of a message that it took. In: its answer. Out: its keys, so that answers, echoes and receipts find the message.

The network names the thread, too, where that was of our making until then; where it had one for the same people already, the conversation
moves there, so that the customer's next word comes into the same case.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.cases.faces import save_face
from sluss.cases.models import conversations, message_faces, message_references, messages, thread_standings, threads
from sluss.channels.contract import Sent
from sluss.channels.costs import note_cost
from sluss.channels.who import Address
from sluss.contacts.actions import find_identities, give_identity
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.outbox.claims import Claim
from sluss.outbox.models import operations

UNNAMED = ("way:", "begun:")
"""How the keys of threads begin that no network has named yet."""


def keep_answer(tx: Tx, who: Actor, claim: Claim, sent: Sent) -> None:
    """Write down what the network said of a message. Saying it again changes nothing."""
    thread_id = _name_thread(tx, who, claim, sent.thread_key) if sent.thread_key else claim.thread_id
    _keep_keys(tx, who, (claim.message_id, thread_id), sent.external_ids)
    if sent.url or sent.external_ids:
        told = {"url": sent.url, "key": next(iter(sent.external_ids), "")}
        save_face(tx, who, claim.message_id, **{name: value for name, value in told.items() if value})
    if sent.recipient is not None and sent.recipient.address:
        _keep_recipient(tx, who, (claim.channel, thread_id), sent.recipient)
    if sent.cost:
        note_cost(tx, who, claim.inbox_id, "send", sent.cost)


def network_key(tx: Tx, workspace_id: int, message_id: int) -> str:
    """The network's own key of a message; of ours the newest known, empty while it has none."""
    m, f, r = messages.c, message_faces.c, message_references.c
    joined = messages.outerjoin(message_faces, (f.workspace_id == m.workspace_id) & (f.message_id == m.id))
    this = (m.workspace_id == workspace_id) & (m.id == message_id)
    row = tx.row(sa.select(m.direction, m.agent_id, m.origin, m.external_id, f.key).select_from(joined).where(this))
    if row is None:
        raise LookupError(message_id)
    if row.direction == "in" or row.origin:
        return str(row.external_id)
    others = sa.select(sa.func.max(r.external_id)).where(r.workspace_id == workspace_id, r.message_id == message_id)
    return str(row.key or tx.value(others.where(r.external_id != row.external_id)) or "")


def _keep_keys(tx: Tx, who: Actor, place: tuple[int, int], external_ids: tuple[str, ...]) -> None:
    message_id, thread_id = place
    r = message_references.c
    mine = (r.workspace_id == who.workspace_id) & (r.message_id == message_id)
    known = {str(row.external_id) for row in tx.rows(sa.select(r.external_id).where(mine))} if external_ids else set[str]()
    row = {"workspace_id": who.workspace_id, "message_id": message_id, "thread_id": thread_id}
    fresh = [row | {"external_id": one} for one in dict.fromkeys(external_ids) if one and one not in known]
    if fresh:
        tx.run(sa.insert(message_references), fresh)


def _name_thread(tx: Tx, who: Actor, claim: Claim, thread_key: str) -> int:
    """The thread under the network's key. Returns its id."""
    t = threads.c
    here = (t.workspace_id == who.workspace_id) & (t.inbox_id == claim.inbox_id)
    mine = (t.workspace_id == who.workspace_id) & (t.id == claim.thread_id)
    row = tx.row(sa.select(t.external_key, t.inbox_id).where(mine))
    if row is None or row.inbox_id != claim.inbox_id or not row.external_key.startswith(UNNAMED):
        return claim.thread_id
    named = sa.select(t.id).where(here, t.external_key == thread_key)
    known = tx.value(named)
    if known is None:
        try:
            with tx.attempt():
                tx.run(sa.update(threads).where(mine).values(external_key=thread_key))
        except IntegrityError:
            known = tx.value(named)
    if known is None:
        return claim.thread_id
    _move(tx, who, claim.thread_id, int(known))
    return int(known)


def _move(tx: Tx, who: Actor, before: int, after: int) -> None:
    """All of one thread into another; the customer's next word there is for the case of what was moved."""
    for table in (conversations, message_references, operations):
        c = table.c
        tx.run(sa.update(table).where(c.workspace_id == who.workspace_id, c.thread_id == before).values(thread_id=after))
    s = thread_standings.c
    has = tx.value(sa.select(s.thread_id).where(s.workspace_id == who.workspace_id, s.thread_id == after))
    if has is None:
        tx.run(sa.update(thread_standings).where(s.workspace_id == who.workspace_id, s.thread_id == before).values(thread_id=after))


def _keep_recipient(tx: Tx, who: Actor, place: tuple[str, int], reached: Address) -> None:
    """Who was reached is the same customer, by another address of the network; whoever is somebody else already stays so."""
    network, thread_id = place
    t, i = threads.c, identities.c
    joined = threads.join(identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id))
    this = (t.workspace_id == who.workspace_id) & (t.id == thread_id)
    row = tx.row(sa.select(i.id, i.contact_id).select_from(joined).where(this))
    if row is None:
        raise LookupError(thread_id)
    if not find_identities(tx, who, network, [reached.address]):
        give_identity(tx, who, row.contact_id, network, reached)
    found = find_identities(tx, who, network, [reached.address])[reached.address]
    if found.contact_id == row.contact_id and found.id != row.id:
        tx.run(sa.update(threads).where(this).values(identity_id=found.id))
