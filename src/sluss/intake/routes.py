"""Where networks and programs post what they deliver, and ask whether they may.

In: a request to an inbox's own address. Out: the network's own kind of "taken" once it is durable, or a refusal that keeps nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Response, get, post

from sluss.channels.contract import Connection, Posted, Unverified
from sluss.channels.hooked import note_greeted, note_hooked
from sluss.channels.powers import Greeted
from sluss.channels.registry import capabilities_of, channel_named
from sluss.intake.sharing import others_named, proven, sharers
from sluss.kernel.actors import system
from sluss.kernel.clock import MINUTE
from sluss.kernel.errors import Missing
from sluss.web.edge import Call, Edge
from sluss.web.policy import HOOK

LARGEST = (1 << 63) - 1
"""The largest number that a database takes for an id."""


@get("/hooks/{workspace_id:int}/{inbox_id:int}", may=HOOK)
async def greet_hook(edge: Edge, request: Call, workspace_id: int, inbox_id: int) -> Response[Any]:
    """The network asks whether this is the right address; whoever asks otherwise finds nothing here."""
    connection = await _connection(edge, workspace_id, inbox_id)
    channel = channel_named(connection.channel)
    if not isinstance(channel, Greeted):
        raise Missing
    try:
        said = channel.greet(_together(request.query_params.multi_items()), connection)
    except Unverified as error:
        raise Missing from error
    await edge.db.write(note_greeted, system(workspace_id), inbox_id)
    return Response(said.encode(), media_type="application/json" if said.startswith("{") else "text/plain")


@post("/hooks/{workspace_id:int}/{inbox_id:int}", may=HOOK, status_code=202, request_max_body_size=64_000_000)
async def take_hook(edge: Edge, request: Call, workspace_id: int, inbox_id: int) -> Response[Any]:
    """Verify over the raw bytes, store, and only then answer. A wrong proof answers as a missing inbox does."""
    connection = await _connection(edge, workspace_id, inbox_id)
    headers = _together(request.headers.multi_items())
    posted = Posted(headers=headers, body=await request.body(), received_at=edge.db.clock())
    try:
        taken = [(connection, channel_named(connection.channel).accept(posted, connection))]
    except Unverified as error:
        raise Missing from error
    if named := others_named(posted, connection):
        for other_id in await edge.db.read(sharers, system(workspace_id), connection, named):
            other = await edge.connection(workspace_id, other_id)
            taken.append((other, proven(posted, other)))
    await asyncio.gather(*(edge.receive(one, delivered) for one, delivered in taken if delivered))
    await _note_hooked(edge, workspace_id, inbox_id)
    stored = msgspec.json.encode({"stored": sum(len(delivered) for _, delivered in taken)})
    return Response(stored, media_type="application/json", status_code=capabilities_of(connection.channel).hook_status)


async def _note_hooked(edge: Edge, workspace_id: int, inbox_id: int) -> None:
    """For the inbox's page, seldom: what counts is stored already."""
    now = edge.db.clock()
    if now - edge.hooked.get(inbox_id, 0) > MINUTE:
        edge.hooked[inbox_id] = now
        await edge.db.write_grouped(note_hooked, system(workspace_id), inbox_id)


async def _connection(edge: Edge, workspace_id: int, inbox_id: int) -> Connection:
    if max(workspace_id, inbox_id) > LARGEST:
        raise Missing
    found: Connection = await edge.connection(workspace_id, inbox_id)
    return found


def _together(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A name that is sent twice holds both values: neither alone was proven."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


ROUTES = [greet_hook, take_hook]
