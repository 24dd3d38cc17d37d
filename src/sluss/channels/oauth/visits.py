"""Visits to a network to connect accounts there. In: a form and a session. Out: what the person may connect, sealed until it is done.

A visit is good for ten minutes out and ten minutes back, for the session that began it (T38). Whoever comes back uses its state up.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.consenting import Account, Asking
from sluss.channels.oauth.models import visits
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, MINUTE
from sluss.kernel.errors import Conflict, Forbidden
from sluss.kernel.sealing import Place, Sealer
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

LASTS = 10 * MINUTE
LATE = say("This took longer than ten minutes, or was done already. Connect the account again.")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a visit keeps: the form that began it, and later the accounts that it may connect. Never logged."""

    channel: str
    redirect_uri: str
    verifier: str
    inbox_id: int | None = None
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    accounts: tuple[Account, ...] = ()

    def __repr__(self) -> str:
        return f"Held({self.channel})"


class Visit(msgspec.Struct, frozen=True):
    """A visit whose person came back, or chose."""

    id: int
    held: Held


def new_asking(redirect_uri: str) -> tuple[Asking, str]:
    """What a network is asked with, and the verifier that stays here."""
    verifier = new_secret() + new_secret()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return Asking(redirect_uri=redirect_uri, state=new_secret(), challenge=challenge), verifier


def begin_visit(tx: Tx, who: Actor, sealer: Sealer, by: tuple[int, str], held: Held) -> int:
    """Note that a person of the session `by[0]` leaves for a network that will bring back the state `by[1]`."""
    _require_admin(who)
    visit_id = tx.new_id()
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": visit_id, "session_id": by[0], "state_hash": hash_of(by[1])}
    row |= {"sealed": _seal(sealer, who, visit_id, held), "expires_at": tx.now + LASTS, "back_at": None, "done_at": None}
    tx.run(sa.insert(visits), row)
    return visit_id


def end_visit(tx: Tx, who: Actor, sealer: Sealer, session_id: int, state: str) -> Visit | None:
    """The person came back: the state is used up. None when it is too old, used, or of another session."""
    good = (
        _of_session(who, session_id) & (visits.c.state_hash == hash_of(state)) & visits.c.back_at.is_(None) & (visits.c.expires_at > tx.now)
    )
    row = tx.row(sa.select(visits.c.id, visits.c.sealed).where(good))
    if row is None or not tx.run(sa.update(visits).where(good).values(back_at=tx.now, expires_at=tx.now + LASTS)).rowcount:
        return None
    return Visit(row.id, _open(sealer, who, row))


def keep_accounts(tx: Tx, who: Actor, sealer: Sealer, visit: Visit, accounts: tuple[Account, ...]) -> None:
    """Keep what was found until the person has chosen."""
    held = msgspec.structs.replace(visit.held, accounts=accounts)
    this = (visits.c.workspace_id == who.workspace_id) & (visits.c.id == visit.id)
    tx.run(sa.update(visits).where(this).values(sealed=_seal(sealer, who, visit.id, held)))


def open_visit(tx: Tx, who: Actor, sealer: Sealer, session_id: int, visit_id: int) -> Visit:
    """A visit whose accounts wait to be chosen. Raises `Conflict` when there is none, or it is too late."""
    _require_admin(who)
    row = tx.row(sa.select(visits).where(_of_session(who, session_id), visits.c.id == visit_id, visits.c.back_at.is_not(None)))
    if row is None or row.done_at is not None or row.expires_at <= tx.now:
        raise Conflict(LATE)
    return Visit(row.id, _open(sealer, who, row))


def close_visit(tx: Tx, who: Actor, visit_id: int) -> None:
    """Everything is connected: the tokens are forgotten here."""
    this = (visits.c.workspace_id == who.workspace_id) & (visits.c.id == visit_id)
    tx.run(sa.update(visits).where(this).values(done_at=tx.now, sealed=b""))


def forget_old_visits(tx: Tx, who: Actor) -> None:
    """Remove visits that ended more than a day ago, with the tokens they held."""
    tx.run(sa.delete(visits).where(visits.c.workspace_id == who.workspace_id, visits.c.expires_at < tx.now - DAY))


def _require_admin(who: Actor) -> None:
    if who.role != "admin":
        raise Forbidden("Only administrators change inboxes.")


def _of_session(who: Actor, session_id: int) -> sa.ColumnElement[bool]:
    return (visits.c.workspace_id == who.workspace_id) & (visits.c.session_id == session_id)


def _seal(sealer: Sealer, who: Actor, visit_id: int, held: Held) -> bytes:
    return sealer.seal(msgspec.json.encode(held), _place(who, visit_id))


def _open(sealer: Sealer, who: Actor, row: sa.Row[Any]) -> Held:
    return msgspec.json.decode(sealer.unseal(row.sealed, _place(who, row.id)), type=Held)


def _place(who: Actor, visit_id: int) -> Place:
    return ("visit", who.workspace_id, visit_id)
