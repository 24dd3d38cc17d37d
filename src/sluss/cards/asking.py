"""Asking an outside system. In: its address, its secret, a question. Out: cards, or why there are none; never later than it was given time.

Everything goes through the guarded client. Nothing is followed elsewhere, and two agents who open the same customer ask once.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Hashable
from typing import Any, Literal

import msgspec

from sluss.cards.contract import LARGEST, Card, Unfit, read_answer
from sluss.cards.sources import is_near
from sluss.kernel.addresses import WEB_PORTS, AddressRefused
from sluss.kernel.clock import SECOND
from sluss.kernel.http import Answer, GuardedClient, OutgoingError, Policy
from sluss.kernel.words import say

WORST_SECONDS = 10.0
NOTHING = frozenset({204, 404})


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One question to one system: `body` as it is sent, `patience` in milliseconds, `sent_at` in microseconds UTC."""

    url: str
    secret: bytes
    body: bytes
    patience: int
    sent_at: int

    def __repr__(self) -> str:
        return f"Asking({self.url!r}, …)"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `reason` is a sentence for administrators; `took` in milliseconds."""

    trouble: Literal["", "slow", "failed"] = ""
    cards: tuple[Card, ...] = ()
    reason: str = ""
    took: int = 0


class CardClient:
    """One per process. `private`: systems may have private addresses, and on this machine speak plain HTTP."""

    def __init__(self, *, private: bool, **options: Any) -> None:
        limits: dict[str, Any] = {"seconds": WORST_SECONDS, "max_bytes": LARGEST}
        self._client = GuardedClient(Policy(allow_private=private, ports=None if private else WEB_PORTS, **limits), **options)
        self._near = GuardedClient(Policy(allow_private=True, allow_http=True, ports=None, **limits))
        self._private = private
        self._asked: dict[Hashable, asyncio.Task[Outcome]] = {}

    async def ask(self, asking: Asking, key: Hashable = None) -> Outcome:
        """The outcome; never raises for what the other side does. The same `key` at the same time is asked once."""
        if key is None:
            return await self._ask(asking)
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._ask(asking))
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._near.aclose()

    async def _ask(self, asking: Asking) -> Outcome:
        began = time.monotonic()
        try:
            async with asyncio.timeout(asking.patience / 1_000):
                answer = await self._send(asking)
            outcome = Outcome(cards=_cards_of(answer))
        except TimeoutError:
            outcome = Outcome(trouble="slow", reason=say("No answer within %(patience)s ms.", patience=asking.patience))
        except (OutgoingError, AddressRefused, Unfit) as error:
            outcome = Outcome(trouble="failed", reason=str(error))
        return msgspec.structs.replace(outcome, took=round((time.monotonic() - began) * 1_000))

    async def _send(self, asking: Asking) -> Answer:
        headers = {"content-type": "application/json", "accept": "application/json", **signature(asking)}
        client = self._near if self._private and is_near(asking.url) else self._client
        return await client.request("POST", asking.url, headers=headers, content=asking.body)


def signature(asking: Asking) -> dict[str, str]:
    """The headers that prove a question: seconds since 1970, and HMAC-SHA256 over `seconds.body`."""
    seconds = str(asking.sent_at // SECOND)
    mark = hmac.new(asking.secret, seconds.encode() + b"." + asking.body, hashlib.sha256).hexdigest()
    return {"sluss-timestamp": seconds, "sluss-signature": f"v1={mark}"}


def _cards_of(answer: Answer) -> tuple[Card, ...]:
    if answer.status in NOTHING:
        return ()
    if answer.status in {401, 403}:
        raise Unfit(say("It refused us (%(status)s): the secret is not the one that it knows.", status=answer.status))
    if 300 <= answer.status < 400:
        raise Unfit(say("It sends us elsewhere (%(status)s), which is not followed. Enter the address that answers.", status=answer.status))
    if answer.status != 200:
        raise Unfit(say("It answered %(status)s.", status=answer.status))
    return read_answer(answer.body)
