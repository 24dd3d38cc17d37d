"""Where adapters live while they receive. In: inboxes as rows. Out: one listening adapter per enabled inbox, and connections on demand.

An inbox is listened for by one process at a time; its adapter starts anew when it crashes or its settings change.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.addressing import fold_address, plain_address
from sluss.channels.contract import Channel, Connection, Intake, Surroundings
from sluss.channels.costs import note_cost, spent_today
from sluss.channels.inboxes import connection_of, inbox_at
from sluss.channels.models import inboxes
from sluss.channels.oauth.access import TokenSource
from sluss.channels.progress import get_cursor, put_cursor, record_progress
from sluss.channels.registry import channel_named
from sluss.channels.templating import Template, keep_templates
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from sluss.kernel.leases import Lease, hold
from sluss.kernel.log import get_log
from sluss.kernel.sealing import Sealer
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

log = get_log("hosting")

PAUSE = 5.0
LEASE_SECONDS = 10
STOP_SECONDS = 4.0
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
REMEMBERED = 10_000


class Hosted(msgspec.Struct, frozen=True):
    """An enabled inbox; another `changed_at` is another way to be run."""

    workspace_id: int
    inbox_id: int
    channel: str
    changed_at: int


def at_home(connection: Connection, home: str) -> Connection:
    """The connection with the addresses by which networks and customers reach Sluss."""
    home = home.rstrip("/")
    hook = f"{home}/hooks/{connection.workspace_id}/{connection.inbox_id}" if home.startswith("https://") else ""
    return msgspec.structs.replace(connection, home=home, hook=hook)


class Hosting:
    """The receiving adapters of one process. `holder` names the process in leases; `tokens` are for inboxes that sign in with them.

    `home` is the public address of Sluss; networks can post to inboxes only where it is reached by HTTPS.
    """

    def __init__(
        self,
        db: Database,
        sealer: Sealer,
        signals: Signals,
        intake: Intake,
        holder: str,
        *,
        tokens: TokenSource | None = None,
        home: str = "",
    ) -> None:
        self._db, self._sealer, self._signals, self._intake, self._holder = db, sealer, signals, intake, holder
        self._tokens, self._home = tokens, home
        self._channel: Callable[[str], Channel] = channel_named
        self._first_wait = FIRST_WAIT
        self._changes = 0
        self._running: dict[Hosted, asyncio.Task[None]] = {}
        self._connections: dict[tuple[int, int], Connection] = {}
        self._places: dict[str, tuple[int, int]] = {}

    async def run(self) -> None:
        """Keep exactly the enabled inboxes listening, until cancelled."""
        try:
            async for _ in self._signals.rounds("inboxes", PAUSE):
                await self._look()
        finally:
            await self._stop(list(self._running))

    async def connection(self, workspace_id: int, inbox_id: int) -> Connection:
        """An inbox for its adapter, remembered until an inbox changes."""
        known, changes = self._connections.get((workspace_id, inbox_id)), self._changes
        if known is None:
            known = await self._db.read(connection_of, system(workspace_id), inbox_id, self._sealer)
            known = at_home(self._tokens.attach(known) if self._tokens is not None else known, self._home)
            if changes == self._changes:
                self._connections[workspace_id, inbox_id] = known
        return known

    async def resolve(self, address: str) -> Connection | None:
        """The inbox that mail for an address belongs to, with or without a thread's token in it; None for an address that is nobody's."""
        folded = fold_address(address)
        place, changes = self._places.get(folded), self._changes
        if place is None:
            place = await self._db.read(_place_of, folded)
            if place is None:
                return None
            if len(self._places) >= REMEMBERED:
                self._places.clear()
            if changes == self._changes:
                self._places[folded] = place
        return await self.connection(*place)

    def listening(self) -> Sequence[int]:
        """Ids of the inboxes that this process tries to listen for."""
        return [one.inbox_id for one in self._running]

    async def _look(self) -> None:
        try:
            wanted = set(await self._db.read(_enabled))
        except Exception:
            log.exception("inboxes_unreadable")
            return
        if wanted == set(self._running):
            return
        self._changes += 1
        self._connections.clear()
        self._places.clear()
        await self._stop([one for one in self._running if one not in wanted])
        for one in wanted - set(self._running):
            self._running[one] = asyncio.create_task(self._keep(one), name=f"inbox:{one.inbox_id}")

    async def _stop(self, leaving: Sequence[Hosted]) -> None:
        tasks = [self._running.pop(one) for one in leaving]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)

    async def _keep(self, one: Hosted) -> None:
        """Listen for one inbox whatever happens; its crash is nobody else's."""
        wait = self._first_wait
        while True:
            started = time.monotonic()
            try:
                await hold(self._db, f"inbox:{one.inbox_id}", self._holder, partial(self._listen, one), LEASE_SECONDS)
            except Exception as error:
                log.exception("listener_failed", inbox=one.inbox_id)
                await self._note(one, "failing", str(error) or repr(error))
            wait = self._first_wait if time.monotonic() - started > LONGEST_WAIT else wait
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _listen(self, one: Hosted, lease: Lease) -> None:
        connection = await self.connection(one.workspace_id, one.inbox_id)
        spend = partial(self._spend, one)
        cursors, keep = _LeasedCursors(self._db, one, lease), partial(self._keep_templates, one)
        around = Surroundings(self._intake, cursors, partial(self._note, one), self._db.clock, spend, keep)
        await self._channel(one.channel).listen(connection, around)
        message = say("The adapter stopped listening by itself.")
        raise RuntimeError(message)

    async def _note(self, one: Hosted, state: str, reason: str) -> None:
        """Losing a note costs a line on a page, never the listener."""
        try:
            await self._db.write_grouped(record_progress, system(one.workspace_id), one.inbox_id, state, reason)
        except Exception:
            log.exception("progress_unwritten", inbox=one.inbox_id)

    async def _keep_templates(self, one: Hosted, found: Sequence[Template]) -> None:
        await self._db.write(keep_templates, system(one.workspace_id), one.inbox_id, found)

    async def _spend(self, one: Hosted, what: str, times: int, micros: int) -> int:
        return await self._db.write_grouped(_note_spent, system(one.workspace_id), one.inbox_id, what, (times, micros))


