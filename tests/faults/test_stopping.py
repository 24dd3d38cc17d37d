"""SIGTERM, a second process, a mail that kills its reader, a cold start after a kill. F1, F3, F12, F36."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from sluss.intake.admit import ATTEMPTS
from sluss.intake.models import envelopes
from sluss.kernel.folder import DataFolder, FolderTaken
from tests.faults.checks import everybody_is_answered, everything_is_settled
from tests.faults.ground import Ground
from tests.faults.post import hand_in, mail
from tests.servers.program import free_port

GRACE = 8
"""Five seconds is what the product promises; the rest is for a machine that does other things too."""


async def test_a_signal_ends_it_under_load_and_nothing_is_dropped(ground: Ground) -> None:
    server = await ground.start()
    ground.customers.begin()
    await ground.ledger.more(60)
    assert await server.stop(GRACE) == 0
    server = await ground.start()
    await ground.ledger.more(30)
    await ground.customers.finish()
    await ground.until(everybody_is_answered)
    assert await server.stop(GRACE) == 0
    ground.check()


async def test_open_streams_do_not_hold_it_up(ground: Ground) -> None:
    server = await ground.start()
    lines = [await asyncio.open_connection("127.0.0.1", ground.setting["lmtp_port"]) for _ in range(20)]
    halves = [await asyncio.open_connection("127.0.0.1", ground.setting["http_port"]) for _ in range(20)]
    for _, writer in halves:
        writer.write(b"POST /hooks/1/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nhalf of a mail")
    assert await server.stop(GRACE) == 0
    for _, writer in lines + halves:
        writer.transport.abort()


async def test_after_a_kill_it_is_ready_at_once_and_goes_on(ground: Ground) -> None:
    server = await ground.start()
    ground.customers.begin()
    await ground.ledger.more(40)
    server.kill()
    await server.over()
    # On PostgreSQL nobody is told that the killed one is gone: its leases of three seconds and its claims of twenty run out first.
    server = await ground.start(ahead=61 if ground.kind == "postgresql" else 0)
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{ground.address}/readyz")).status_code == 200
    await ground.customers.finish()
    await ground.until(everybody_is_answered)
    assert await server.stop(GRACE) == 0
    ground.check()


async def test_a_second_process_on_the_folder_is_told_who_has_it(ground: Ground) -> None:
    if ground.kind == "postgresql":
        await two_share_one_database(ground)
        return
    server = await ground.start()
    with pytest.raises(FolderTaken, match=f"in use by a running Sluss .process {server.pid}."):
        DataFolder(Path(ground.setting["folder"])).claim()
    second = await ground.start()
    await second.over()
    assert second.code == 1
    assert "in use by a running Sluss" in (ground.folder / "server.log").read_text()
    assert await server.stop(GRACE) == 0


async def two_share_one_database(ground: Ground) -> None:
    """On PostgreSQL a second one is welcome: what only one may do goes to one of them, and over to the other when that is killed."""
    first = await ground.start()
    ground.customers.begin()
    await ground.ledger.more(20)
    ports = {"http_port": free_port(), "lmtp_port": free_port()}
    second = await ground.start(**ports, ahead=61)
    ground.customers.move(**ports)
    first.kill()
    await first.over()
    await ground.ledger.more(20)
    await ground.customers.finish()
    await ground.until(everybody_is_answered)
    assert await second.stop(GRACE) == 0
    ground.check()


@pytest.mark.timeout(200)
async def test_a_mail_that_kills_its_reader_is_set_aside_and_the_others_pass(ground: Ground) -> None:
    """Customers write on meanwhile; the fifth death sets the poisonous mail aside, and nothing else."""
    word = "Bokning 4711"
    server = await ground.start(poisoned=word, answering=False)
    ground.customers.begin()
    assert await hand_in(ground.setting["lmtp_port"], mail(4711, "poison")[1]) == 250
    for death in range(1, ATTEMPTS + 1):
        await server.over()
        server = await ground.start(poisoned=word, answering=False, ahead=61 * death)
    await ground.ledger.more(10)
    await ground.customers.finish()
    await ground.until(everything_is_settled)
    found = await ground.read(lambda tx: tx.rows(sa.select(envelopes.c.state, sa.func.count()).group_by(envelopes.c.state)))
    assert {tuple(row) for row in found} == {("quarantined", 1), ("done", len(ground.ledger.acknowledged))}
