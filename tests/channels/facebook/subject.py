"""Facebook before the contract suite: a page with comments and Messenger."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from itertools import count
from typing import Any

from sluss.channels.facebook.channel import FacebookChannel
from sluss.channels.inboxes import InboxFields
from sluss.kernel.clock import SECOND
from sluss.sandbox.graph.page import PageDouble
from sluss.sandbox.graph.people import ANNA, BO
from sluss.sandbox.graph.server import APP_ID, APP_SECRET, GraphDouble, error, limited
from tests.channels.contract.subject import HOOK, Letterbox, Posting, Proof, Side
from tests.channels.facebook.square import NOW, PAGE, SECRETS

PEOPLE = (ANNA, BO)


def sign(body: bytes, secret: str) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


class Ticking:
    """Time that passes whenever somebody looks."""

    def __init__(self) -> None:
        self._seconds = count()

    def __call__(self) -> int:
        return NOW + next(self._seconds) * SECOND


class SUBJECT(Posting):
    """The page of Norrsken Air."""

    name = "facebook"
    sides: tuple[Side, ...] = ("private", "public")
    proof = Proof(header="x-hub-signature-256", secret="app_secret", sign=sign)
    sending = "/(messages|comments)$"
    flood = limited(3)
    expired = error(190, 463)

    def __init__(self) -> None:
        now = Ticking()
        self.double = GraphDouble(now=now)
        self.double.echo = "none"
        self.channel = self._adapter = FacebookChannel(allow_private=True, now=now)
        self.page = PageDouble(self.double, PAGE)
        self.post = self.page.post("Ny linje till Bergen!")
        self.letters = self._letters = Letterbox(self.double)
        self.double.hook(PAGE, HOOK)

    async def open(self) -> None:
        await self.double.start()
        self._letters.catch()

    async def close(self) -> None:
        await self._adapter.close()
        await self.double.stop()

    def account(self, number: int) -> InboxFields:
        page, secret = ((PAGE, APP_SECRET), ("2040", "another-app-secret"))[number - 1]
        settings = {"page_id": page, "app_id": APP_ID, "handle": "Norrsken Air", "api": self.double.url, "human_agent": True}
        return InboxFields(name="Facebook", address=f"facebook-{page}", settings=settings, secrets={**SECRETS, "app_secret": secret})

    async def say(self, text: str, side: Side = "private", person: int = 1) -> Any:
        who = PEOPLE[person - 1]
        if side == "public":
            return who, await self.page.comment(who, self.post, text), side
        return who, await self.page.talks.say(who, text), side

    async def edit(self, said: Any, text: str) -> bool:
        who, key, side = said
        await (self.page.edit(key, text) if side == "public" else self.page.talks.edit(who, key, text))
        return True

    async def remove(self, said: Any) -> bool:
        who, key, side = said
        await (self.page.remove(key) if side == "public" else self.page.talks.unsend(who, key))
        return True

    async def album(self, pictures: Sequence[bytes], person: int = 1) -> bool:
        for number, data in enumerate(pictures):
            await self.page.talks.send_file(PEOPLE[person - 1], f"p{number}.png", data, "image/png")
        return True

    async def native(self, text: str, person: int = 1) -> bool:
        await self.page.talks.native_reply(PEOPLE[person - 1], text)
        return True

    async def tell_unknown(self) -> None:
        await self.double.tell("page", PAGE, "changes", {"field": "something_new", "value": [{"a": None}]})
        await self.double.tell("page", PAGE, "changes", {"field": "feed", "value": {"item": "hologram", "verb": "project"}})
        await self.double.tell(
            "page", PAGE, "changes", {"field": "feed", "value": {"item": "comment", "verb": "sing", "comment_id": "1_1"}}
        )
        await self.double.tell("page", PAGE, "messaging", {"sender": {"id": ANNA.id}, "recipient": {"id": PAGE}, "telepathy": {"mid": "m"}})

    async def echo(self) -> bool:
        assert self.double.last is not None
        await self.double.last()
        return True

    def sent(self) -> list[str]:
        return list(self.double.sent)
