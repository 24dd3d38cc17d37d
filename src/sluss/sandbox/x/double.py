"""What the people of a double of X do, and how X tells of it. In: verbs. Out: signed events at the hook, as often as was asked."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import msgspec

from sluss.sandbox.x.server import XServer
from sluss.sandbox.x.world import US, Letter, Medium, Member, Said

HEADER = "x-twitter-webhooks-signature"


class XDouble(XServer):
    """A network of its own: `await double.mention(…)`, `say(…)`, `native_reply(…)`.

    Events go to `hook` as soon as they happen; while `holding` they wait for `let_go`. `copies` is how often each is posted.
    `echoes` says when our own come back: `before` the answer of the call, `after` it, or `never`.
    """

    echoes: Literal["before", "after", "never"] = "after"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.holding, self.copies = False, 1
        self.held: list[bytes] = []
        self.events: list[bytes] = []
        self._echoing: set[asyncio.Task[None]] = set()

    async def tell(self, kind: str, payload: dict[str, Any], includes: dict[str, Any] | None = None) -> None:
        """Post an event, or hold it."""
        event: dict[str, Any] = {"event_uuid": self.world.new_id(), "filter": {} if kind == "oauth.revoke" else {"user_id": US}}
        event |= {"event_type": kind, "tag": "sluss", "payload": payload, "includes": includes or {}}
        body = msgspec.json.encode({"data": event})
        self.events.append(body)
        if self.holding:
            self.held.append(body)
        elif self.hook:
            await self.deliver(body)

    async def deliver(self, body: bytes) -> None:
        """Post one body as X does."""
        for _ in range(self.copies):
            await self.post(self.hook, body, {HEADER: self.sign(body), "content-type": "application/json"})

    async def let_go(self, *, backwards: bool = False) -> None:
        """Post what was held, in its order or the other."""
        held, self.held, self.holding = self.held[:: -1 if backwards else 1], [], False
        for body in held:
            await self.deliver(body)

    async def settle(self) -> None:
        """Wait until every echo is posted."""
        while self._echoing:
            await asyncio.gather(*self._echoing)

    async def say(self, who: Member, text: str, *, answers: str = "", quotes: str = "", picture: bytes = b"") -> Said:
        """Somebody posts: X tells us where it concerns us."""
        said = self.world.say(who.id, text, answers=answers, quotes=quotes)
        if picture:
            said.media = [self._hang(picture)]
        kinds = {
            "post.mention.create": US in {one.id for one in self.world.mentioned(said)},
            "post.reply.create": (parent := self.world.posts.get(answers)) is not None and parent.author == US,
            "post.quote.create": (quoted := self.world.posts.get(quotes)) is not None and quoted.author == US,
        }
        for kind in [one for one, holds in kinds.items() if holds]:
            await self.tell(kind, self.world.tell(said), self.world.includes(said))
        return said

    async def edit(self, said: Said, text: str) -> Said:
        """The author says it otherwise."""
        self.world.edit(said.id, text)
        await self.tell("post.mention.create", self.world.tell(said), self.world.includes(said))
        return said

    async def write(self, who: Member, text: str, *, picture: bytes = b"") -> Letter:
        """Somebody writes to us in private."""
        letter = self.world.write(who.id, US, text)
        payload = self.world.tell_letter_in_hook(letter)
        if picture:
            letter.media = [key := self._hang(picture)]
            medium = {"id_str": key, "media_url_https": self.world.media[key].url, "type": "photo"}
            payload["direct_message_events"][0]["message_create"]["message_data"]["attachment"] = {"type": "media", "media": medium}
        await self.tell("dm.received", payload)
        return letter

    async def write_encrypted(self, who: Member) -> None:
        """Somebody writes what only X's own programs can read."""
        payload = {"id": f"chat-{self.world.new_id()}", "created_at_msec": str(self.world.now() // 1_000), "sender_id": who.id}
        await self.tell("chat.received", payload | {"conversation_id": f"{who.id}:{US}", "encoded_event": "CwABAAAAEzI="})

    async def native_reply(self, answers: str, text: str, source: str = "X Web App") -> Said:
        """One of us answers in X's own program, or in another tool."""
        said = self.world.say(US, text, answers=answers, source=source)
        await self.tell("post.create", self.world.tell(said), self.world.includes(said))
        return said

    async def native_message(self, who: Member, text: str) -> Letter:
        """One of us writes in private in X's own program."""
        letter = self.world.write(US, who.id, text)
        await self.tell("dm.sent", self.world.tell_letter_in_hook(letter))
        return letter

    async def remove(self, said: Said) -> None:
        """Somebody takes a post away; X tells of ours alone."""
        self.forget(said)
        if said.author == US:
            await self.tell("post.delete", {"id": said.id, "author_id": US})

    async def read_everything(self, who: Member) -> None:
        """Somebody reads what we wrote to them."""
        last = next((one.id for one in reversed(self.world.letters) if one.recipient == who.id), "")
        read = {"sender_id": who.id, "target": {"recipient_id": US}, "last_read_event_id": last}
        read["created_timestamp"] = str(self.world.now() // 1_000)
        await self.tell("dm.read", {"direct_message_mark_read_events": [read]})

    async def take_access(self) -> None:
        """Somebody ends the app's access at X."""
        self.revoke()
        await self.tell("oauth.revoke", {"user_id": US, "app_id": "29820954", "date_time": "2026-11-21T12:00:00+00:00"})

    async def _echo(self, kind: str, payload: dict[str, Any], includes: dict[str, Any] | None) -> None:
        if self.echoes == "before":
            await self.tell(kind, payload, includes)
        elif self.echoes == "after":
            task = asyncio.create_task(self.tell(kind, payload, includes))
            self._echoing.add(task)
            task.add_done_callback(self._echoing.discard)

    def _hang(self, picture: bytes) -> str:
        key = f"3_{self.world.new_id()}"
        self.world.media[key] = Medium(key=key, media_type="image/png", data=picture, url=f"{self.url}/media/{key}")
        return key
