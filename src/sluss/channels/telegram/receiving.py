"""Receiving for a bot. In: a connection and what its host gives. Out: updates for intake, and how it goes, for the inbox's page.

Where Telegram can post, it posts; it keeps what it could not deliver for a day, and when posting has failed for a while that is asked for.
Where it cannot, we ask all the time: one request stands open until something happens. Only one program can do that for a bot.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any, cast

import msgspec

from sluss.channels.contract import Connection, Delivered, Refused, Surroundings, Unreachable
from sluss.channels.telegram.bot import Bots
from sluss.channels.telegram.updates import ALLOWED, object_of
from sluss.kernel.clock import DAY, MINUTE, SECOND
from sluss.kernel.text import clean_line
from sluss.kernel.words import say

BATCH = 100
FORGOTTEN = 6 * DAY
"""After a silence this long the numbers of updates may begin anew, so the last one is no longer asked from."""
OVERDUE = 15 * MINUTE
MANY = 50
OFFSET = "updates"

TWO_READERS = say(
    "Another program fetches this bot's messages with the same token. Only one can: stop the other, or get Sluss a token of its own."
)


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: for how long one question stands open, between looks at the webhook, after a failure at first and at most."""

    poll: int = 50
    look: float = 300.0
    first: float = 2.0
    longest: float = 120.0


class Receiver:
    """One bot's receiving."""

    def __init__(self, bots: Bots, connection: Connection, around: Surroundings, waits: Waits) -> None:
        self._bots, self._connection, self._around, self._waits = bots, connection, around, waits
        self._wait = waits.first

    async def run(self) -> None:
        """Receive until cancelled."""
        while True:
            try:
                await (self._hooked() if self._posts else self._polled())
            except (Refused, Unreachable) as error:
                sentence = TWO_READERS if isinstance(error, Refused) and error.code == "409" else error.reason
                await self._around.progress("failing", sentence)
                told = error.wait / SECOND if isinstance(error, Refused) else 0
                await asyncio.sleep(max(self._wait, told))
                self._wait = min(self._wait * 2, self._waits.longest)

    @property
    def _posts(self) -> bool:
        connection = self._connection
        return bool(connection.hook and connection.secrets.get("hook_secret")) and connection.settings.get("way") != "poll"

    async def _hooked(self) -> None:
        """Telegram posts; we look now and then whether it does."""
        await self._set_hook()
        while True:
            info = object_of(await self._ask("getWebhookInfo"))
            warning = self._trouble(info)
            if str(info.get("url") or "") != self._connection.hook:
                await self._set_hook()
                warning = say("Another program had taken this bot's messages. Sluss has taken them back; stop the other one.")
            elif warning and _is_overdue(info, self._around.now()):
                await self._drain()
            self._wait = self._waits.first
            await self._around.progress("ok", warning)
            await asyncio.sleep(self._waits.look)

    async def _set_hook(self) -> None:
        secret = self._connection.secrets["hook_secret"]
        await self._ask("setWebhook", url=self._connection.hook, secret_token=secret, allowed_updates=ALLOWED, max_connections=40)

    async def _drain(self) -> None:
        """What could not be posted, asked for; then Telegram posts again."""
        await self._ask("deleteWebhook", drop_pending_updates=False)
        try:
            while await self._take(0):
                pass
        finally:
            await self._set_hook()

    async def _polled(self) -> None:
        await self._ask("deleteWebhook", drop_pending_updates=False)
        while True:
            await self._take(self._waits.poll)
            self._wait = self._waits.first
            await self._around.progress("ok", "")

    async def _take(self, seconds: int) -> int:
        """One question. What came is durable before the next one tells Telegram to forget it."""
        cursor = await self._around.cursors.get(OFFSET) or {}
        fresh = self._around.now() - int(cursor.get("at", 0)) < FORGOTTEN
        offset = int(cursor["offset"]) if cursor.get("offset") and fresh else None
        found = await self._ask("getUpdates", patient=True, offset=offset, limit=BATCH, timeout=seconds, allowed_updates=ALLOWED)
        updates = _listed(found)
        if updates:
            delivered = [deliver(one, self._around.now()) for one in updates]
            await self._around.intake.receive(self._connection, delivered)
            last = max((one["update_id"] for one in updates if _numbered(one)), default=0)
            await self._around.cursors.put(OFFSET, {"offset": last + 1, "at": self._around.now()})
        return len(updates)

    def _trouble(self, info: dict[str, Any]) -> str:
        failed, waiting = info.get("last_error_date"), info.get("pending_update_count")
        if isinstance(waiting, int) and waiting and isinstance(failed, int) and failed * SECOND > self._around.now() - DAY:
            words = clean_line(str(info.get("last_error_message") or ""))[:200]
            return say("Telegram could not post here: %(words)s. %(waiting)s messages wait there.", words=words, waiting=waiting)
        if isinstance(waiting, int) and waiting > MANY:
            return say("%(waiting)s messages wait at Telegram.", waiting=waiting)
        return ""

    async def _ask(self, method: str, *, patient: bool = False, **fields: Any) -> Any:
        return await self._bots.ask(self._connection, method, patient=patient, **fields)


def deliver(update: Any, received_at: int, raw: bytes | None = None) -> Delivered:
    """An update as intake takes it. Its number alone is no key: after a week of silence Telegram may use old ones for other news."""
    alone = msgspec.json.encode(update, order="sorted")
    number = update["update_id"] if _numbered(update) else "?"
    key = f"update:{number}:{hashlib.sha256(alone).hexdigest()[:24]}"
    return Delivered(external_key=key, raw=alone if raw is None else raw, received_at=received_at)


def _listed(found: object) -> list[Any]:
    return cast("list[Any]", found) if isinstance(found, list) else []


def _numbered(update: Any) -> bool:
    return isinstance(object_of(update).get("update_id"), int)


def _is_overdue(info: dict[str, Any], now: int) -> bool:
    """Whether posting fails now and has done so for long enough that asking is better."""
    failed = info.get("last_error_date")
    return isinstance(failed, int) and failed * SECOND > now - OVERDUE
