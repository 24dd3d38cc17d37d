"""Sign-ins on their way: the password was right, the second factor has not come yet.

In: whoever got that far. Out: a row that lives for ten minutes and takes five tries, known by a token of its own; never a session.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.kernel.clock import MINUTE
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.people.models import agents, pending_sign_ins

LASTS = 10 * MINUTE
TRIES = 5


class Pending(msgspec.Struct, frozen=True):
    """Who waits at the second step, how they got there (`password`, `oidc`), and where they want to go."""

    credential_id: int
    workspace_id: int
    agent_id: int
    name: str
    how: str
    onward: str
    tries: int


class Waiting(msgspec.Struct, frozen=True):
    """Whom a new pending sign-in is for, and how they came."""

    credential_id: int
    workspace_id: int
    agent_id: int
    how: str
    onward: str


def begin_pending(tx: Tx, who_waits: Waiting) -> str:
    """Somebody has to give their factor now. Returns the token, which exists nowhere else."""
    token = new_secret()
    row = msgspec.structs.asdict(who_waits) | {"token_hash": hash_of(token), "tries": 0, "expires_at": tx.now + LASTS}
    tx.run(sa.insert(pending_sign_ins), row)
    return token


def find_pending(tx: Tx, token: str) -> Pending | None:
    """The pending sign-in of a token, while it is good and its agent may still come in."""
    p, a = pending_sign_ins.c, agents.c
    mine = (a.workspace_id == p.workspace_id) & (a.id == p.agent_id)
    columns = (p.credential_id, p.workspace_id, p.agent_id, a.name, p.how, p.onward, p.tries)
    good = (p.token_hash == hash_of(token)) & (p.expires_at > tx.now) & (p.tries < TRIES) & a.disabled_at.is_(None)
    row = tx.row(sa.select(*columns).select_from(pending_sign_ins.join(agents, mine)).where(good))
    return Pending(*row) if row is not None else None


def take_try(tx: Tx, token: str) -> bool:
    """Use up one of the tries, before anything is looked at. False when there is none left."""
    p = pending_sign_ins.c
    mine = (p.token_hash == hash_of(token)) & (p.tries < TRIES)
    return bool(tx.run(sa.update(pending_sign_ins).where(mine).values(tries=p.tries + 1)).rowcount)


def renew_pending(tx: Tx, token: str) -> str:
    """After a wrong try the browser goes on with another token; it has as much time as before."""
    fresh = new_secret()
    tx.run(sa.update(pending_sign_ins).where(pending_sign_ins.c.token_hash == hash_of(token)).values(token_hash=hash_of(fresh)))
    return fresh


def finish_pending(tx: Tx, token: str) -> bool:
    """Use the pending sign-in up. False when somebody else was first."""
    return bool(tx.run(sa.delete(pending_sign_ins).where(pending_sign_ins.c.token_hash == hash_of(token))).rowcount)


def end_pending(tx: Tx, credential_id: int) -> None:
    """Whoever has come so far with this credential begins again."""
    tx.run(sa.delete(pending_sign_ins).where(pending_sign_ins.c.credential_id == credential_id))


def forget_old_pending(tx: Tx) -> int:
    """Remove what nobody finished. Returns how many."""
    return tx.run(sa.delete(pending_sign_ins).where(pending_sign_ins.c.expires_at < tx.now)).rowcount
