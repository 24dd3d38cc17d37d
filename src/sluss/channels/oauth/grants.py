"""What a provider gave for an inbox. In: tokens. Out: a sealed row that is exchanged whole, so that a renewed token is never lost.

`turn` counts the exchanges: whoever renewed writes only over the tokens that were renewed from.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.channels.events import InboxAccessGiven, InboxAccessLost
from sluss.channels.oauth.exchange import Tokens
from sluss.channels.oauth.models import grants
from sluss.channels.progress import record_progress
from sluss.channels.reconnecting import note_connected
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import SECOND
from sluss.kernel.schema import fields
from sluss.kernel.sealing import Place, Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

REASON = 500
NOT_CONNECTED = say("This mailbox is not connected yet. Open the inbox and connect it with %(provider)s.")
LOST = say("This mailbox needs to be connected again: %(provider)s no longer accepts the permission that was given.")
CHANGED = say("This mailbox needs to be connected again, because the application at %(provider)s is another one now.")
UNTAKEN = say("This mailbox needs to be connected again: the mail server of %(provider)s does not take fresh tokens either.")


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """An inbox's access as the screens see it. `reason` is a sentence when it is lost; instants in microseconds UTC."""

    inbox_id: int
    provider: str
    client_id: str
    account: str
    expires_at: int
    turn: int
    state: Literal["good", "lost"]
    reason: str
    connected_at: int


class OpenGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A grant with its tokens. Never logged."""

    grant: Grant
    access: str
    renewal: str

    def __repr__(self) -> str:
        return f"OpenGrant({self.grant.inbox_id})"


class NewGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What a consent brought."""

    provider: str
    client_id: str
    account: str
    tokens: Tokens


def keep_grant(tx: Tx, who: Actor, sealer: Sealer, inbox_id: int, new: NewGrant) -> None:
    """Store what a consent brought, in place of what there was."""
    turn = tx.value(sa.select(grants.c.turn).where(_mine(who, inbox_id))) or 0
    forget_grant(tx, who, inbox_id)
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "inbox_id": inbox_id, "provider": new.provider, "client_id": new.client_id}
    row |= {"account": new.account, "connected_at": tx.now, "turn": turn + 1, "state": "good", "reason": ""}
    tx.run(sa.insert(grants), row | _tokens(tx, sealer, _place(who, inbox_id), new.tokens))
    note_connected(tx, who, inbox_id)
    tx.emit(who, InboxAccessGiven(inbox_id=inbox_id))
    note_deed(tx, who, "inbox.connect", ("inbox", inbox_id), address=new.account)


def renew_grant(tx: Tx, who: Actor, sealer: Sealer, place: tuple[int, int], tokens: Tokens) -> bool:
    """Exchange the tokens of `(inbox_id, turn)`. False when others have come in between: then theirs are newer.

    Tokens that were given heal a grant that was taken for lost meanwhile.
    """
    inbox_id, turn = place
    values = _tokens(tx, sealer, _place(who, inbox_id), tokens)
    this = _mine(who, inbox_id) & (grants.c.turn == turn)
    return bool(tx.run(sa.update(grants).where(this).values(**values, turn=turn + 1, state="good", reason="")).rowcount)


def lose_grant(tx: Tx, who: Actor, place: tuple[int, int], reason: str) -> None:
    """Note that `(inbox_id, turn)` is good no longer; a person has to connect the inbox again."""
    inbox_id, turn = place
    this = _mine(who, inbox_id) & (grants.c.turn == turn) & (grants.c.state == "good")
    if not tx.run(sa.update(grants).where(this).values(state="lost", reason=reason[:REASON])).rowcount:
        return
    record_progress(tx, who, inbox_id, "failing", reason)
    tx.emit(who, InboxAccessLost(inbox_id=inbox_id, reason=reason[:REASON]))
    note_deed(tx, who, "inbox.access_lost", ("inbox", inbox_id))


def forget_grant(tx: Tx, who: Actor, inbox_id: int) -> None:
    """Throw the tokens away."""
    tx.run(sa.delete(grants).where(_mine(who, inbox_id)))


def open_grant(tx: Tx, who: Actor, sealer: Sealer, inbox_id: int) -> OpenGrant | None:
    """An inbox's grant with its tokens. Raises `SealError` when they do not open."""
    row = tx.row(sa.select(*fields(Grant, grants), grants.c.sealed).where(_mine(who, inbox_id)))
    if row is None:
        return None
    held = msgspec.json.decode(sealer.unseal(row.sealed, _place(who, inbox_id)), type=dict[str, str])
    return OpenGrant(grant=_grant(row), access=held["access"], renewal=held["renewal"])


def list_grants(tx: Tx, who: Actor) -> dict[int, Grant]:
    """Every grant of the workspace, by inbox."""
    rows = tx.rows(sa.select(*fields(Grant, grants)).where(grants.c.workspace_id == who.workspace_id))
    return {row.inbox_id: _grant(row) for row in rows}


def _grant(row: sa.Row[Any]) -> Grant:
    return Grant(**{name: getattr(row, name) for name in Grant.__struct_fields__})


def _tokens(tx: Tx, sealer: Sealer, place: Place, tokens: Tokens) -> dict[str, Any]:
    held = {"access": tokens.access, "renewal": tokens.renewal}
    return {"sealed": sealer.seal(msgspec.json.encode(held), place), "expires_at": tx.now + tokens.expires_in * SECOND}


def _mine(who: Actor, inbox_id: int) -> sa.ColumnElement[bool]:
    return (grants.c.workspace_id == who.workspace_id) & (grants.c.inbox_id == inbox_id)


def _place(who: Actor, inbox_id: int) -> Place:
    return ("grant", who.workspace_id, inbox_id)
