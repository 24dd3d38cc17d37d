"""The named cast: two companies, their agents and inboxes, and browsers to act with.

`world` builds rows only; `web` runs the real application on them. Everybody's password is `PASSWORD`.

    async def test_it(web):
        johan = await web.sign_in("johan")
        answer = await johan.get("/inbox/mine")
        answer = await johan.post("/cases/10001/status", status="solved")
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Self

import httpx
import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from litestar import Litestar

from sluss.app import WebApp, make_app
from sluss.channels.contract import Connection
from sluss.channels.inboxes import connection_of
from sluss.channels.models import inboxes
from sluss.channels.registry import channel_named
from sluss.config import Config
from sluss.intake.store import Reception
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from sluss.kernel.errors import Missing
from sluss.kernel.files import FileStore
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import NewWorkspace, create_workspace, the_brand
from sluss.people.actions import NewAgent, create_agent, disable_agent
from sluss.people.queries import get_agent
from sluss.people.sessions import inboxes_of
from sluss.people.teams import TeamChange, change_team, create_team
from sluss.web.assets import Assets
from sluss.web.edge import Edge
from sluss.web.templates import Templates
from sluss.wiring import INSIDE

PASSWORD = "fyra ord räcker långt"
# As strong as a test needs: the real cost would be paid at each sign-in.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

_CSRF = re.compile(r'<meta name="csrf" content="([^"]*)">')


class Inbox(msgspec.Struct, frozen=True):
    """One connected mail account."""

    id: int
    name: str
    address: str


class Company(msgspec.Struct, frozen=True):
    """A workspace and what is in it. `teams` and `inboxes` by their short names below."""

    id: int
    name: str
    host: str
    agents: dict[str, int]
    inboxes: dict[str, Inbox]
    teams: dict[str, int]


class World(msgspec.Struct, frozen=True):
    """Norrsken Air and Baltic Ferries.

    Keys of `people`: ewa (admin), maja (lead), johan (agent of Kundtjänst), petra (agent of Obsługa), karin (reviewer of Kundtjänst),
    erik (field), ola (disabled); marek (admin of the ferries), ania (agent of the ferries).
    """

    norrsken: Company
    ferries: Company
    people: dict[str, Actor]

    def who(self, key: str) -> Actor:
        """The actor of a person."""
        return self.people[key]


def build_world(tx: Tx) -> World:
    """Make the cast, in one transaction."""
    norrsken, of_norrsken = _build_company(tx, NewWorkspace("Norrsken Air", "norrsken.test", "sv", "Europe/Stockholm"), _NORRSKEN)
    ferries, of_ferries = _build_company(tx, NewWorkspace("Baltic Ferries", "ferries.test", "pl", "Europe/Warsaw"), _FERRIES)
    disable_agent(tx, system(norrsken.id), norrsken.agents["ola"])
    return World(norrsken, ferries, of_norrsken | of_ferries)


_NORRSKEN = (
    {"ewa": ("Ewa Nowak", "admin"), "maja": ("Maja Ek", "lead"), "johan": ("Johan Falk", "agent"), "petra": ("Petra Lund", "agent")}
    | {"karin": ("Karin Holm", "reviewer"), "erik": ("Erik Sand", "field"), "ola": ("Ola Berg", "agent")},
    {"kundtjanst": ("Kundtjänst", "help@norrsken.test"), "obsluga": ("Obsługa klienta", "pomoc@norrsken.test")},
    {"stockholm": ("Stockholm", ("johan", "karin", "ola"), ("kundtjanst",)), "gdansk": ("Gdańsk", ("petra",), ("obsluga",))},
)
_FERRIES = (
    {"marek": ("Marek Zych", "admin"), "ania": ("Ania Bąk", "agent")},
    {"ferries": ("Rejsy", "rejsy@ferries.test")},
    {"port": ("Port", ("ania",), ("ferries",))},
)


def _build_company(tx: Tx, new: NewWorkspace, cast: Any) -> tuple[Company, dict[str, Actor]]:
    workspace_id = create_workspace(tx, new)
    sluss = system(workspace_id)
    of_agents, of_inboxes, of_teams = cast
    agent_ids = {
        key: create_agent(tx, sluss, NewAgent(name=name, email=address_of(key, new.host), role=role, language="en"), PASSWORD_HASH)
        for key, (name, role) in of_agents.items()
    }
    found = {key: make_inbox(tx, sluss, name, address) for key, (name, address) in of_inboxes.items()}
    teams: dict[str, int] = {}
    for key, (name, members, handled) in of_teams.items():
        teams[key] = create_team(tx, sluss, name)
        of = TeamChange(name=name, agent_ids=tuple(agent_ids[one] for one in members), inbox_ids=tuple(found[one].id for one in handled))
        change_team(tx, sluss, teams[key], of)
    people = {key: _actor(tx, workspace_id, agent_id) for key, agent_id in agent_ids.items()}
    return Company(workspace_id, new.name, new.host, agent_ids, found, teams), people


def make_inbox(tx: Tx, who: Actor, name: str, address: str) -> Inbox:
    """A mail inbox that receives nothing by itself."""
    inbox_id = tx.new_id()
    row: dict[str, Any] = {
        "workspace_id": who.workspace_id,
        "id": inbox_id,
        "brand_id": the_brand(tx, who),
        "channel": "email",
        "name": name,
    }
    row |= {
        "address": address,
        "settings": {},
        "sealed": b"",
        "enabled": True,
        "created_at": tx.now,
        "changed_at": tx.now,
        "receiving": "ok",
    }
    row |= {"receiving_error": "", "receiving_since": tx.now, "send_failures": 0, "paused_reason": ""}
    tx.run(sa.insert(inboxes), row)
    return Inbox(inbox_id, name, address)


def address_of(key: str, host: str) -> str:
    """A person's address: `johan@norrsken.test`."""
    return f"{key}@{host}"


