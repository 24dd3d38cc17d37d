"""The web application, composed.

In: `Edge`, the parts of this process. Out: an ASGI application, and the server that ends its streams in time.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import warnings
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

import uvicorn
from litestar import Litestar, Response, Router
from litestar.exceptions import HTTPException, LitestarDeprecationWarning

from sluss.api import routes as api
from sluss.broadcast import routes as broadcast
from sluss.config import Config
from sluss.customers import routes as customers
from sluss.desk import routes as desk
from sluss.desk.live import make_render
from sluss.desk.presence import writers
from sluss.desk.whispers import Whispers
from sluss.intake import routes as intake
from sluss.kernel.live import Hub, Watcher
from sluss.kernel.signals import Signals
from sluss.kernel.supervision import Supervisor
from sluss.moderation import routes as moderation
from sluss.notifications import routes as notifications
from sluss.notifications.digest import keep_open_desks
from sluss.people import routes as people
from sluss.people.access import Gate, admit, dependencies, require_policies
from sluss.people.sessions import find_many, watcher_of
from sluss.privacy.reading import ReadLog, note_sight
from sluss.settings import routes as settings
from sluss.visitor import embed, routes_letters, routes_page, routes_private, routes_self
from sluss.visitor import routes as visitor
from sluss.visitor.hub import Visitors
from sluss.visitor.news import Writer
from sluss.web import installing, plumbing
from sluss.web.edge import Call, Edge
from sluss.web.forms import close_uploads
from sluss.web.headers import Guarded
from sluss.web.sharing import Shared
from sluss.web.troubles import answer_trouble
from sluss.web.wire import BoundedProtocol

ROUTES = [
    *plumbing.ROUTES,
    *installing.ROUTES,
    *intake.ROUTES,
    *api.ROUTES,
    *settings.ROUTES,
    *people.ROUTES,
    *customers.ROUTES,
    *moderation.ROUTES,
    *broadcast.ROUTES,
    *notifications.ROUTES,
    *embed.ROUTES,
    *visitor.ROUTES,
    *routes_letters.ROUTES,
    *routes_page.ROUTES,
    *routes_self.ROUTES,
    *routes_private.ROUTES,
    *desk.ROUTES,
]

GRACE_SECONDS = 4
RESERVED_FILES = 256
"""Open files that streams leave to the taking in of messages and to the database."""
ROUND_A_FILE = 1_000_000
"""Bytes of a form beside the files in it."""


class WebApp(Guarded):
    """The application as a server runs it; `routes` are what the matrix test walks through.

    Making the routes takes a while: those of an application that has ended may serve another edge with the same limits.
    """

    def __init__(self, edge: Edge, routes: Litestar | None = None) -> None:
        self.edge = edge
        self.litestar = routes or compose(edge.config)
        edge.reads, edge.visits = ReadLog(edge.db), Visitors(edge)
        self.litestar.state.edge, self.litestar.state.gate = edge, Gate(edge)
        super().__init__(Shared(self.litestar, edge.config.api_origins), https=edge.config.https)


class Server(uvicorn.Server):
    """A server that lets every open stream go before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, *hubs: Hub | Visitors) -> None:
        super().__init__(config)
        self._hubs = hubs

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """As the library does, but the signal that ended us is not raised again: the process still has a database to close."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for hub in self._hubs:
            hub.end_all()
        await super().shutdown(sockets)


def make_app(edge: Edge, routes: Litestar | None = None) -> WebApp:
    """The application. Refuses to be made with a route that does not say who may call it."""
    return WebApp(edge, routes)


def make_server(app: WebApp) -> Server:
    """The server for it; `await server.serve()` runs until `server.should_exit` is set or a signal comes."""
    config = app.edge.config
    options: dict[str, Any] = {"host": config.host, "port": config.port, "log_config": None, "access_log": False, "server_header": False}
    limits: dict[str, Any] = {"timeout_graceful_shutdown": GRACE_SECONDS, "timeout_keep_alive": 75, "backlog": 2048, "proxy_headers": False}
    return Server(uvicorn.Config(app, lifespan="on", http=BoundedProtocol, **options, **limits), app.edge.hub, app.edge.visits)


def compose(config: Config) -> Litestar:
    """All routes. Edge and gate are found in its state, when a request comes."""
    with warnings.catch_warnings():
        # Handlers name what they want without markers (`edge: Edge, no: int`); Litestar 3, which pyproject keeps out, will want them.
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        app = _compose(config)
    require_policies(app.routes)
    return app


def _compose(config: Config) -> Litestar:
    uploads = Router("/", route_handlers=[*desk.UPLOADS, *settings.UPLOADS], request_max_body_size=config.max_upload_bytes + ROUND_A_FILE)
    return Litestar(
        [*ROUTES, uploads],
        guards=[admit],
        dependencies=dependencies(),
        exception_handlers={Exception: _on_error, HTTPException: _on_error},
        lifespan=[_running],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=config.max_form_bytes,
        pdb_on_exception=False,
        debug=False,
        after_response=note_sight,
    )


def _on_error(request: Call, error: Exception) -> Response[Any]:
    close_uploads(request.scope)
    return answer_trouble(request.app.state.edge, request, error)


@contextlib.asynccontextmanager
async def _running(app: Litestar) -> AsyncGenerator[None]:
    """The loops that belong to the web: live updates, and the log of who read what."""
    edge: Edge = app.state.edge
    edge.hub.most = edge.visits.most = min(edge.config.max_streams, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - RESERVED_FILES)
    edge.signals = getattr(edge, "signals", None) or Signals(edge.db.host)

    async def recheck(session_ids: list[int]) -> Mapping[int, Watcher]:
        found = await edge.db.read(find_many, session_ids, edge.config)
        return {session_id: watcher_of(session) for session_id, session in found.items()}

    edge.hub.recheck, edge.hub.render = recheck, make_render(edge.db, edge.templates)
    visits: Visitors = edge.visits
    visits.writing = lambda tx: [Writer(*one) for one in writers(tx)]
    loops = Supervisor(edge.db.clock)
    whispers = Whispers(edge.db, edge.hub)
    loops.run("live", lambda: edge.hub.run(edge.signals))
    loops.run("visitors", lambda: visits.run(edge.signals))
    loops.run("presence", lambda: whispers.run(edge.signals))
    loops.run("open desks", lambda: keep_open_desks(edge.db, edge.hub))
    loops.run("read log", lambda: edge.reads.keep(edge.signals))
    try:
        yield
    finally:
        await loops.stop()
