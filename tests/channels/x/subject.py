"""X before the contract suite: an account that people mention and write to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sluss.channels.inboxes import InboxFields
from sluss.channels.x.channel import XChannel
from sluss.channels.x.hooks import HEADER, signature_of
from sluss.sandbox.wire import told
from sluss.sandbox.x.double import XDouble
from sluss.sandbox.x.server import CONSUMER_SECRET, problem
from sluss.sandbox.x.world import US, Said
from tests.channels.contract.subject import HOOK, NOW, Letterbox, Posting, Proof, Side

PROBLEM = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}


class SUBJECT(Posting):
    """One account; customers are Anna and Paweł."""

    name = "x"
    sides: tuple[Side, ...] = ("private", "public")
    proof = Proof(header=HEADER, secret="consumer_secret", sign=signature_of)
    sending = "/2/tweets$|/messages$"
    flood = told(PROBLEM, 429, x_rate_limit_limit="100", x_rate_limit_remaining="0", x_rate_limit_reset=str(NOW // 1_000_000 + 900))
    expired = problem(401, "Unauthorized", "Unauthorized")

    def __init__(self) -> None:
        self._x = XChannel(allow_private=True, now=lambda: NOW)
        self.channel = self._x
        self.double = XDouble(now=lambda: NOW)
        self.double.hook, self.double.echoes = HOOK, "never"
        self._box = Letterbox(self.double)
        self.letters = self._box
        world = self.double.world
        self._people = {1: world.join("annab", "Anna Berg"), 2: world.join("pawel_k", "Paweł Kowalski")}

    async def open(self) -> None:
        await self.double.start()
        self._box.catch()

    async def close(self) -> None:
        await self._x.close()
        await self.double.stop()

    def account(self, number: int) -> InboxFields:
        user_id = US if number == 1 else f"{US}{number}"
        settings = {"user_id": user_id, "handle": "@norrskenair", "api": self.double.url, "around": "nothing"}
        secrets = {"token": "access-0", "consumer_secret": CONSUMER_SECRET if number == 1 else f"{CONSUMER_SECRET}{number}"}
        return InboxFields(name="X", address=f"x-{user_id}", settings=settings, secrets=secrets)

    async def say(self, text: str, side: Side = "private", person: int = 1) -> Any:
        who = self._people[person]
        return await (self.double.say(who, f"@norrskenair {text}") if side == "public" else self.double.write(who, text))

    async def edit(self, said: Any, text: str) -> bool:
        if not isinstance(said, Said):
            return False
        await self.double.edit(said, f"@norrskenair {text}")
        return True

    async def remove(self, said: Any) -> bool:
        del said
        return False

    async def album(self, pictures: Sequence[bytes], person: int = 1) -> bool:
        for picture in pictures:
            await self.double.write(self._people[person], "", picture=picture)
        return True

    async def native(self, text: str, person: int = 1) -> bool:
        await self.double.native_message(self._people[person], text)
        return True

    async def tell_unknown(self) -> None:
        await self.double.tell("post.poll.closed", {"id": "17", "what": [1, None]})
        await self.double.tell("dm.sparkle", {"direct_message_events": [{"type": "sparkle", "id": "3"}]})
        await self.double.tell("chat.emoji", {"conversation_id": 5})
        classic = {"for_user_id": US, "favorite_events": [{"id": "9"}], "tweet_create_events": [{"id_str": "x", "user": 3}]}
        await self.double.deliver(msgspec.json.encode(classic))

    async def echo(self) -> bool:
        world = self.double.world
        newest = max(one.id for one in (*world.posts.values(), *world.letters))
        if newest in world.posts:
            said = world.posts[newest]
            await self.double.tell("post.create", world.tell(said), world.includes(said))
        else:
            await self.double.tell("dm.sent", world.tell_letter_in_hook(world.letters[-1]))
        return True

    def sent(self) -> list[str]:
        return list(self.double.taken)
