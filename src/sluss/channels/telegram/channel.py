"""The adapter that the rest of Sluss sees: Telegram as a channel of the contract, private chats on one side and groups on the other."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

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
from sluss.channels.telegram.bot import Bots
from sluss.channels.telegram.fetching import fetch_wanted
from sluss.channels.telegram.receiving import Receiver, Waits, deliver
from sluss.channels.telegram.sending import FILE, TEXT, do_deed, send_message
from sluss.channels.telegram.trial import try_bot
from sluss.channels.telegram.understanding import understand_update
from sluss.kernel.words import say

HEADER = "x-telegram-bot-api-secret-token"
SHORTEST_SECRET = 16


class TelegramChannel:
    """A bot. `waits` are how long it waits for what; with `allow_private` the interface may be a double."""

    name = "telegram"
    capabilities = Capabilities(
        icon="telegram",
        label="Telegram",
        visibility="private",
        can_attach=True,
        max_length=TEXT,
        max_file_bytes=FILE,
        counts="utf16",
        splits=True,
        max_files=1,
        files_alone=True,
        deeds=frozenset({"edit", "delete", "react"}),
        hook_status=200,
    )
    public_capabilities = msgspec.structs.replace(
        capabilities,
        visibility="public",
        undo_seconds=10,
        deeds=frozenset({"edit", "delete", "react", "block", "unblock"}),
    )

    def __init__(self, *, allow_private: bool = False, waits: Waits | None = None) -> None:
        self._bots = Bots(allow_private=allow_private)
        self._waits = waits or Waits()

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return understand_update(delivered, connection)

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        """Telegram does not sign: whoever knows the word that only it was told may post."""
        secret = connection.secrets.get("hook_secret", "")
        if len(secret) < SHORTEST_SECRET:
            raise Unverified(say("This bot has no secret for its webhook."))
        if not hmac.compare_digest(posted.headers.get(HEADER, "").encode("utf-8", "replace"), secret.encode()):
            raise Unverified(say("The post does not bear the secret that Telegram was told."))
        try:
            update: Any = msgspec.json.decode(posted.body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            update = posted.body.decode("latin-1")
        return [deliver(update, posted.received_at, posted.body)]

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        await Receiver(self._bots, connection, around, self._waits).run()

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        return await send_message(self._bots, connection, outbound, hand_over)

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        """A bot cannot ask what it has said."""
        return None

    async def perform(self, connection: Connection, deed: Deed, hand_over: Callable[[], Awaitable[None]]) -> str:
        return await do_deed(self._bots, connection, deed, hand_over)

    async def fetch(self, connection: Connection, wanted: Wanted) -> Fetched:
        return await fetch_wanted(self._bots, connection, wanted)

    async def test(self, connection: Connection) -> list[Check]:
        return await try_bot(self._bots, connection)

    async def close(self) -> None:
        """Ends kept connections."""
        await self._bots.aclose()