def _actor(tx: Tx, workspace_id: int, agent_id: int) -> Actor:
    agent = get_agent(tx, system(workspace_id), agent_id)
    role: Any = agent.role
    return Actor(workspace_id, "agent", agent_id, agent.name, role, inboxes_of(tx, workspace_id, agent_id, role), agent.language)


class Browser:
    """One browser: keeps cookies, knows the token of its forms, sends each form with a fresh `op`."""

    def __init__(self, app: WebApp, host: str, address: str = "127.0.0.1", scheme: str = "http") -> None:
        transport = httpx.ASGITransport(app, client=(address, 4711))
        self.client = httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{host}", headers={"Accept": "text/html"})
        self.csrf = ""

    async def get(self, path: str, *, target: str = "", headers: dict[str, str] | None = None) -> httpx.Response:
        """A page; with `target` (as `ul#rows`) the fragment that htmx would ask for."""
        answer = await self.client.get(path, headers=_htmx(target) | (headers or {}))
        found = _CSRF.search(answer.text) if answer.headers.get("content-type", "").startswith("text/html") else None
        self.csrf = found.group(1) if found else self.csrf
        return answer

    async def post(self, path: str, *, target: str = "", headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """A form; a list or tuple sends its field several times. Give `csrf` or `op` to send another than the right one."""
        data = {"csrf": self.csrf, "op": secrets.token_hex(13)} | fields
        given: dict[str, Any] = {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}
        return await self.client.post(path, data=given, headers=_htmx(target) | (headers or {}))

    async def sign_in(self, email: str, password: str = PASSWORD, then: str = "/me") -> httpx.Response:
        """Fill in the sign-in form; afterwards the token of the session's forms is known."""
        await self.get("/sign-in")
        answer = await self.post("/sign-in", email=email, password=password, next=then)
        if answer.status_code == 303:
            await self.get("/me")
        return answer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()


class Web:
    """The running application, with the cast."""

    def __init__(self, edge: Edge, world: World, routes: Litestar | None = None) -> None:
        self.edge, self.world, self.db = edge, world, edge.db
        self.app = make_app(edge, routes)
        self._browsers: list[Browser] = []

    def browser(self, host: str = "norrsken.test", address: str = "127.0.0.1", scheme: str = "http") -> Browser:
        """A browser in which nobody is signed in."""
        self._browsers.append(Browser(self.app, host, address, scheme))
        return self._browsers[-1]

    async def sign_in(self, key: str) -> Browser:
        """A browser in which somebody of the cast is signed in, through the form."""
        company = self.world.norrsken if key in self.world.norrsken.agents else self.world.ferries
        if key not in company.agents:
            raise Missing
        browser = self.browser(company.host)
        answer = await browser.sign_in(address_of(key, company.host))
        assert answer.status_code == 303, answer.text
        return browser

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.client.aclose()


_routes: dict[tuple[int, int], list[Litestar]] = {}
"""Routes that no test uses just now, by the limits they were made with."""


@asynccontextmanager
async def run_web(db: Database, world: World, config: Config) -> AsyncGenerator[Web]:
    """The application on a database, without a server."""
    free = _routes.setdefault((config.max_upload_bytes, config.max_form_bytes), [])
    web = Web(make_edge(db, config), world, free.pop() if free else None)
    started, over = asyncio.Event(), asyncio.Event()
    # In a task of its own: pytest leaves a fixture in another task than it entered it.
    running = asyncio.create_task(_run(web.app, started, over))
    await asyncio.wait([running, asyncio.create_task(started.wait())], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield web
    finally:
        over.set()
        await running
        await web.close()
        free.append(web.app.litestar)


def make_edge(db: Database, config: Config) -> Edge:
    """The parts of a process as `serving` puts them together, but for the loops behind the screens."""
    config.folder.mkdir(exist_ok=True)
    sealer = Sealer.of(config.folder)
    edge = Edge(config, db, files=FileStore(config.folder / "files"), keyring=sealer, channels=channel_named)
    db.host.inside = INSIDE

    async def connection(workspace_id: int, inbox_id: int) -> Connection:
        return await db.read(connection_of, system(workspace_id), inbox_id, sealer)

    edge.connection, edge.receive = connection, Reception(db, edge.files).receive
    edge.assets, edge.templates = _shown()
    return edge


@cache
def _shown() -> tuple[Assets, Templates]:
    """Compiled once for all tests of a process: their pages are the same, and compiling costs more than most tests."""
    assets = Assets()
    return assets, Templates(assets)


async def _run(app: WebApp, started: asyncio.Event, over: asyncio.Event) -> None:
    async with app.litestar.lifespan():
        started.set()
        await over.wait()


def _htmx(target: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": target} if target else {}
