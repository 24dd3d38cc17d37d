"""Which chat a key belongs to. In: a key from an address. Out: a `Chat`, at most two seconds old; an unknown key is `Missing`."""

from __future__ import annotations

import time

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Connection
from sluss.channels.hours import Hours
from sluss.channels.models import inbox_addresses, inboxes
from sluss.channels.webchat.settings import ChatSettings, is_chat_key, settings_of
from sluss.kernel.actors import Actor, system
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import brands
from sluss.visitor.limits import Limits
from sluss.web.edge import Edge

REMEMBERED = 2.0
KEYS = 5_000
PAUSED = say("This chat is closed for the moment. Please come back later.")


class Place(msgspec.Struct, frozen=True):
    """Where a key leads."""

    workspace_id: int
    inbox_id: int
    brand: str
    enabled: bool


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """An inbox as its visitors' requests need it."""

    workspace_id: int
    inbox_id: int
    key: str
    brand: str
    settings: ChatSettings
    connection: Connection

    @property
    def who(self) -> Actor:
        """Sluss itself, in the chat's workspace: a visitor has no rights of their own, each question names what is theirs."""
        return system(self.workspace_id)

    @property
    def hours(self) -> Hours:
        """When it is open."""
        return Hours(days=self.settings.hours, closed_days=self.settings.closed_days, zone=self.settings.zone)


class Chats:
    """The chats that this process was asked for lately."""

    def __init__(self, edge: Edge, limits: Limits) -> None:
        self._edge, self._limits = edge, limits
        self._places: dict[str, tuple[float, Place | None]] = {}
        self._chats: dict[str, tuple[float, Chat]] = {}

    async def find(self, key: str, network: str) -> Chat:
        """The chat of a key. Raises `Missing`, with a sentence of its own where the chat is paused.

        A key that this process does not know costs its network a look into the database, of which it has only so many.
        """
        if not is_chat_key(key):
            raise Missing
        now = time.monotonic()
        known = self._chats.get(key)
        if known is not None and now - known[0] < REMEMBERED:
            return known[1]
        place = await self._place(key, network, now)
        if place is None:
            raise Missing
        if not place.enabled:
            raise Missing(PAUSED)
        connection: Connection = await self._edge.connection(place.workspace_id, place.inbox_id)
        chat = _chat(key, place, connection)
        self._chats[key] = (now, chat)
        return chat

    async def _place(self, key: str, network: str, now: float) -> Place | None:
        known = self._places.get(key)
        if known is not None and now - known[0] < REMEMBERED:
            return known[1]
        if known is None or known[1] is None:
            self._limits.strangers.take(network)
        if len(self._places) >= KEYS:
            self._places.clear()
            self._chats.clear()
        place = await self._edge.db.read(_place_of, key)
        self._places[key] = (now, place)
        if place is not None and known is None:
            self._limits.strangers.give_back(network)
        return place


def _chat(key: str, place: Place, connection: Connection) -> Chat:
    return Chat(
        workspace_id=place.workspace_id,
        inbox_id=place.inbox_id,
        key=key,
        brand=place.brand,
        settings=settings_of(connection),
        connection=connection,
    )


def _place_of(tx: Tx, key: str) -> Place | None:
    """Over all workspaces: a key leads to one inbox of the installation."""
    a, i, b = inbox_addresses.c, inboxes.c, brands.c
    joined = inbox_addresses.join(inboxes, (i.workspace_id == a.workspace_id) & (i.id == a.inbox_id))
    joined = joined.join(brands, (b.workspace_id == i.workspace_id) & (b.id == i.brand_id))
    row = tx.row(sa.select(i.workspace_id, i.id, b.name, i.enabled).select_from(joined).where(a.address == key, i.archived_at.is_(None)))
    return None if row is None else Place(row.workspace_id, row.id, row.name, row.enabled)
