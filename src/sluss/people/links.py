"""One-time links: what somebody may do who holds an address.

In: a purpose and whom it is for. Out: a token, stored as its hash, good once and for a while.

A link that the installation's own mail server carried (`mailed`) proves the address it went to. One that an administrator was shown proves
nothing, and neither does one that went by a workspace's own mailbox: whoever runs that reads what it carries.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.clock import HOUR, MINUTE
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.people.models import one_time_links

Purpose = Literal["setup", "password", "reset", "invitation", "oidc"]
LASTS: dict[Purpose, int] = {
    "setup": 15 * MINUTE,
    "password": 72 * HOUR,
    "reset": HOUR,
    "invitation": 72 * HOUR,
    "oidc": 10 * MINUTE,
}


class Link(msgspec.Struct, frozen=True):
    """A link that is good now. `workspace_id` and `agent_id` are 0 while it is for nobody yet; `about` is the invitation, if it is one."""

    token_hash: bytes
    workspace_id: int
    agent_id: int
    about: int = 0
    mailed: bool = False


class Whose(msgspec.Struct, frozen=True):
    """Whom a new link is for. `until` ends it sooner than its purpose would; a mailed one `proves` its address or does not."""

    workspace_id: int
    agent_id: int = 0
    about: int = 0
    mailed: bool = False
    proves: bool = True
    until: int | None = None


NOBODY = Whose(0)


def new_link(tx: Tx, purpose: Purpose, whose: Whose = NOBODY) -> str:
    """A fresh token. Unless it is mailed, older ones for the same purpose and person are good no longer.

    A letter whose arrival is not known may have come after all: what stands in it stays good until one of them is used.
    """
    if not whose.mailed:
        withdraw_links(tx, purpose, agent_id=whose.agent_id, about=whose.about)
    token = new_secret()
    ends = tx.now + LASTS[purpose]
    row = {"token_hash": hash_of(token), "purpose": purpose, "workspace_id": whose.workspace_id or None, "used_at": None}
    row |= {"agent_id": whose.agent_id or None, "about": whose.about or None, "mailed": whose.mailed and whose.proves}
    tx.run(sa.insert(one_time_links), row | {"expires_at": min(ends, whose.until) if whose.until is not None else ends})
    return token


def find_link(tx: Tx, purpose: Purpose, token: str) -> Link | None:
    """The link that a token opens, if it is good."""
    c = one_time_links.c
    good = (c.token_hash == hash_of(token)) & (c.purpose == purpose) & c.used_at.is_(None) & (c.expires_at > tx.now)
    row = tx.row(sa.select(c.token_hash, c.workspace_id, c.agent_id, c.about, c.mailed).where(good))
    return Link(row.token_hash, row.workspace_id or 0, row.agent_id or 0, row.about or 0, bool(row.mailed)) if row is not None else None


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


def withdraw_links(tx: Tx, purpose: Purpose, *, agent_id: int = 0, about: int = 0) -> None:
    """Make the links of an agent or an invitation good no longer (all of a purpose where they are for nobody in particular)."""
    c = one_time_links.c
    mine = sa.true() if purpose == "setup" else c.about == about if purpose == "invitation" else c.agent_id == agent_id
    tx.run(sa.update(one_time_links).where(c.purpose == purpose, c.used_at.is_(None), mine).values(used_at=tx.now))


def spend(tx: Tx, purpose: Purpose, secret: str) -> bool:
    """Mark a secret that was never stored as used up. False when it had been used before."""
    row = {"token_hash": hash_of(secret), "purpose": purpose, "used_at": tx.now, "expires_at": tx.now + LASTS[purpose]}
    try:
        with tx.attempt():
            tx.run(sa.insert(one_time_links), row)
    except IntegrityError:
        return False
    return True


def forget_old_links(tx: Tx) -> int:
    """Remove links that ended more than three days ago. Returns how many."""
    return tx.run(sa.delete(one_time_links).where(one_time_links.c.expires_at < tx.now - 72 * HOUR)).rowcount
