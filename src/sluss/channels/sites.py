"""Web sites whose pages show the chat of an inbox. In: an origin that asked. Out: rows that say where it is installed, and where not.

One row for each site, written at most once an hour; of the sites that are refused the newest `REFUSED` are kept.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.channels.inboxes import access_inbox
from sluss.channels.models import chat_sites
from sluss.kernel.actors import Actor
from sluss.kernel.clock import HOUR
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx

REFUSED = 20
TOPIC = "sites"


class Site(msgspec.Struct, frozen=True):
    """One site. `path` is the page that asked last; instants in microseconds UTC."""

    origin: str
    path: str
    first_seen_at: int
    last_seen_at: int
    refused: bool


def note_site(tx: Tx, who: Actor, inbox_id: int, site: tuple[str, str], *, refused: bool) -> None:
    """A page asked for the chat; `site` is its origin and path."""
    origin, path = site
    known = tx.row(sa.select(chat_sites.c.last_seen_at, chat_sites.c.refused).where(_one(who, inbox_id, origin)))
    if known is not None:
        if known.refused != refused or known.last_seen_at <= tx.now - HOUR:
            values = {"path": path, "last_seen_at": tx.now, "refused": refused}
            tx.run(sa.update(chat_sites).where(_one(who, inbox_id, origin)).values(**values))
            tx.hint(TOPIC)
        return
    if refused:
        _make_room(tx, who, inbox_id)
    row = {"workspace_id": who.workspace_id, "inbox_id": inbox_id, "origin": origin, "path": path, "refused": refused}
    tx.run(sa.insert(chat_sites), row | {"first_seen_at": tx.now, "last_seen_at": tx.now})
    tx.hint(TOPIC)


def list_sites(tx: Tx, who: Actor, inbox_id: int) -> list[Site]:
    """Every site that is known, the newest first."""
    access_inbox(tx, who, inbox_id)
    newest = (chat_sites.c.last_seen_at.desc(), chat_sites.c.origin)
    return tx.structs(Site, sa.select(*fields(Site, chat_sites)).where(_of(who, inbox_id)).order_by(*newest))


def _make_room(tx: Tx, who: Actor, inbox_id: int) -> None:
    """Whoever makes up origins pushes out their own earlier ones, never a site that is listed."""
    refused = _of(who, inbox_id) & chat_sites.c.refused
    newest = sa.select(chat_sites.c.origin).where(refused).order_by(chat_sites.c.last_seen_at.desc()).offset(REFUSED - 1)
    for row in tx.rows(newest):
        tx.run(sa.delete(chat_sites).where(_one(who, inbox_id, row.origin)))


def _of(who: Actor, inbox_id: int) -> sa.ColumnElement[bool]:
    return (chat_sites.c.workspace_id == who.workspace_id) & (chat_sites.c.inbox_id == inbox_id)


def _one(who: Actor, inbox_id: int, origin: str) -> sa.ColumnElement[bool]:
    return _of(who, inbox_id) & (chat_sites.c.origin == origin)
