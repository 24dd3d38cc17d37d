"""What every route is given: `Edge`, the parts of this process, and `Asked`, one request as the screens see it.

Out: pages, fragments, redirects, JSON.

Handlers name what they want: `async def inbox(edge: Edge, asked: Asked, who: Actor, view: str) -> Response[str]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.response.redirect import Redirect

from sluss.config import Config
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.live import Hub
from sluss.kernel.signals import Signals
from sluss.kernel.supervision import Supervisor
from sluss.web.assets import Assets, squeezed
from sluss.web.forms import read_form
from sluss.web.locale import Voice, choose, speak
from sluss.web.shell import Page, Section, Viewer
from sluss.web.templates import Templates

T = TypeVar("T", bound=msgspec.Struct)
Call = Request[Any, Any, State]

_TALK = re.compile(r"/(?:chat|private)/[^/]*/")
"""What the page in a visitor's frame asks for."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Edge:
    """The parts of one process, made once where it starts. `keyring` and `channels` are whatever is installed there.

    `signals` exists from the start of the event loop on. The process that does the work installs the rest: `receive` stores what an inbox
    was handed, `connection` opens an inbox for its adapter, `supervisor` knows how the loops do. `providers` talks with identity
    providers, `cards` with systems that know customers, from when one is needed on; `sites` are the web sites that were noted lately,
    `visits` are visitors who look on; `hooked` says when an inbox's page was last told of a hook.
    """

    signals: Signals
    supervisor: Supervisor | None = None
    receive: Any = None
    connection: Any = None
    reads: Any = None
    providers: Any = None
    cards: Any = None
    sites: Any = None
    visits: Any = None

    def __init__(self, config: Config, db: Database, *, files: FileStore | None = None, keyring: Any = None, channels: Any = None) -> None:
        self.config, self.db = config, db
        self.files = files or FileStore(config.folder / "files")
        self.keyring, self.channels = keyring, channels
        self.assets = Assets(fresh=config.fresh)
        self.templates = Templates(self.assets, fresh=config.fresh)
        self.hub = Hub(db, config.max_streams)
        self.hooked: dict[int, int] = {}


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads the answer, as far as a page shows it. Nobody in particular until a session is found."""

    viewer: Viewer | None = None
    workspace: str = ""
    locale: str = "en"
    zone: str = "UTC"
    theme: Literal["system", "light", "dark"] = "system"
    keys_on: bool = True
    own_keys: Mapping[str, str] = {}
    csrf: str = ""


class Asked:
    """One request and the answers to it. `partial` asks for a fragment, `target` is the id it goes to (`rows` of `ul#rows`)."""

    def __init__(self, edge: Edge, request: Call, reader: Reader) -> None:
        self.edge, self.request, self.reader = edge, request, reader
        self.htmx = request.headers.get("hx-request") == "true"
        self.partial = request.headers.get("hx-request-type") == "partial"
        self.target = request.headers.get("hx-target", "").rpartition("#")[2]
        query = request.scope["query_string"].decode("latin-1")
        self.path = request.scope["path"] + (f"?{query}" if query else "")
        speak(Voice(reader.locale, reader.zone))

    @classmethod
    def by_stranger(cls, edge: Edge, request: Call) -> Asked:
        """Asked by nobody we know: the language is the browser's."""
        return cls(edge, request, Reader(locale=choose("", request.headers.get("accept-language", ""))))

    def page(self, title: str, section: Section = "", **more: Any) -> Page:
        """What surrounds a screen, filled for this reader; `more` are further fields of `Page` (`live_after`, `toasts`, `unread`)."""
        shown = {name: getattr(self.reader, name) for name in Reader.__struct_fields__}
        return Page(title=title, section=section, path=self.path, **(shown | more))

    def answer(self, template: str, page: Page, status: int = 200, **screen: object) -> Response[str]:
        """A whole page or a fragment from a template; `screen` are the values that the slice's `screens.py` names."""
        html = self.edge.templates.render(template, page, **screen)
        body, encoding = squeezed(html.encode(), self.request.headers.get("accept-encoding", ""))
        headers = {"Vary": "HX-Request-Type, HX-Target, Cookie, Accept-Encoding"} | ({"Content-Encoding": encoding} if encoding else {})
        content: Any = body
        return Response(content, media_type="text/html", status_code=status, headers=headers)

    def json(self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[Any]:
        """A value as JSON."""
        return Response(msgspec.json.encode(value), media_type="application/json", status_code=status, headers=dict(headers or {}))

    def nothing(self) -> Response[None]:
        """Done, and nothing to say (204)."""
        return Response(None, status_code=204)

    def go(self, path: str) -> Redirect:
        """See another page of ours (303)."""
        return Redirect(local_path(path), status_code=303)

    def go_sign_in(self) -> Redirect:
        """To the sign-in, and from there back here."""
        return self.go("/sign-in" if self.path == "/" else f"/sign-in?{urlencode({'next': self.path})}")

    async def back(self, default: str = "/") -> Redirect:
        """See the page that the form's `back` names, if it is one of ours (303)."""
        return self.go(local_path(await self.field("back"), default))

    async def form(self, shape: type[T]) -> T:
        """The form's fields as a struct. Raises `Invalid` with a sentence per field; a field that the struct does not know is refused."""
        return read_form(list((await self.request.form()).multi_items()), shape)

    async def field(self, name: str) -> str:
        """One text field of the form, or the empty string: `op`, `back`, `csrf`."""
        value: Any = (await self.request.form()).get(name, "")
        return value if isinstance(value, str) else ""

    async def op(self) -> str:
        """The form's one-time key, for `people.once`."""
        return await self.field("op")

    @property
    def wants_json(self) -> bool:
        """Whether a script or a program asks: the API, our own `fetch` (not htmx), or whoever accepts JSON."""
        headers = self.request.headers
        if headers.get("x-requested-with") == "sluss" or "application/json" in headers.get("accept", ""):
            return True
        return self.request.scope["path"].startswith(("/api/", "/live")) or _TALK.match(self.request.scope["path"]) is not None

    @property
    def origin(self) -> str:
        """What links that leave this page begin with: the configured base URL, else the address this server itself listens on."""
        config = self.edge.config
        server = self.request.scope["server"]
        return config.base_url.rstrip("/") or f"http://{config.host}:{server[1] if server else config.port}"

    @property
    def host(self) -> str:
        """The host name that was asked for, to find the workspace. Never used to make a link."""
        return urlsplit("//" + self.request.headers.get("host", "")).hostname or ""


def local_path(path: str, default: str = "/") -> str:
    """The path if it is one on this host, else the default: never a way to another host, however it is written."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > 2000:
        return default
    if any(character < " " or character in "\\\x7f" for character in path):
        return default
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc else default
