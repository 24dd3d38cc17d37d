"""One-time links: what somebody may do who holds an address.

In: a purpose and whom it is for. Out: a token, stored as its hash, good once and for a while.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import sqlalchemy as sa

from sluss.kernel.clock import HOUR, MINUTE
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.people.models import one_time_links

Purpose = Literal["setup", "password"]
LASTS: dict[Purpose, int] = {"setup": 15 * MINUTE, "password": 72 * HOUR}


class Link(msgspec.Struct, frozen=True):
    """A link that is good now. `workspace_id` and `agent_id` are 0 while it is for nobody yet."""

    token_hash: bytes
    workspace_id: int
    agent_id: int


def new_link(tx: Tx, purpose: Purpose, workspace_id: int = 0, agent_id: int = 0) -> str:
    """A fresh token; an older link for the same purpose and person is good no longer."""
    withdraw_links(tx, purpose, agent_id)
    token = new_secret()
    row = {"token_hash": hash_of(token), "purpose": purpose, "workspace_id": workspace_id or None, "agent_id": agent_id or None}
    tx.run(sa.insert(one_time_links), row | {"expires_at": tx.now + LASTS[purpose], "used_at": None})
    return token


def find_link(tx: Tx, purpose: Purpose, token: str) -> Link | None:
    """The link that a token opens, if it is good."""
    c = one_time_links.c
    good = (c.token_hash == hash_of(token)) & (c.purpose == purpose) & c.used_at.is_(None) & (c.expires_at > tx.now)
    row = tx.row(sa.select(c.token_hash, c.workspace_id, c.agent_id).where(good))
    return Link(row.token_hash, row.workspace_id or 0, row.agent_id or 0) if row is not None else None


def use_link(tx: Tx, purpose: Purpose, token: str) -> Link | None:
    """Use a link up. None when it is not good, or somebody else was first."""
    link = find_link(tx, purpose, token)
    c = one_time_links.c
    if (
        link is None
        or not tx.run(sa.update(one_time_links).where(c.token_hash == link.token_hash, c.used_at.is_(None)).values(used_at=tx.now)).rowcount
    ):
        return None
    return link


def give_link(tx: Tx, link: Link, workspace_id: int, agent_id: int) -> None:
    """From now on the link is for this agent."""
    mine = one_time_links.c.token_hash == link.token_hash
    tx.run(sa.update(one_time_links).where(mine).values(workspace_id=workspace_id, agent_id=agent_id))


def withdraw_links(tx: Tx, purpose: Purpose, agent_id: int) -> None:
    """Make an agent's links for a purpose good no longer (all of a purpose where they are for nobody in particular)."""
    c = one_time_links.c
    mine = (c.purpose == purpose) & c.used_at.is_(None) & (c.agent_id == agent_id if purpose == "password" else sa.true())
    tx.run(sa.update(one_time_links).where(mine).values(used_at=tx.now))


def forget_old_links(tx: Tx) -> int:
    """Remove links that ended more than three days ago. Returns how many."""
    return tx.run(sa.delete(one_time_links).where(one_time_links.c.expires_at < tx.now - 72 * HOUR)).rowcount
