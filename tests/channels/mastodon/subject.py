"""A Mastodon account before the contract suite: its stream is read all the time, as in production."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any

from sluss.channels.contract import Connection, Delivered
from sluss.channels.inboxes import InboxFields
from sluss.channels.mastodon.channel import MastodonChannel
from sluss.channels.mastodon.sending import leading_names
from sluss.sandbox.mastodon.double import MastodonDouble
from sluss.sandbox.mastodon.server import TOKEN
from sluss.sandbox.mastodon.world import Said
from sluss.sandbox.wire import told
from tests.channels.contract.subject import NOW, Side
from tests.channels.desk import Desk

_MARKS = count(1)


class SUBJECT:
    """One account; customers are Anna and Paweł."""

    name = "mastodon"
    sides: tuple[Side, ...] = ("private", "public")
    proof = None
    letters = None
    sending = "/api/v1/statuses$"
    flood = told({"error": "Too many requests"}, 429, x_ratelimit_remaining="0", x_ratelimit_reset="2026-11-21T12:15:00.000Z")
    expired = told({"error": "The access token is invalid"}, 401)

    def __init__(self) -> None:
        self.channel = MastodonChannel(allow_private=True, now=lambda: NOW)
        self.channel.sending.pause = 0.01
        self.double = MastodonDouble(now=lambda: NOW)
        self.double.echoes = False
        self.desk = Desk()
        world = self.double.world
        self._people = {1: world.join("annab", "Anna Berg"), 2: world.join("pawel", "Paweł Kowalski")}
        self._last: Said | None = None

    async def open(self) -> None:
        await self.double.start()
        fields = self.account(1)
        known: dict[str, Any] = {"settings": fields.settings, "secrets": fields.secrets, "address": fields.address}
        connection = Connection(workspace_id=1, inbox_id=1, name="Mastodon", channel="mastodon", **known)
        self._listening = asyncio.create_task(self.channel.listen(connection, self.desk.around))
        await self.desk.reading.wait()

    async def close(self) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self.channel.close()
        await self.double.stop()

    def account(self, number: int) -> InboxFields:
        name = "norrskenair" if number == 1 else f"norrskenair{number}"
        settings = {"server": "social.norrsken.example", "handle": f"@{name}", "api": self.double.url}
        secrets = {"token": TOKEN}
        return InboxFields(name="Mastodon", address=f"mastodon-{name}.social.norrsken.example", settings=settings, secrets=secrets)

    async def delivered(self, connection: Connection) -> list[Delivered]:
        del connection
        self.double.send_event("delete", mark := f"mark{next(_MARKS)}")
        return await self.desk.until(mark)

    async def say(self, text: str, side: Side = "private", person: int = 1) -> Any:
        visibility = "public" if side == "public" else "direct"
        self._last = await self.double.say(self._people[person], f"@norrskenair@social.norrsken.example {text}", visibility=visibility)
        return self._last

    async def edit(self, said: Any, text: str) -> bool:
        await self.double.edit(said, f"@norrskenair@social.norrsken.example {text}")
        return True

    async def remove(self, said: Any) -> bool:
        await self.double.remove(said)
        return True

    async def album(self, pictures: Sequence[bytes], person: int = 1) -> bool:
        del pictures, person
        return False

    async def native(self, text: str, person: int = 1) -> bool:
        assert self._last is not None
        await self.double.native_reply(self._last, f"@{self._people[person].acct} {text}")
        return True

    async def tell_unknown(self) -> None:
        self.double.send_event("notification", {"id": "9", "type": "moderation_party", "status": {"id": 3}})
        self.double.send_event("announcement.sparkle", {"what": None})
        self.double.send_event("notification", {"id": "10", "type": "mention", "status": {"id": "4", "account": 7, "mentions": "none"}})

    async def echo(self) -> bool:
        self.double.send_event("update", self.double.world.tell(self.double.taken[-1]))
        return True

    def sent(self) -> list[str]:
        return [one.text.removeprefix(leading_names(one.text)) for one in self.double.taken]
