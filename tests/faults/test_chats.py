"""Visitors of a web site while the server dies under them: what they were told is kept is kept, once; what is answered they see, once."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack

import pytest
import sqlalchemy as sa

from sluss.cases.models import messages
from sluss.kernel.tx import Tx
from sluss.sandbox.visitors.client import Pace, Visitor
from sluss.sandbox.visitors.wire import Upload, place_of
from tests.faults.checks import everybody_is_answered
from tests.faults.ground import Ground
from tests.faults.office import CHAT
from tests.faults.server import first_of
from tests.faults.test_kills import BETWEEN

ENDS = ("envelope-stored:kill:3", "blob-written:kill:1", "understood:kill:1", "claimed:kill:2")
"""Where each life ends. A message that five lives end over is set aside, as it should be."""
PACE = Pace(first=0.05, longest=0.4)


@pytest.mark.timeout(240)
async def test_what_was_acknowledged_is_there_once_and_streams_go_on(ground: Ground) -> None:
    """F1, F2, T43, T46: killed with -9 in the gaps that matter, a chat loses and doubles nothing, on either side."""
    visitors = [Visitor(place_of(ground.address, CHAT, f"127.0.3.{n + 1}"), pace=PACE) for n in range(4)]
    async with AsyncExitStack() as stack:
        for visitor in visitors:
            await stack.enter_async_context(visitor.present())
        for life, fault in enumerate(ENDS):
            await live_and_die(ground, visitors, fault, life)
        survivor = await ground.start(ahead=len(ENDS) * BETWEEN[ground.kind])
        for visitor in visitors:
            visitor.say("Är ni där?")
            await visitor.until(lambda visitor=visitor: all(one.stored for one in visitor.said))
        await ground.until(everybody_is_answered)
        for visitor in visitors:
            await visitor.until(lambda visitor=visitor: {one.key for one in visitor.said} <= {one.key for one in visitor.items.values()})
            await check_one(visitor)
    assert await survivor.stop() == 0
    assert await ground.read(_keys) == Counter({f"{said.key}": 1 for visitor in visitors for said in visitor.said})


async def live_and_die(ground: Ground, visitors: list[Visitor], fault: str, life: int) -> None:
    """Everybody says something; then the server dies at its point."""
    server = await ground.start(fault=fault, ahead=life * BETWEEN[ground.kind])
    large = Upload("bild.bin", "application/octet-stream", bytes([life]) * 50_000)
    for visitor in visitors:
        visitor.say(f"Hej {life}", [large] if visitor is visitors[0] else ())
    await first_of(server.is_over)


async def check_one(visitor: Visitor) -> None:
    """What the stream brought over all its lives is what there is."""
    await visitor.until(lambda: visitor.answers and visitor.answers[-1].at >= max(one.at for one in visitor.items.values() if one.key))
    seen = {one.id: (one.by, one.key, one.text, len(one.files)) for one in visitor.items.values()}
    answer = await visitor.line.ask("GET", f"{visitor.place.path}/messages", {"Authorization": f"Visitor {visitor.token}"})
    there = {one["id"]: (one["from"], one["key"], one["text"], len(one["files"])) for one in answer.json["items"]}
    assert seen == there
    assert Counter(one.key for one in visitor.items.values() if one.key) == Counter(one.key for one in visitor.said)


def _keys(tx: Tx) -> Counter[str]:
    """By the browser's key, how often a message of a visitor is there."""
    rows = tx.rows(sa.select(messages.c.external_id).where(messages.c.direction == "in", messages.c.external_id.like("%@chat.invalid")))
    return Counter(row.external_id.rpartition(".")[0].rpartition(".")[0] for row in rows)
