"""A chat of the cast, and visitors of its web site. In: the running application. Out: requests as the page in the frame makes them."""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
import msgspec
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.channels.registry import channel_named
from sluss.intake.admit import Reader, admit_some
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import SECOND
from sluss.kernel.leases import Lease, acquire
from sluss.kernel.reactions import place_events
from sluss.outbox.runner import Outbox
from sluss.replies.sending import SendReply, send_reply
from sluss.visitor.hub import Visitors
from tests.world import Company, Web

SITE = "https://www.norrsken.example"
KEY, OTHER_KEY, FOREIGN_KEY = "chat-norrsken00000001", "chat-norrsken00000002", "chat-ferries000000001"
SECRET = "a secret of the company's own server, long enough"


def signed(secret: str = SECRET, **claims: Any) -> str:
    """What the company's own server says about somebody who is signed in there."""
    head, body = (_part(one) for one in ({"alg": "HS256", "typ": "JWT"}, claims))
    mac = hmac.digest(secret.encode(), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


class Ground:
    """Norrsken Air with two chats, Baltic Ferries with one; and what happens behind the screens, on command."""

    def __init__(self, web: Web, lease: Lease, inboxes: dict[str, int]) -> None:
        self.web, self.db, self.edge, self.lease, self.inboxes = web, web.db, web.edge, lease, inboxes

    @property
    def hub(self) -> Visitors:
        hub: Visitors = self.edge.visits
        return hub

    def visitor(self, key: str = KEY, address: str = "203.0.113.7", token: str = "") -> Guest:
        """Somebody on the company's web site."""
        return Guest(self, key, address, token or secrets.token_urlsafe(32))

    async def admit(self) -> None:
        """Understand all that waits."""
        reader = Reader(self.db, self.edge.files, channel_named, self.edge.connection)
        while await admit_some(reader, self.lease):
            pass
        self.place()

    async def answer(self, text: str, key: str = "maja", case_id: int = 0) -> int:
        """Somebody of ours answers the newest case, and it reaches the chat. Returns the message."""
        who = self.web.world.who(key)
        case_id = case_id or self.db.read_now(_newest_case, who)
        reply = SendReply(op=secrets.token_hex(13), case_id=case_id, text=text, anyway=True, trust=True)
        message_id = (await self.db.write(send_reply, who, reply)).message_id
        await self.send_due()
        return message_id

    async def send_due(self) -> None:
        """Send what is due."""
        outbox = Outbox(self.db, self.edge.files, self.edge.connection, self.edge.signals, "this test")
        while await outbox.send_due():
            await outbox.idle()
        self.place()

    def place(self) -> None:
        """Give events their place in the log, as one process of several does."""
        while self.db.kind == "postgresql" and self.db.write_now(place_events, self.lease):
            pass

    def rows(self, statement: Any) -> list[Any]:
        return self.db.read_now(lambda tx: list(tx.rows(statement)))


class Guest:
    """One visitor, with the token that their browser made."""

    def __init__(self, ground: Ground, key: str, address: str, token: str) -> None:
        self.ground, self.key, self.address, self.token = ground, key, address, token

    def like(self, **changed: str) -> Guest:
        """The same, but for what is named: the token of one visitor at another chat."""
        return Guest(self.ground, *((changed | {}).get(name, getattr(self, name)) for name in ("key", "address", "token")))

    async def write(self, text: str = "Hej!", key: str = "", **more: Any) -> httpx.Response:
        """One message; give `files` as httpx takes them."""
        files = [("files", one) for one in more.pop("files", ())]
        fields = {"key": key or secrets.token_urlsafe(18), "text": text} | more
        return await self.ask("POST", "messages", files=[(name, (None, value)) for name, value in fields.items()] + files)

    async def tell(self, what: str, told: Any) -> httpx.Response:
        """One post with JSON."""
        return await self.ask("POST", what, content=msgspec.json.encode(told))

    async def ask(self, method: str, what: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """Any request of the frame's."""
        own = {"Authorization": f"Visitor {self.token}", "Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
        client = self.ground.web.browser("127.0.0.1", self.address).client
        return await client.request(method, f"/chat/{self.key}/{what}", headers=own | {"Accept": "*/*"} | (headers or {}), **more)

    async def identify(self, subject: str, **more: Any) -> Guest:
        """The same person, proven."""
        until = self.ground.db.clock() // SECOND + 600
        answer = await self.tell("identify", {"jwt": signed(sub=subject, exp=until, **more)})
        assert answer.status_code == 200, answer.text
        return self.like(token=answer.json()["token"])

    async def texts(self) -> list[str]:
        """What the visitor sees, oldest first."""
        answer = await self.ask("GET", "messages")
        return [one["text"] for one in answer.json()["items"]] if answer.status_code == 200 else [str(answer.status_code)]

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[Listener]:
        """The stream, open."""
        async with Listener(self) as listener:
            yield listener


class Listener:
    """One stream as a browser reads it; `slow` is one who takes nothing."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.status = 0
        self.events: list[tuple[str, Any]] = []
        self.over = False
        self._raw = b""
        self._changed, self._left, self.taking = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.taking.set()

    def named(self, name: str) -> list[Any]:
        """The data of events of a name."""
        return [data for one, data in self.events if one == name]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds of what came."""
        async with asyncio.timeout(20):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        await self.until(lambda: self.status and (self.status != 200 or self.events or self.over))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left.set()
        self.taking.set()
        await self._task

    async def _run(self) -> None:
        headers = {"authorization": f"Visitor {self.guest.token}", "host": "127.0.0.1", "accept-language": "en"}
        scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http"}
        path = f"/chat/{self.guest.key}/live"
        scope |= {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("127.0.0.1", 80)}
        scope |= {"client": (self.guest.address, 4711), "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await self._left.wait()
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        await self.guest.ground.web.app(scope, receive, self._take)
        self.over = True
        self._changed.set()

    async def _take(self, message: Any) -> None:
        await self.taking.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self._raw += message.get("body", b"")
            *whole, self._raw = self._raw.split(b"\n\n")
            self.events += [_event(one) for one in whole]
            if not message.get("more_body"):
                self.over = True
                self._left.set()
        self._changed.set()


def _event(raw: bytes) -> tuple[str, Any]:
    name, _, data = raw.partition(b"\n")
    return name.removeprefix(b"event: ").decode(), msgspec.json.decode(data.removeprefix(b"data: "))


def _newest_case(tx: Any, who: Actor) -> int:
    return int(tx.value(sa.select(sa.func.max(cases.c.id)).where(cases.c.workspace_id == who.workspace_id)))


async def make_ground(web: Web) -> Ground:
    """The chats, each handled by the first team of its company."""
    lease = await web.db.write(acquire, "admit", "this test", 3600)
    assert lease
    norrsken, ferries = web.world.norrsken, web.world.ferries
    places = ((KEY, norrsken, "stockholm"), (OTHER_KEY, norrsken, "stockholm"), (FOREIGN_KEY, ferries, "port"))
    return Ground(web, lease, {key: await make_chat(web, company, team, key) for key, company, team in places})


async def make_chat(web: Web, company: Company, team: str, key: str, **settings: Any) -> int:
    """One chat of a company."""
    told: dict[str, Any] = {"origins": (SITE,), "preview": True, "identify": "optional"}
    fields = InboxFields(
        name="Webbchatt",
        address=key,
        settings=told | settings,
        secrets={"identity_key": SECRET},
        team_ids=(company.teams[team],),
    )
    return await web.db.write(create_inbox, system(company.id), web.edge.keyring, "webchat", fields)
