"""Telegram before the contract suite: a bot with its private chats and one group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sluss.channels.inboxes import InboxFields
from sluss.channels.telegram.channel import HEADER, TelegramChannel
from sluss.sandbox.telegram.network import Telegram, flood
from sluss.sandbox.telegram.telephone import Telephone
from sluss.sandbox.wire import Answer
from tests.channels.contract.subject import HOOK, NOW, Letterbox, Posting, Proof, Side
from tests.channels.telegram.booth import ANNA, PAWEL, SECRET, SUPER, TOKEN

EXPIRED = {"ok": False, "error_code": 401, "description": "Unauthorized"}


class SUBJECT(Posting):
    """One bot; customers are Anna and Paweł."""

    name = "telegram"
    sides: tuple[Side, ...] = ("private", "public")
    proof = Proof(header=HEADER, secret="hook_secret", sign=lambda _, secret: secret, signed=False)
    sending = "/sendMessage"
    flood = flood(17)
    expired = Answer(401, msgspec.json.encode(EXPIRED))

    def __init__(self) -> None:
        self.channel = self._adapter = TelegramChannel(allow_private=True)
        self.double = Telegram(lambda: NOW / 1_000_000)
        self.letters = self._letters = Letterbox(self.double)
        self.bot = self.double.add_bot(TOKEN, "norrsken_bot", "Norrsken Air")
        self._people = {number: Telephone(self.double, self.bot, one) for number, one in ((1, ANNA), (2, PAWEL))}

    async def open(self) -> None:
        await self.double.start()
        self._letters.catch()
        self.bot.hook, self.bot.secret = HOOK, SECRET

    async def close(self) -> None:
        await self._adapter.close()
        await self.double.stop()

    def account(self, number: int) -> InboxFields:
        token = TOKEN if number == 1 else f"{number}{TOKEN}"
        secrets = {"token": token, "hook_secret": SECRET if number == 1 else f"{SECRET}-{number}"}
        settings = {"handle": "@norrsken_bot", "api": self.double.url}
        return InboxFields(name="Telegram", address=f"telegram-{token.partition(':')[0]}", settings=settings, secrets=secrets)

    async def say(self, text: str, side: Side = "private", person: int = 1) -> Any:
        telephone = self._people[person]
        return await (telephone.call(text, SUPER) if side == "public" else telephone.say(text))

    async def edit(self, said: Any, text: str) -> bool:
        await self._people[1].edit(said, text)
        return True

    async def remove(self, said: Any) -> bool:
        """A bot is not told of that."""
        return False

    async def album(self, pictures: Sequence[bytes], person: int = 1) -> bool:
        await self._people[person].album(pictures, "Trasig")
        return True

    async def native(self, text: str, person: int = 1) -> bool:
        """Nobody but the bot answers for it."""
        return False

    async def tell_unknown(self) -> None:
        await self.double.tell(self.bot, message_from_mars={"text": "?"})
        await self.double.tell(self.bot, channel_post={"message_id": 1, "chat": {"id": -1, "type": "channel"}, "date": 1, "text": "?"})
        await self.double.tell(self.bot, poll_answer={"poll_id": "1", "option_ids": [0]})

    async def echo(self) -> bool:
        """A bot never hears itself."""
        return False

    def sent(self) -> list[str]:
        return [one.get("text") or one.get("caption") or "" for one in self.double.sent]
