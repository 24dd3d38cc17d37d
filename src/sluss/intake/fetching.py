"""Asking networks for what their deliveries only named: files, people, texts. In: rows that wait. Out: files, names, deliveries.

One process does it, under a lease, a few at once, at the moment they are due. What cannot be had within an hour is `gone`, and the reason
stands under the message.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Channel, Connection, Delivered, Refused, Unreachable
from sluss.channels.fetching import Fetched, Fetching
from sluss.channels.happenings import Wanted
from sluss.channels.models import inboxes
from sluss.intake.fetched import Got, keep_fetched
from sluss.intake.models import fetches
from sluss.intake.wants import TOPIC
from sluss.kernel.actors import system
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.db import Database
from sluss.kernel.errors import Missing
from sluss.kernel.files import DiskFull, FileStore, StoreFailed, digest_of
from sluss.kernel.leases import Lease, require
from sluss.kernel.log import get_log
from sluss.kernel.sealing import SealError
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

log = get_log("fetching")

AT_ONCE = 16
OF_ONE = 4
LOOKED_AT = 100
PAUSE = 1.0
SECONDS = 60.0
WAITS = (5 * SECOND, MINUTE, 4 * MINUTE, 15 * MINUTE, 35 * MINUTE)
"""After each failure but the last."""
REASON = 300

Receive = Callable[[Connection, list[Delivered]], Awaitable[None]]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to ask for."""

    workspace_id: int
    id: int
    inbox_id: int
    channel: str
    wanted: Wanted
    tries: int


class Fetcher:
    """Fetches for one process. `largest` is the size beyond which nothing is kept."""

    def __init__(
        self,
        db: Database,
        files: FileStore,
        channel: Callable[[str], Channel],
        connection: Callable[[int, int], Awaitable[Connection]],
        receive: Receive,
        *,
        largest: int,
    ) -> None:
        self._db, self._files, self._channel, self._connection, self._receive = db, files, channel, connection, receive
        self._largest = largest
        self._running: dict[int, asyncio.Task[None]] = {}
        self._asked: Counter[int] = Counter()

    async def run(self, signals: Signals, lease: Lease) -> None:
        """Fetch whatever is due, until cancelled or the lease is lost."""
        try:
            async for _ in signals.rounds(TOPIC, PAUSE):
                await self.fetch_due(lease)
        finally:
            for task in self._running.values():
                task.cancel()

    async def fetch_due(self, lease: Lease) -> int:
        """Begin to ask for what is due, few things of each inbox at once. Returns how many were begun."""
        due = await self._db.read(next_due, list(self._running))
        begun = 0
        for one in due:
            if self._asked[one.inbox_id] < OF_ONE and len(self._running) < AT_ONCE:
                self._asked[one.inbox_id] += 1
                self._running[one.id] = asyncio.create_task(self._settle(one, lease))
                begun += 1
        return begun

    async def idle(self, lease: Lease) -> None:
        """Fetch until nothing is due or under way."""
        while await self.fetch_due(lease) or self._running:
            await asyncio.gather(*self._running.values())

    async def _settle(self, one: Due, lease: Lease) -> None:
        try:
            got = await self._fetch(one)
            await self._db.write_grouped(settle_fetch, lease, one, got)
        except Exception:
            log.exception("fetch_unsettled", fetch=one.id)
        finally:
            self._asked[one.inbox_id] -= 1
            self._running.pop(one.id, None)

    async def _fetch(self, one: Due) -> Got:
        try:
            return await self._ask(one)
        except Refused as error:
            return Got(trouble=error.reason, again=not error.permanent and not error.reconnect, wait=error.wait)
        except Unreachable as error:
            return Got(trouble=error.reason, again=True)
        except (DiskFull, StoreFailed, TimeoutError) as error:
            return Got(trouble=str(error) or say("The network did not answer in time."), again=True)
        except (Missing, SealError):
            return Got(trouble=say("The inbox could not be opened."), again=True)
        except Exception as error:
            log.exception("fetch_failed", fetch=one.id)
            return Got(trouble=say("Sluss failed while fetching this: %(error)s", error=repr(error))[:REASON], again=True)

    async def _ask(self, one: Due) -> Got:
        channel = self._channel(one.channel)
        if not isinstance(channel, Fetching):
            return Got(trouble=say("This network offers nothing to be fetched."))
        if one.wanted.size > self._largest:
            return Got(trouble=self._too_large())
        connection = await self._connection(one.workspace_id, one.inbox_id)
        async with asyncio.timeout(SECONDS):
            found = await channel.fetch(connection, one.wanted)
        if len(found.data) > self._largest:
            return Got(trouble=self._too_large())
        if found.delivered:
            await self._receive(connection, list(found.delivered))
        return await self._kept(found)

    async def _kept(self, found: Fetched) -> Got:
        """The file lies in the store before a row names it."""
        if not found.data:
            return Got(found=found)
        await asyncio.to_thread(self._files.put_many, [found.data])
        bare = msgspec.structs.replace(found, data=b"")
        return Got(found=bare, digest=digest_of(found.data), size=len(found.data))

    def _too_large(self) -> str:
        return say("The file is larger than the %(most)s MB that are kept.", most=self._largest // 1_000_000)


def next_due(tx: Tx, running: Sequence[int]) -> list[Due]:
    """What is to be asked for now beside what is `running`, of inboxes that are connected; the oldest first."""
    f, i = fetches.c, inboxes.c
    joined = fetches.join(inboxes, (i.workspace_id == f.workspace_id) & (i.id == f.inbox_id))
    wanted = sa.select(fetches, i.channel).select_from(joined).where(f.state == "waiting", f.due_at <= tx.now, i.enabled)
    return [_due(row) for row in tx.rows(wanted.where(f.id.not_in(running)).order_by(f.due_at, f.id).limit(LOOKED_AT))]


def settle_fetch(tx: Tx, lease: Lease, one: Due, got: Got) -> None:
    """Write down how it went, and hang what was found where it belongs."""
    require(tx, lease)
    f, who = fetches.c, system(one.workspace_id)
    this = (f.workspace_id == one.workspace_id) & (f.id == one.id)
    row = tx.row(sa.select(fetches).where(this, f.state == "waiting"))
    if row is not None:
        after = _after(tx, row, got)
        keep_fetched(tx, who, row, got if after.get("state") != "gone" else msgspec.structs.replace(got, again=False))
        tx.run(sa.update(fetches).where(this).values(tries=row.tries + 1, **after))


def _after(tx: Tx, row: sa.Row[Any], got: Got) -> dict[str, Any]:
    if not got.trouble:
        return {"state": "done", "reason": ""}
    if got.again and row.tries < len(WAITS):
        return {"due_at": tx.now + max(WAITS[int(row.tries)], got.wait), "reason": got.trouble[:REASON]}
    return {"state": "gone", "reason": got.trouble[:REASON]}


def _due(row: sa.Row[Any]) -> Due:
    wanted = Wanted(kind=row.kind, key=row.key, ref=row.ref, name=row.name, media_type=row.media_type, size=row.size, alt=row.alt)
    return Due(workspace_id=row.workspace_id, id=row.id, inbox_id=row.inbox_id, channel=row.channel, wanted=wanted, tries=row.tries)
