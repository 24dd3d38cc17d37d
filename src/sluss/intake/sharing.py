"""One program of a network that posts for several accounts to the address of one. In: a proven request. Out: who else it is for.

Each of them proves the body by its own secret and takes only its own part: a name in it opens nobody's inbox (T88).
"""

from __future__ import annotations

import sqlalchemy as sa

from sluss.channels.contract import Connection, Delivered, Posted, Unverified
from sluss.channels.models import inboxes
from sluss.channels.powers import Shared
from sluss.channels.registry import channel_named
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

MOST = 100
"""Accounts that one request may speak to."""


def others_named(posted: Posted, connection: Connection) -> list[str]:
    """Addresses of other inboxes that a proven request says it is for, too."""
    channel = channel_named(connection.channel)
    return sorted(channel.accounts(posted) - {connection.address})[:MOST] if isinstance(channel, Shared) else []


def sharers(tx: Tx, who: Actor, connection: Connection, named: list[str]) -> list[int]:
    """Ids of those of the same workspace and channel that take part."""
    i = inboxes.c
    mine = (i.workspace_id == who.workspace_id) & i.address.in_(named) & (i.channel == connection.channel) & i.enabled
    return [row.id for row in tx.rows(sa.select(i.id).where(mine, i.id != connection.inbox_id).order_by(i.id))]


def proven(posted: Posted, connection: Connection) -> list[Delivered]:
    """What an inbox that shares takes of a request: nothing, where its own secret does not prove it."""
    try:
        return channel_named(connection.channel).accept(posted, connection)
    except Unverified:
        return []
