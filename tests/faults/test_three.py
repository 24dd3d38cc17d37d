"""Three processes on one PostgreSQL: what only one may do is done by one, and what a killed one held goes on elsewhere. F4, F58."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from contextlib import suppress
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sluss.cases.actions import set_status
from sluss.cases.models import cases
from sluss.kernel.actors import system
from sluss.kernel.clock import SECOND, system_clock
from sluss.kernel.db import open_database
from sluss.kernel.events import events
from sluss.kernel.leases import leases
from sluss.kernel.tx import Tx
from tests.faults.checks import everybody_is_answered, everything_is_settled
from tests.faults.ground import Ground
from tests.faults.server import Server
from tests.servers.program import free_port

TAKEOVER = 30
"""Seconds after a kill within which everything that the killed process held has gone on."""
SNOOZED = 40


class Watch:
    """A browser that reads the live updates of one process after the other, and notes every position and case that it is told of."""

    def __init__(self, ground: Ground, cookie: str) -> None:
        self._ground, self._cookie = ground, cookie
        self.positions: list[int] = []
        self.cases: set[str] = set()
        self.resyncs = 0
        self._last = "0"

    async def follow(self, port: int) -> None:
        """Until the process is gone."""
        headers = {"cookie": f"sluss={self._cookie}", "last-event-id": self._last}
        timeouts = httpx.Timeout(10, read=None)
        with suppress(httpx.HTTPError):
            async with (
                httpx.AsyncClient(timeout=timeouts) as client,
                client.stream("GET", f"http://127.0.0.1:{port}/live", headers=headers) as answer,
            ):
                assert answer.status_code == 200
                fields: dict[str, str] = {}
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    if not line:
                        self._hear(fields)
                        fields = {}

    def _hear(self, fields: dict[str, str]) -> None:
        self._last = fields.get("id", self._last)
        self.resyncs += fields.get("event") == "resync"
        if fields.get("event") == "row":
            self.cases.add(json.loads(fields["data"])["case"])


class Three:
    """The processes by their holder names, as leases tell them."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.servers: list[tuple[Server, dict[str, int]]] = []

    async def add(self) -> dict[str, int]:
        ports = {"http_port": free_port(), "lmtp_port": free_port()}
        self.servers.append((await self.ground.start(**ports), ports))
        return ports

    async def holder_of(self, name: str, *, but: int = -1) -> int:
        """Which of the servers holds a lease, other than one of them; waits for one to take it."""
        pids = {server.pid: number for number, (server, _) in enumerate(self.servers) if number != but}
        await self.ground.until(lambda tx: _holder(tx, name) in pids, TAKEOVER)
        return pids[await self.ground.read(_holder, name)]

    async def kill(self, number: int) -> None:
        server, _ = self.servers.pop(number)
        server.kill()
        await server.over()

    async def end(self) -> None:
        """Stop all; what an agent did at the very end is put in its place by one more."""
        for server, _ in self.servers:
            assert await server.stop() == 0
        last = await self.ground.start(answering=False)
        await self.ground.until(everything_is_settled, TAKEOVER)
        assert await last.stop() == 0


async def _three(ground: Ground) -> Three:
    three = Three(ground)
    for _ in range(3):
        await three.add()
    ground.customers.move(**three.servers[0][1])
    ground.customers.begin()
    await ground.ledger.more(30)
    return three


@pytest.mark.timeout(240)
async def test_what_a_killed_process_held_goes_on_elsewhere(shared_ground: Ground) -> None:
    """F4, F58: leases, outbox, live updates; 0 lost, 0 shown twice, 0 sent twice."""
    ground = shared_ground
    three = await _three(ground)
    watch = Watch(ground, three.servers[1][0].known["cookie"])
    for name in ("admit", "places", "clock"):
        watching = asyncio.create_task(watch.follow(three.servers[-1][1]["http_port"]))
        killed = await three.holder_of(name)
        await three.kill(killed)
        ground.customers.move(**three.servers[0][1])
        await ground.ledger.more(20)
        await three.add()
        await three.kill(len(three.servers) - 2)
        await watching
        await three.add()
        ground.customers.move(**three.servers[0][1])
    watching = asyncio.create_task(watch.follow(three.servers[0][1]["http_port"]))
    await ground.customers.finish()
    await ground.until(everybody_is_answered)
    wanted = await ground.read(lambda tx: {str(row.id) for row in tx.rows(sa.select(cases.c.id))})
    await ground.until(lambda _: watch.cases >= wanted, TAKEOVER)
    await three.end()
    await watching
    assert watch.resyncs == 0
    ground.check()


@pytest.mark.timeout(120)
async def test_timers_ring_once_though_the_clock_is_killed(shared_ground: Ground) -> None:
    """F41, F58: snoozed cases wake once each, soon after they are due, whoever holds the clock."""
    ground = shared_ground
    three = await _three(ground)
    await ground.customers.finish()
    await ground.until(everybody_is_answered)
    db = open_database(ground.setting["database"])
    snoozed = await db.write(_snooze, three.servers[0][0].known["workspace_id"])
    await three.kill(await three.holder_of("clock"))
    await ground.until(lambda tx: _awake(tx, snoozed), TAKEOVER)
    woken = await db.read(_wakings)
    db.close()
    assert woken == Counter(snoozed)
    await three.end()


@pytest.mark.timeout(180)
async def test_a_frozen_process_finds_its_work_done_by_others(shared_ground: Ground) -> None:
    """F4: stopped for longer than its leases last, then let go on: its late writes are refused, and nothing is done twice."""
    ground = shared_ground
    three = await _three(ground)
    frozen = await three.holder_of("admit")
    server, _ = three.servers[frozen]
    awake = next(ports for other, ports in three.servers if other is not server)
    ground.customers.move(**awake)
    server.kill(signal.SIGSTOP)
    await ground.ledger.more(60)
    assert await three.holder_of("admit", but=frozen) != frozen
    server.kill(signal.SIGCONT)
    await ground.customers.finish()
    await ground.until(everybody_is_answered)
    await three.end()
    ground.check()


def _holder(tx: Tx, name: str) -> int:
    """The process that has a lease; holders are named by host and process."""
    return int(str(tx.value(sa.select(leases.c.holder).where(leases.c.name == name))).rpartition(":")[2])


def _snooze(tx: Tx, workspace_id: int) -> list[int]:
    who = system(workspace_id)
    found = [row.id for row in tx.rows(sa.select(cases.c.id).order_by(cases.c.id).limit(SNOOZED))]
    for number, case_id in enumerate(found):
        set_status(tx, who, case_id, "snoozed", system_clock() + SECOND + number * SECOND // 20)
    return found


def _awake(tx: Tx, case_ids: list[int]) -> bool:
    asleep = sa.select(sa.func.count()).select_from(cases).where(cases.c.id.in_(case_ids), cases.c.status == "snoozed")
    return tx.value(asleep) == 0


def _wakings(tx: Tx) -> Counter[int]:
    """How often each case was woken by its timer."""
    rows: list[Any] = list(tx.rows(sa.select(events.c.case_id, events.c.data).where(events.c.kind == "status_changed")))
    return Counter(row.case_id for row in rows if row.data["before"] == "snoozed")
