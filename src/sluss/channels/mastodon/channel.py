"""The adapter that the rest of Sluss sees: an account at a Mastodon server as a channel of the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

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
    Unverified,
)
from sluss.channels.deeds import Deed
from sluss.channels.fetching import Fetched
from sluss.channels.happenings import Wanted
from sluss.channels.mastodon import publishing
from sluss.channels.mastodon.acts import DEEDS, perform
from sluss.channels.mastodon.api import MastodonApi
from sluss.channels.mastodon.asking import fetch
from sluss.channels.mastodon.instance import CHARACTERS, FILES
from sluss.channels.mastodon.receiving import Receiving, Waits
from sluss.channels.mastodon.sending import Sending
from sluss.channels.mastodon.settings import mine_of
from sluss.channels.mastodon.trial import try_mastodon
from sluss.channels.mastodon.understanding import understand_mastodon
from sluss.channels.publishing import Publication, as_outbound
from sluss.kernel.clock import system_clock
from sluss.kernel.words import say

_BOTH = Capabilities(
    icon="mastodon",
    label="Mastodon",
    visibility="public",
    can_attach=True,
    can_look_up=False,
    max_length=CHARACTERS,
    max_file_bytes=16_000_000,
    undo_seconds=10,
    deeds=DEEDS,
    can_reply_privately=True,
    counts="mastodon",
    splits=True,
    max_files=FILES,
    has_alt=True,
    has_spoiler=True,
)


class MastodonChannel:
    """Mentions, answers and quotes in public, posts to mentioned people in private. `waits` are shortened by tests."""

    name = "mastodon"
    public_capabilities = _BOTH
    capabilities = msgspec.structs.replace(_BOTH, visibility="private", undo_seconds=0, can_reply_privately=False)

    def __init__(self, *, allow_private: bool = False, now: Callable[[], int] = system_clock) -> None:
        self.waits, self._api = Waits(), MastodonApi(allow_private=allow_private, now=now)
        self.sending = Sending(self._api)

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return understand_mastodon(delivered, mine_of(connection))

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        raise Unverified(say("A Mastodon server posts nothing here; Sluss reads its stream."))

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        """Read the stream, and ask by ourselves as well."""
        await Receiving(self._api, connection, around, self.waits).run()

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        return await self.sending.send(connection, outbound, hand_over)

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        """Sending once more is the question: under the same key the server answers with the post that it has."""
        return None

    async def publish(self, connection: Connection, publication: Publication, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        return await self.sending.send(connection, as_outbound(connection, publication), hand_over)

    async def find_published(self, connection: Connection, publication: Publication) -> Sent | None:
        return await publishing.find(self._api, connection, publication)

    async def perform(self, connection: Connection, deed: Deed, hand_over: Callable[[], Awaitable[None]]) -> str:
        return await perform(self._api, connection, deed, hand_over)

    async def fetch(self, connection: Connection, wanted: Wanted) -> Fetched:
        return await fetch(self._api, connection, wanted)

    async def test(self, connection: Connection) -> list[Check]:
        return await try_mastodon(self._api, connection)

    async def close(self) -> None:
        """Ends kept connections."""
        await self._api.aclose()
