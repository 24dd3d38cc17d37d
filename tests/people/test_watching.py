"""The stream of live updates, through the door: who may open it, and when it ends."""

from __future__ import annotations

import asyncio
from typing import Any

from sluss.people.actions import disable_agent
from sluss.people.teams import TeamChange, change_team, create_team
from tests.world import Browser, Web


class Watching:
    """A browser's open stream; the application answers it chunk by chunk."""

    def __init__(self, web: Web, browser: Browser, after: str = "0") -> None:
        cookies = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
        headers = [(b"host", b"norrsken.test"), (b"cookie", cookies.encode())]
        self.scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/live", "raw_path": b"/live", "headers": headers}
        self.scope |= {
            "query_string": f"after={after}".encode(),
            "scheme": "http",
            "server": ("norrsken.test", 80),
            "client": ("127.0.0.1", 1),
        }
        self.scope |= {"http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"}}
        self.status = 0
        self.heard = b""
        self.changed, self.leaves = asyncio.Event(), asyncio.Event()
        self.ended = asyncio.create_task(web.app(self.scope, self._receive, self._send))

    async def until(self, words: bytes) -> None:
        async with asyncio.timeout(20):
            while words not in self.heard:
                self.changed.clear()
                await self.changed.wait()

    async def _receive(self) -> dict[str, Any]:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.heard += message.get("body", b"")
        self.changed.set()


async def test_a_stream_ends_when_its_agent_is_disabled(web: Web) -> None:
    """T12"""
    watching = Watching(web, await web.sign_in("johan"))
    await watching.until(b": open")
    web.db.write_now(disable_agent, web.world.who("ewa"), web.world.who("johan").id)
    await asyncio.wait_for(watching.ended, 20)
    assert web.edge.hub.count == 0


async def test_a_stream_ends_when_its_browser_is_signed_out(web: Web) -> None:
    """T11: an old cookie opens no new one either."""
    johan = await web.sign_in("johan")
    watching = Watching(web, johan)
    await watching.until(b": open")
    cookie = johan.client.cookies["sluss"]
    await johan.post("/sign-out")
    await asyncio.wait_for(watching.ended, 20)
    johan.client.cookies.set("sluss", cookie)
    again = Watching(web, johan)
    await asyncio.wait_for(again.ended, 20)
    assert again.status == 401


async def test_a_stream_is_told_to_start_anew_when_its_agent_s_inboxes_change(web: Web) -> None:
    """T11"""
    watching = Watching(web, await web.sign_in("johan"))
    await watching.until(b": open")
    ewa, johan = web.world.who("ewa"), web.world.who("johan")
    team_id = web.db.write_now(create_team, ewa, "Nätter")
    more = TeamChange(name="Nätter", agent_ids=(johan.id,), inbox_ids=(web.world.norrsken.inboxes["obsluga"].id,))
    web.db.write_now(change_team, ewa, team_id, more)
    await watching.until(b"event: resync")
    watching.leaves.set()
    await asyncio.wait_for(watching.ended, 20)
    assert web.edge.hub.count == 0


async def test_what_a_browser_claims_to_have_seen_is_looked_at_before_it_is_believed(web: Web) -> None:
    """T11: forged positions."""
    johan = await web.sign_in("johan")
    for forged in ("999999999999999", "nan", "-1", "inf", "1e9", "0x10", ""):
        watching = Watching(web, johan, forged)
        await watching.until(b": open")
        watching.leaves.set()
        await asyncio.wait_for(watching.ended, 20)
        assert watching.status == 200


async def test_no_stream_is_opened_once_the_end_has_begun(web: Web) -> None:
    """F3"""
    johan = await web.sign_in("johan")
    web.edge.hub.end_all()
    watching = Watching(web, johan)
    await asyncio.wait_for(watching.ended, 20)
    assert watching.status == 503
