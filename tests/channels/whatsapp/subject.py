"""WhatsApp before the contract suite: one number."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from sluss.channels.inboxes import InboxFields
from sluss.channels.whatsapp.channel import WhatsappChannel
from sluss.sandbox.graph.server import APP_SECRET, TOKEN, VERIFY, GraphDouble, error, limited
from sluss.sandbox.graph.whatsapp import CALLER_ANNA, CALLER_PAWEL, PHONE, WABA, WhatsappDouble
from tests.channels.contract.subject import HOOK, NOW, Letterbox, Posting, Proof, Side


def sign(body: bytes, secret: str) -> str:
    """What Meta puts into the header."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class SUBJECT(Posting):
    """One number; customers are Anna and Paweł."""

    name = "whatsapp"
    sides: tuple[Side, ...] = ("private",)
    proof = Proof(header="x-hub-signature-256", secret="app_secret", sign=sign)
    sending = f"/{PHONE}/messages"
    flood = limited(3)
    expired = error(190, 463, "Error validating access token: Session has expired.", 401)

    def __init__(self) -> None:
        self.channel = self.adapter = WhatsappChannel(allow_private=True)
        self.double = GraphDouble(now=lambda: NOW)
        self.letters = self._letters = Letterbox(self.double)
        self.number = WhatsappDouble(self.double)
        self.number.statuses = ("sent",)
        self.double.echo = "none"
        self._people = {1: CALLER_ANNA, 2: CALLER_PAWEL}

    async def open(self) -> None:
        await self.double.start()
        self._letters.catch()
        self.double.hook(WABA, HOOK)

    async def close(self) -> None:
        await self.adapter.close()
        await self.double.stop()

    def account(self, number: int) -> InboxFields:
        phone = PHONE if number == 1 else f"{PHONE}{number}"
        secrets = {"token": TOKEN, "app_secret": APP_SECRET if number == 1 else f"{APP_SECRET}-{number}", "verify_token": VERIFY}
        settings = {"phone_number_id": phone, "waba_id": WABA, "api": self.double.url, "read_marks": False}
        return InboxFields(name="WhatsApp", address=f"whatsapp-{phone}", settings=settings, secrets=secrets)

    async def say(self, text: str, side: Side = "private", person: int = 1) -> Any:
        del side
        return await self.number.say(self._people[person], text)

    async def edit(self, said: Any, text: str) -> bool:
        await self.number.edit(CALLER_ANNA, said, text)
        return True

    async def remove(self, said: Any) -> bool:
        await self.number.revoke(CALLER_ANNA, said)
        return True

    async def album(self, pictures: Sequence[bytes], person: int = 1) -> bool:
        await self.number.album(self._people[person], pictures, "Trasig")
        return True

    async def native(self, text: str, person: int = 1) -> bool:
        await self.number.native_reply(self._people[person], text)
        return True

    async def tell_unknown(self) -> None:
        await self.number.news("message_from_mars", {"words": "?"})
        await self.number.news("flows", {"event": "?"})
        await self.double.tell("whatsapp_business_account", WABA, "changes", {"field": "messages", "value": {"telepathy": [1]}})

    async def echo(self) -> bool:
        """WhatsApp shows no words of ours, but a status with our key, which makes no second message."""
        if self.double.last is not None:
            await self.double.last()
        return self.double.last is not None

    def sent(self) -> list[str]:
        return self.double.sent
