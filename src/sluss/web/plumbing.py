"""What machines ask: static files, whether the process lives, whether it is ready, its measures."""

from __future__ import annotations

import hmac
import ipaddress

import sqlalchemy as sa
from litestar import Response, get

from sluss.kernel import metrics as figures
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.web.edge import Asked, Call, Edge
from sluss.web.policy import EVERYONE
from sluss.web.proxies import client_address


@get("/static/{name:str}", may=EVERYONE)
async def static_file(edge: Edge, request: Call, name: str) -> Response[bytes]:
    """A file by the hash of its content, cacheable for ever."""
    served = edge.assets.find(name, request.headers.get("accept-encoding", ""))
    if served is None:
        raise Missing
    return Response(served.data, media_type=served.headers["Content-Type"], headers=served.headers)


@get("/healthz", may=EVERYONE)
async def alive(asked: Asked) -> Response[bytes]:
    """The event loop turns."""
    return asked.json({"alive": True})


@get("/readyz", may=EVERYONE)
async def ready(edge: Edge, asked: Asked) -> Response[bytes]:
    """The database answers, and no shutdown has begun."""
    good = not edge.hub.ending and await edge.db.read(_answers)
    return asked.json({"ready": good}, 200 if good else 503)


@get("/metrics", may=EVERYONE)
async def metrics(edge: Edge, request: Call) -> Response[bytes]:
    """Measures for Prometheus, for this machine or whoever has the token; for anybody else there is nothing here."""
    if not _may_measure(edge, request):
        raise Missing
    return Response(figures.page(), media_type=figures.CONTENT_TYPE)


def _may_measure(edge: Edge, request: Call) -> bool:
    token = edge.config.metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())
    if request.headers.get("x-forwarded-for") or request.headers.get("forwarded"):
        return False  # a proxy on this machine speaks for the whole world
    try:
        return ipaddress.ip_address(client_address(request.scope, edge.config)).is_loopback
    except ValueError:
        return False


def _answers(tx: Tx) -> bool:
    return tx.value(sa.select(1)) == 1


ROUTES = [static_file, alive, ready, metrics]
