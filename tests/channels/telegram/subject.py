"""Telegram before the contract suite: a bot in private chats and in a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sluss.channels.inboxes import InboxFields
from sluss.channels.telegram.channel import TelegramChannel
from sluss.sandbox.telegram.network import HEADER, Telegram, flood
from sluss.sandbox.telegram.telephone import Telephone
from sluss.sandbox.wire import told
from tests.channels.contract.subject import HOOK, Letterbox, Posting, Proof, Side
from tests.channels.telegram.booth import ANNA, CREW, PAWEL, SECRET, TOKEN

OTHER_TOKEN, OTHER_SECRET = "110201544:BBHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "another-tg-secret-of-many-letters"


class SUBJECT(Posting):
    """A bot of Norrsken Air."""

    name = "telegram"
    sides: tuple[Side, ...] = ("private", "public")
    proof = Proof(header=HEADER.lower(), secret="hook_secret", sign=lambda _body, secret: secret, signed=False)
    sending = "send"
    flood = flood(3)
    expired = told({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)

    def __init__(self) -> None:
        self.double = Telegram()
        self.channel = TelegramChannel(allow_private=True)
        self.bot = self.double.add_bot(TOKEN, "norrsken_bot", "Norrsken Air")
        self.letters = Letterbox(self.double)
        self.bot.hook, self.bot.secret = HOOK, SECRET
        self.people = [Telephone(self.double, self.bot, one) for one in (ANNA, PAWEL)]

    async def open(self) -> None:
        await self.double.start()
        self.letters.catch()

    async def close(self) -> None:
        await self.channel.close()
        await self.double.stop()

    def account(self, number: int) -> InboxFields:
        token, secret = ((TOKEN, SECRET), (OTHER_TOKEN, OTHER_SECRET))[number - 1]
        settings = {"handle": "@norrsken_bot", "api": self.double.url}
        return InboxFields(
            name="Telegram",
            address=f"telegram-{token.partition(':')[0]}",
            settings=settings,
            secrets={"token": token, "hook_secret": secret},
        )

    async def say(self, text: str, side: Side = "private", person: int = 1) -> Any:
        telephone = self.people[person - 1]
        return telephone, await (telephone.call(text, CREW) if side == "public" else telephone.say(text))

    async def edit(self, said: Any, text: str) -> bool:
        telephone, message = said
        await telephone.edit(message, text)
        return True

    async def remove(self, said: Any) -> bool:
        return False

    async def album(self, pictures: Sequence[bytes], person: int = 1) -> bool:
        await self.people[person - 1].album(pictures)
        return True

    async def native(self, text: str, person: int = 1) -> bool:
        return False

    async def tell_unknown(self) -> None:
        await self.double.tell(self.bot, something_new={"id": 5, "deep": [{"a": None}]})
        await self.double.tell(self.bot, message=None)

    async def echo(self) -> bool:
        return False

    def sent(self) -> list[str]:
        return [str(one.get("text")) for one in self.double.sent]
