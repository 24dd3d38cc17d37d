"""What networks told of a person beside their own messages. In: a contact, while its addresses are still known. Out: nothing that names it.

Posts that others' conversations hang under stay, emptied; what somebody merely said around them goes.
"""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.models import bystanders, message_reactions, posts
from sluss.channels.models import inboxes
from sluss.contacts.models import identities, identity_profiles
from sluss.intake.models import fetches
from sluss.kernel.actors import Actor
from sluss.kernel.blobs import loosen
from sluss.kernel.tx import Tx
from sluss.privacy.reach import Order


def forget_network_traces(tx: Tx, order: Order, contact_id: int) -> None:
    """Take away profiles, pictures, reactions and what was said in public around others' cases."""
    i, who = identities.c, order.who
    known = tx.rows(sa.select(i.id, i.network, i.address).where(i.workspace_id == who.workspace_id, i.contact_id == contact_id))
    ids = [row.id for row in known]
    _forget_profiles(tx, order, ids)
    f, r = fetches.c, message_reactions.c
    order.tally["fetches"] += tx.run(sa.delete(fetches).where(f.workspace_id == who.workspace_id, f.identity_id.in_(ids))).rowcount
    for row in known:
        theirs = posts_of(who, row.network, row.address)
        around = sa.delete(bystanders).where(said_around(who, row.network, row.address))
        order.tally["bystanders"] += tx.run(around).rowcount
        reacted = (r.workspace_id == who.workspace_id) & (r.address == row.address)
        order.tally["message_reactions"] += tx.run(sa.delete(message_reactions).where(reacted)).rowcount
        gone = {"author": "", "author_name": "", "text": "", "url": ""}
        order.tally["posts emptied"] += tx.run(sa.update(posts).where(theirs).values(**gone)).rowcount


def posts_of(who: Actor, network: str, address: str) -> sa.ColumnElement[bool]:
    """Posts that somebody wrote on a network."""
    p = posts.c
    return (p.workspace_id == who.workspace_id) & (p.author == address) & p.inbox_id.in_(_inboxes(who, network))


def said_around(who: Actor, network: str, address: str) -> sa.ColumnElement[bool]:
    """What somebody said on a network around others' cases."""
    b = bystanders.c
    return (b.workspace_id == who.workspace_id) & (b.author == address) & b.post_id.in_(_posts_at(who, network))


def _forget_profiles(tx: Tx, order: Order, identity_ids: list[int]) -> None:
    c = identity_profiles.c
    these = (c.workspace_id == order.who.workspace_id) & c.identity_id.in_(identity_ids)
    loosen(tx, [row.picture_digest for row in tx.rows(sa.select(c.picture_digest).where(these, c.picture_digest != ""))], order.erasure_id)
    order.tally["identity_profiles"] += tx.run(sa.delete(identity_profiles).where(these)).rowcount


def _posts_at(who: Actor, network: str) -> sa.Select[tuple[int]]:
    p = posts.c
    return sa.select(p.id).where(p.workspace_id == who.workspace_id, p.inbox_id.in_(_inboxes(who, network)))


def _inboxes(who: Actor, network: str) -> sa.Select[tuple[int]]:
    i = inboxes.c
    return sa.select(i.id).where(i.workspace_id == who.workspace_id, i.channel == network)
