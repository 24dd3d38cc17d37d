"""Keeping a number connected. In: an account, and what its host gives. Out: a webhook that is set, templates that are known, and warnings.

WhatsApp gives no messages to whoever asks: everything comes by the webhook, which Meta tries for a week.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Refused, ResultUnknown, Surroundings, Unreachable
from sluss.channels.graph import Account, Graph, account_of
from sluss.channels.said import a_text, objects
from sluss.channels.whatsapp.settings import WhatsappSettings
from sluss.channels.whatsapp.templates import list_templates
from sluss.kernel.clock import SECOND
from sluss.kernel.words import say

PHONE = "id,display_phone_number,verified_name,quality_rating,status,code_verification_status"
NO_HOOK = say("WhatsApp only posts, and this installation has no public address with HTTPS (base_url). Nothing can be received.")


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: between looks at the account, after a failure at first and at most."""

    look: float = 900.0
    first: float = 5.0
    longest: float = 900.0


class Keeper:
    """One number's connection."""

    def __init__(self, graph: Graph, connection: Connection, around: Surroundings, waits: Waits) -> None:
        self._graph, self._connection, self._around, self._waits = graph, connection, around, waits

    async def run(self, settings: WhatsappSettings) -> None:
        """Look after it until cancelled."""
        wait = self._waits.first
        while True:
            try:
                await self._around.progress(*await self._round(settings))
                wait, rest = self._waits.first, self._waits.look
            except Refused as error:
                await self._around.progress("failing", error.reason)
                wait, rest = min(wait * 2, self._waits.longest), max(wait, error.wait / SECOND)
            except (Unreachable, ResultUnknown) as error:
                await self._around.progress("failing", error.reason)
                wait, rest = min(wait * 2, self._waits.longest), wait
            await asyncio.sleep(rest)

    async def _round(self, settings: WhatsappSettings) -> tuple[str, str]:
        account = account_of(self._connection)
        warning = await number_warning(self._graph, account, settings)
        if self._around.templates is not None:
            await self._around.templates(await list_templates(self._graph, account, settings.waba_id))
        if not self._connection.hook:
            return unposted(settings, warning)
        await self._subscribe(account, settings)
        return "ok", warning

    async def _subscribe(self, account: Account, settings: WhatsappSettings) -> None:
        """Meta posts for this account to our own address, whatever the app's general one is."""
        if await posts_here(self._graph, account, settings, self._connection.hook):
            return
        verify = self._connection.secrets.get("verify_token", "")
        fields: dict[str, Any] = {"override_callback_uri": self._connection.hook, "verify_token": verify} if verify else {}
        await self._graph.post(account, f"{settings.waba_id}/subscribed_apps", **fields)


def unposted(settings: WhatsappSettings, warning: str) -> tuple[str, str]:
    """How it stands where Meta knows no way to us; a stand-in of Meta's was told one by whoever set it up."""
    return ("ok", warning) if settings.api else ("failing", NO_HOOK)


async def posts_here(graph: Graph, account: Account, settings: WhatsappSettings, hook: str) -> bool:
    """Whether Meta posts what happens to the account to an address."""
    said = await graph.get(account, f"{settings.waba_id}/subscribed_apps")
    return any(a_text(one.get("override_callback_uri")) == hook for one in objects(said.get("data")))


async def number_warning(graph: Graph, account: Account, settings: WhatsappSettings) -> str:
    """What is odd about the number; empty when nothing is."""
    said = await graph.get(account, settings.phone_number_id, fields=PHONE)
    status, quality = a_text(said.get("status")).upper(), a_text(said.get("quality_rating")).upper()
    if status not in {"", "CONNECTED"}:
        return say("WhatsApp says that the number is %(status)s. See what it says in WhatsApp Manager.", status=status)
    if quality == "RED":
        return say("Customers mark messages of this number as unwanted: its quality is low, and WhatsApp may limit it.")
    return ""