class _LeasedCursors:
    """Cursors that only the holder of the inbox's lease can move."""

    def __init__(self, db: Database, one: Hosted, lease: Lease) -> None:
        self._db, self._inbox_id, self._lease = db, one.inbox_id, lease
        self._who = system(one.workspace_id)

    async def get(self, name: str) -> dict[str, Any] | None:
        return await self._db.read(get_cursor, self._who, self._inbox_id, name)

    async def put(self, name: str, value: dict[str, Any]) -> None:
        await self._db.write_grouped(put_cursor, self._who, self._lease, self._inbox_id, (name, value))


def _note_spent(tx: Tx, who: Actor, inbox_id: int, what: str, spent: tuple[int, int]) -> int:
    """Count `(times, micros)`. Returns what the day has cost."""
    times, micros = spent
    if times:
        note_cost(tx, who, inbox_id, what, micros, times=times)
    return spent_today(tx, who, inbox_id)


def _enabled(tx: Tx) -> list[Hosted]:
    c = inboxes.c
    return [Hosted(*row) for row in tx.rows(sa.select(c.workspace_id, c.id, c.channel, c.changed_at).where(c.enabled))]


def _place_of(tx: Tx, address: str) -> tuple[int, int] | None:
    """The address itself counts before what is left of it without a token, and without anything after a plus."""
    plain = plain_address(address)
    local, at, domain = plain.rpartition("@")
    wanted = dict.fromkeys((address, plain, f"{local.partition('+')[0]}{at}{domain}"))
    return next((place for one in wanted if (place := inbox_at(tx, one)) is not None), None)
