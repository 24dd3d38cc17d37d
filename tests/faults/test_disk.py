"""A full disk and one that breaks its word: refused in time, read on, recovered by itself; never believed. F6, F7, F8."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sluss.channels.email.http_in import SIGNATURE_HEADER, signature_of
from tests.faults.checks import everything_is_settled
from tests.faults.disk import SmallDisk, small_disk, syncs_fail
from tests.faults.ground import Ground
from tests.faults.office import HTTP_SECRET
from tests.faults.post import hand_in, hand_in_until_taken, mail
from tests.faults.server import Server

SMALL, LARGE = 1, 3  # numbers of mails: one lies in its row, one in a file
MEGABYTES = 160


@pytest.fixture
def disk(tmp_path: Path, ground: Ground) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "small", MEGABYTES) as disk:
        ground.use_folder(disk.path)
        yield disk


async def post(ground: Ground, n: int) -> httpx.Response:
    raw = mail(n, "posted")[1]
    async with httpx.AsyncClient() as client:
        return await client.post(ground.customers.hook, content=raw, headers={SIGNATURE_HEADER: signature_of(raw, HTTP_SECRET)})


async def cases_seen(ground: Ground, server: Server) -> int:
    async with httpx.AsyncClient(cookies={"sluss": server.known["cookie"]}) as client:
        answer = await client.get(f"{ground.address}/api/v1/cases")
    assert answer.status_code == 200, answer.text
    return len(answer.json()["cases"])


@pytest.mark.parametrize("left", [1_000_000, 0], ids=["nearly", "to the last byte"])
async def test_a_full_disk_refuses_reads_on_and_recovers(ground: Ground, disk: SmallDisk, left: int) -> None:
    server, port = await ground.start(answering=False), ground.setting["lmtp_port"]
    assert await hand_in(port, mail(SMALL, "before")[1]) == 250
    await ground.until(everything_is_settled)
    disk.fill(left)
    for n in (SMALL, LARGE):
        assert await hand_in(port, mail(n, "full")[1]) == 451
        refused = await post(ground, n)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert await cases_seen(ground, server) == 1
    disk.free()
    await hand_in_until_taken(port, mail(SMALL, "again")[1])
    await hand_in_until_taken(port, mail(LARGE, "again")[1])
    await ground.until(everything_is_settled)
    assert await cases_seen(ground, server) == 3
    assert await server.stop() == 0


async def test_a_disk_that_breaks_its_word_is_not_believed(ground: Ground) -> None:
    server, port = await ground.start(answering=False), ground.setting["lmtp_port"]
    assert await hand_in(port, mail(SMALL, "before")[1]) == 250
    await ground.until(everything_is_settled)
    async with syncs_fail(server.pid):
        assert await hand_in(port, mail(LARGE, "broken")[1]) == 451
        assert (await post(ground, LARGE)).status_code == 503
        assert await cases_seen(ground, server) == 1
    # The disk says yes again, but what it lost in between nobody knows: nothing is taken until somebody has looked and started anew.
    assert await hand_in(port, mail(SMALL, "after")[1]) == 451
    server.kill()
    await server.over()
    server = await ground.start(answering=False, ahead=61)
    ground.ledger.acknowledge(mail(SMALL, "before")[0])
    await hand_in_until_taken(port, mail(SMALL, "again")[1])
    await hand_in_until_taken(port, mail(LARGE, "again")[1])
    await ground.until(everything_is_settled)
    assert await server.stop() == 0
    ground.check_intake()
