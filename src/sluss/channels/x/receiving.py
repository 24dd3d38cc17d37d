"""Receiving from X. In: one account. Out: whatever X did not post by itself, found by asking; and how it goes, in sentences.

Positions move only after what was found is durable. Where the day's money is spent, nothing is asked until the next one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec

from sluss.channels.contract import Connection, Refused, Surroundings, Unreachable
from sluss.channels.costs import cap_of, next_day
from sluss.channels.said import a_text, whole
from sluss.channels.x.api import XApi
from sluss.channels.x.asking import Page, read_messages, read_posts
from sluss.channels.x.prices import EVENTS, PRICES, Meter
from sluss.channels.x.settings import settings_of
from sluss.channels.x.subscribing import can_subscribe, subscribe
from sluss.kernel.clock import DAY, SECOND
from sluss.kernel.words import say

KINDS = {"mentions": "own read", "tweets": "own read", "messages": "direct message read"}
"""What is asked for, and the price of each found."""
CAPPED = say("The most to spend a day is reached, so Sluss asks X nothing more until midnight UTC. What X posts by itself still comes in.")
SILENT = say(
    "X has posted nothing for three days, while asking found news. Test the inbox, and look at its address in X's developer console."
)
NO_HOOK = say("Sluss asks X by itself, once a minute. For news at once, enter API key secret and bearer token.")


class Waits(msgspec.Struct, kw_only=True):
    """How long to rest, in seconds: between two questions without and with X posting here, and between two looks at what X posts to."""

    alone: float = 60.0
    beside: float = 600.0
    subscriptions: float = 6 * 3600.0
    first_failure: float = 5.0
    longest_failure: float = 600.0


class Bills:
    """What is to be counted for an inbox, noted from anywhere, taken along by whoever listens."""

    def __init__(self) -> None:
        self._meter = Meter()
        self._open: dict[int, Counter[str]] = {}

    def read(self, inbox_id: int, what: str, ids: Sequence[str], now: int) -> None:
        """Resources that were read; each counts once a day."""
        fresh = self._meter.fresh((f"{inbox_id}:{what}:{one}" for one in ids), now)
        self._of(inbox_id)[what] += fresh

    def event(self, inbox_id: int, kind: str) -> None:
        """Something that X posted here."""
        if kind in EVENTS:
            self._of(inbox_id)[kind] += 1

    def take(self, inbox_id: int) -> dict[str, int]:
        """What was noted since the last time."""
        return {what: times for what, times in self._open.pop(inbox_id, Counter()).items() if times}

    def _of(self, inbox_id: int) -> Counter[str]:
        return self._open.setdefault(inbox_id, Counter())


class Receiving:
    """One account's listening."""

    def __init__(self, api: XApi, connection: Connection, around: Surroundings, bills: Bills, waits: Waits) -> None:
        self._api, self._connection, self._around, self._bills, self._waits = api, connection, around, bills, waits
        self._subscribed_at = -DAY
        self._trouble = ""

    async def run(self) -> None:
        """Ask until cancelled, with growing rests while it fails."""
        wait = self._waits.first_failure
        while True:
            try:
                rest = await self._round()
                wait = self._waits.first_failure
            except Refused as error:
                await self._around.progress("failing", error.reason)
                rest = max(error.wait / SECOND, wait)
                wait = min(wait * 2, self._waits.longest_failure)
            except (Unreachable, msgspec.ValidationError) as error:
                reason = (
                    error.reason if isinstance(error, Unreachable) else say("The settings of this inbox are incomplete; save them again.")
                )
                await self._around.progress("failing", reason)
                rest, wait = wait, min(wait * 2, self._waits.longest_failure)
            await asyncio.sleep(rest)

    async def _round(self) -> float:
        """Ask once. Returns for how many seconds to rest."""
        settings, now = settings_of(self._connection), self._around.now()
        if await self._count() >= (cap_of(self._connection.settings) or 1 << 62):
            await self._around.progress("ok", CAPPED)
            return min((next_day(now) - now) / SECOND, self._waits.beside)
        posts_here = await self._subscribed(now)
        found = [await self._read(what, now) for what in KINDS]
        await self._count()
        fresh, known = (sum(one) for one in zip(*found, strict=True))
        silent = posts_here and await self._is_silent(fresh, known, now)
        await self._around.progress("ok", SILENT if silent else self._trouble)
        return settings.poll_seconds or (self._waits.beside if posts_here else self._waits.alone)

    async def _subscribed(self, now: int) -> bool:
        """Whether X posts here; looked after a few times a day. That it cannot be entered does not keep us from asking."""
        if not can_subscribe(self._connection):
            self._trouble = NO_HOOK if self._connection.hook else ""
            return False
        if now - self._subscribed_at >= self._waits.subscriptions * SECOND:
            try:
                await subscribe(self._api, self._connection)
            except Refused as error:
                self._trouble = say("X does not post here: %(reason)s", reason=error.reason)
                return False
            self._subscribed_at, self._trouble = now, ""
        return not self._trouble

    async def _read(self, what: str, now: int) -> tuple[int, int]:
        """Bring in what is new of one kind. Returns how much X had not posted by itself, and how much it had."""
        since = a_text((await self._around.cursors.get(what) or {}).get("since"))
        page = await self._page(what, since, now)
        self._bills.read(self._connection.inbox_id, KINDS[what], page.ids, now)
        known = await self._around.intake.known(self._connection, [one.mark for one in page.delivered])
        fresh = [one for one in page.delivered if one.mark not in known]
        if fresh:
            await self._around.intake.receive(self._connection, fresh)
        if page.newest and page.newest != since:
            await self._around.cursors.put(what, {"since": page.newest})
        return len(fresh), len(known)

    async def _page(self, what: str, since: str, now: int) -> Page:
        if what == "messages":
            return await read_messages(self._api, self._connection, since, now)
        return await read_posts(self._api, self._connection, what, since, now)

    async def _is_silent(self, fresh: int, known: int, now: int) -> bool:
        """X says that it posts here, and for days only asking has found anything."""
        since = whole((await self._around.cursors.get("silence") or {}).get("since"))
        begins = bool(fresh and not known and not since)
        if begins or (known and since):
            await self._around.cursors.put("silence", {"since": now if begins else 0})
        return bool(since) and not known and now - since > 3 * DAY

    async def _count(self) -> int:
        """Write down what was spent. Returns what the day has cost."""
        total = 0
        for what, times in self._bills.take(self._connection.inbox_id).items():
            total = await self._around.spend(what, times, times * (PRICES.get(what) or EVENTS[what]))
        return total or await self._around.spend("", 0, 0)
