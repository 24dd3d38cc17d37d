"""Instagram before the contract suite: an account with comments and direct messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sluss.channels.inboxes import InboxFields
from sluss.channels.instagram.channel import InstagramChannel
from sluss.sandbox.graph.instagram import InstagramDouble
from sluss.sandbox.graph.people import ANNA, BO
from sluss.sandbox.graph.server import APP_SECRET, GraphDouble, error, limited
from tests.channels.contract.subject import HOOK, Letterbox, Posting, Proof, Side
from tests.channels.facebook.subject import Ticking, sign
from tests.channels.instagram.gallery import IG, SECRETS

PEOPLE = (ANNA, BO)


class SUBJECT(Posting):
    """The account of Norrsken Air. In public nobody can edit, and Meta does not tell what is removed."""

    name = "instagram"
    sides: tuple[Side, ...] = ("public", "private")
    proof = Proof(header="x-hub-signature-256", secret="app_secret", sign=sign)
    sending = "/(messages|comments|replies)$"
    flood = limited(3)
    expired = error(190, 463)

    def __init__(self) -> None:
        now = Ticking()
        self.double = GraphDouble(now=now)
        self.double.echo = "none"
        self.channel = self._adapter = InstagramChannel(allow_private=True, now=now)
        self.account_there = InstagramDouble(self.double, IG)
        self.media = self.account_there.post("Ny linje till Bergen!")
        self.letters = self._letters = Letterbox(self.double)
        self.double.hook(IG, HOOK)

    async def open(self) -> None:
        await self.double.start()
        self._letters.catch()

    async def close(self) -> None:
        await self._adapter.close()
        await self.double.stop()

    def account(self, number: int) -> InboxFields:
        ig_id, secret = ((IG, APP_SECRET), ("17841400000000002", "another-app-secret"))[number - 1]
        settings = {"ig_id": ig_id, "handle": "@norrsken.air", "api": self.double.url, "human_agent": True}
        return InboxFields(name="Instagram", address=f"instagram-{ig_id}", settings=settings, secrets={**SECRETS, "app_secret": secret})

    async def say(self, text: str, side: Side = "private", person: int = 1) -> Any:
        who = PEOPLE[person - 1]
        if side == "public":
            return who, await self.account_there.comment(who, self.media, text)
        return who, await self.account_there.talks.say(who, text)

    async def edit(self, said: Any, text: str) -> bool:
        who, key = said
        await self.account_there.talks.edit(who, key, text)
        return True

    async def remove(self, said: Any) -> bool:
        await self.account_there.talks.unsend(*said)
        return True

    async def album(self, pictures: Sequence[bytes], person: int = 1) -> bool:
        for number, data in enumerate(pictures):
            await self.account_there.talks.send_file(PEOPLE[person - 1], f"p{number}.png", data, "image/png")
        return True

    async def native(self, text: str, person: int = 1) -> bool:
        await self.account_there.talks.native_reply(PEOPLE[person - 1], text)
        return True

    async def tell_unknown(self) -> None:
        await self.double.tell("instagram", IG, "changes", {"field": "follow", "value": [{"a": None}]})
        await self.double.tell("instagram", IG, "changes", {"field": "comments", "value": {"text": "by nobody"}})
        await self.double.tell(
            "instagram", IG, "messaging", {"sender": {"id": ANNA.id}, "recipient": {"id": IG}, "telepathy": {"mid": "m"}}
        )

    async def echo(self) -> bool:
        assert self.double.last is not None
        await self.double.last()
        return True

    def sent(self) -> list[str]:
        return list(self.double.sent)
