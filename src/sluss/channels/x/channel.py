"""The adapter that the rest of Sluss sees: an account at X as a channel of the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from sluss.channels.contract import (
    Capabilities,
    Check,
    Connection,
    Delivered,
    Outbound,
    Posted,
    Sent,
    Surroundings,
    Understood,
)
from sluss.channels.deeds import Deed
from sluss.channels.fetching import Fetched
from sluss.channels.happenings import Wanted
from sluss.channels.publishing import Publication, as_outbound
from sluss.channels.x import hooks
from sluss.channels.x.acts import PRIVATE, PUBLIC, perform
from sluss.channels.x.api import XApi
from sluss.channels.x.asking import LARGEST, fetch
from sluss.channels.x.prices import PRICES
from sluss.channels.x.receiving import Bills, Receiving, Waits
from sluss.channels.x.sending import Sending
from sluss.channels.x.settings import mine_of
from sluss.channels.x.trial import try_x
from sluss.channels.x.understanding import understand_x
from sluss.kernel.clock import system_clock

_BOTH = Capabilities(
    icon="x-network",
    label="X",
    visibility="public",
    can_attach=True,
    can_look_up=True,
    max_length=280,
    max_file_bytes=LARGEST,
    undo_seconds=10,
    deeds=PUBLIC,
    can_reply_privately=True,
    counts="x",
    splits=True,
    max_files=4,
    has_alt=True,
    hook_status=200,
    link_micros=PRICES["post with a link"],
)


class XChannel:
    """Mentions, replies and quotes in public; direct messages in private. `waits` are shortened by tests."""

    name = "x"
    public_capabilities = _BOTH
    capabilities = msgspec.structs.replace(
        _BOTH,
        visibility="private",
        max_length=10_000,
        undo_seconds=0,
        deeds=PRIVATE,
        can_reply_privately=False,
        counts="characters",
        max_files=1,
        link_micros=0,
    )

    def __init__(self, *, allow_private: bool = False, now: Callable[[], int] = system_clock) -> None:
        self.waits, self._bills, self._now = Waits(), Bills(), now
        self._api = XApi(allow_private=allow_private, now=now)
        self._sending = Sending(self._api)

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return understand_x(delivered, mine_of(connection))

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        """What X posts, one delivery for each event of this account; others of the app take their own part."""
        delivered = hooks.accept(posted, connection)
        for one in delivered:
            self._bills.event(connection.inbox_id, hooks.kind_of(one))
        return delivered

    def greet(self, query: Mapping[str, str], connection: Connection) -> str:
        return hooks.greet(query, connection)

    def accounts(self, posted: Posted) -> set[str]:
        return hooks.accounts(posted)

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        """Make sure that X posts, and ask by ourselves as well."""
        await Receiving(self._api, connection, around, self._bills, self.waits).run()

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        return await self._sending.send(connection, outbound, hand_over)

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        return await self._sending.look_up(connection, external_id)

    async def publish(self, connection: Connection, publication: Publication, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        return await self._sending.send(connection, as_outbound(connection, publication), hand_over)

    async def find_published(self, connection: Connection, publication: Publication) -> Sent | None:
        return await self._sending.find_post(connection, publication.text, publication.follows, publication.begun_at)

    async def perform(self, connection: Connection, deed: Deed, hand_over: Callable[[], Awaitable[None]]) -> str:
        return await perform(self._api, connection, deed, hand_over)

    async def fetch(self, connection: Connection, wanted: Wanted) -> Fetched:
        def note(what: str, ids: Sequence[str]) -> None:
            self._bills.read(connection.inbox_id, what, ids, self._now())

        return await fetch(self._api, connection, wanted, note)

    async def test(self, connection: Connection) -> list[Check]:
        return await try_x(self._api, connection)

    async def close(self) -> None:
        """Ends kept connections."""
        await self._api.aclose()
