"""The networks themselves. In: a clock, addresses of hooks. Out: doubles with people on them, from `start` to `stop`.

Every start tells new stories by new people: what the doubles knew before is gone, and their numbers begin where the clock stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sluss.kernel.clock import SECOND
from sluss.sandbox.customers.company import NAME
from sluss.sandbox.graph.instagram import InstagramDouble
from sluss.sandbox.graph.life import GraphLife
from sluss.sandbox.graph.page import PageDouble
from sluss.sandbox.graph.server import APP_ID, APP_SECRET, TOKEN, VERIFY, GraphDouble
from sluss.sandbox.graph.whatsapp import WhatsappDouble
from sluss.sandbox.graph.whatsapp_life import WhatsappLife
from sluss.sandbox.mastodon import server as mastodon
from sluss.sandbox.mastodon.double import MastodonDouble
from sluss.sandbox.mastodon.life import MastodonLife
from sluss.sandbox.rivers.connecting import Account
from sluss.sandbox.telegram.life import TelegramLife
from sluss.sandbox.telegram.network import Telegram
from sluss.sandbox.wire import Double
from sluss.sandbox.x import world as x_world
from sluss.sandbox.x.double import XDouble
from sluss.sandbox.x.life import XLife
from sluss.sandbox.x.server import CONSUMER_SECRET

BOT = "7000000001:demo-bot-of-norrsken-air-0123456789"
BOT_SECRET = "hook-secret-of-the-demo"  # noqa: S105 - everybody may know the secrets of doubles


NETWORKS = ("facebook", "instagram", "whatsapp", "telegram", "x", "mastodon")


class River:
    """All doubles of the demo. `now` is microseconds UTC."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now, seed = now, now() // SECOND
        self.graph = GraphDouble(now=now, first=100 * seed, lenient=True)
        self.page, self.instagram = PageDouble(self.graph, name=NAME), InstagramDouble(self.graph)
        self.whatsapp = WhatsappDouble(self.graph)
        self.telegram = Telegram(now=lambda: now() / SECOND)
        self.bot = self.telegram.add_bot(BOT, "norrsken_bot", NAME)
        self.x, self.mastodon = XDouble(now=now), MastodonDouble(now=now)
        self._doubles: tuple[Double, ...] = (self.graph, self.telegram, self.x, self.mastodon)
        self._seed = seed

    async def start(self) -> None:
        """Open every network's doors."""
        for one in self._doubles:
            await one.start()

    async def stop(self) -> None:
        """Close them."""
        for one in self._doubles:
            await one.stop()

    @property
    def accounts(self) -> list[Account]:
        """Norrsken Air's own, one at each network."""
        meta = {"token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY}
        graph, telegram = {"api": self.graph.url}, {"api": self.telegram.url}
        return [
            Account(
                channel="facebook",
                name="Facebook",
                address=f"facebook-{self.page.id}",
                settings={"page_id": self.page.id, "app_id": APP_ID, "handle": NAME, "human_agent": True, **graph},
                secrets=meta,
            ),
            Account(
                channel="instagram",
                name="Instagram",
                address=f"instagram-{self.instagram.id}",
                settings={"ig_id": self.instagram.id, "handle": "@norrsken.air", "human_agent": True, **graph},
                secrets=meta,
            ),
            Account(
                channel="whatsapp",
                name="WhatsApp",
                address=f"whatsapp-{self.whatsapp.phone}",
                settings={"phone_number_id": self.whatsapp.phone, "waba_id": self.whatsapp.waba, "handle": "+46 8 123 456 78", **graph},
                secrets=meta,
            ),
            Account(
                channel="telegram",
                name="Telegram",
                address=f"telegram-{BOT.partition(':')[0]}",
                settings={"handle": "@norrsken_bot", **telegram},
                secrets={"token": BOT, "hook_secret": BOT_SECRET},
            ),
            Account(
                channel="x",
                name="X",
                address=f"x-{x_world.US}",
                settings={"user_id": x_world.US, "handle": "@norrskenair", "api": self.x.url},
                secrets={"token": "access-0", "consumer_secret": CONSUMER_SECRET},
            ),
            Account(
                channel="mastodon",
                name="Mastodon",
                address="mastodon-norrskenair.social.norrsken.example",
                settings={"server": "social.norrsken.example", "handle": "@norrskenair", "api": self.mastodon.url},
                secrets={"token": mastodon.TOKEN},
            ),
        ]

    def connect(self, hooks: dict[str, str]) -> None:
        """Where each network posts, by channel. Telegram and Mastodon are asked by their adapters."""
        self.graph.hook(self.page.id, hooks["facebook"])
        self.graph.hook(self.instagram.id, hooks["instagram"])
        self.graph.hook(self.whatsapp.waba, hooks["whatsapp"])
        self.x.hook = hooks["x"]

    async def live(self) -> None:
        """Let everybody write, until cancelled."""
        seconds = lambda: self._now() / SECOND  # noqa: E731 - the same clock, as the lives want it
        lives = (
            GraphLife(self.graph, self.page, self.instagram, seconds, self._seed),
            WhatsappLife(self.whatsapp, seconds, self._seed),
            TelegramLife(self.telegram, self.bot, seconds, self._seed),
            XLife(self.x, seconds, self._seed),
            MastodonLife(self.mastodon, seconds, self._seed),
        )
        async with asyncio.TaskGroup() as group:
            for one in lives:
                group.create_task(one.run())
