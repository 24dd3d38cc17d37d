"""Where networks and programs post what they deliver.

In: a request to an inbox's own address. Out: 202 once it is durable, or a refusal that keeps nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post

from sluss.channels.contract import Connection, Posted, Unverified
from sluss.channels.registry import channel_named
from sluss.kernel.errors import Missing
from sluss.web.edge import Call, Edge
from sluss.web.policy import HOOK

LARGEST = (1 << 63) - 1
"""The largest number that a database takes for an id."""


@post("/hooks/{workspace_id:int}/{inbox_id:int}", may=HOOK, status_code=202, request_max_body_size=64_000_000)
async def take_hook(edge: Edge, request: Call, workspace_id: int, inbox_id: int) -> Response[Any]:
    """Verify over the raw bytes, store, and only then answer. A wrong proof answers as a missing inbox does."""
    if max(workspace_id, inbox_id) > LARGEST:
        raise Missing
    connection: Connection = await edge.connection(workspace_id, inbox_id)
    posted = Posted(headers=_headers(request), body=await request.body(), received_at=edge.db.clock())
    try:
        delivered = channel_named(connection.channel).accept(posted, connection)
    except Unverified as error:
        raise Missing from error
    await edge.receive(connection, delivered)
    return Response(msgspec.json.encode({"stored": len(delivered)}), media_type="application/json", status_code=202)


def _headers(request: Call) -> dict[str, str]:
    """A name that is sent twice holds both values: neither alone was proven."""
    found: dict[str, str] = {}
    for name, value in request.headers.multi_items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


ROUTES = [take_hook]
