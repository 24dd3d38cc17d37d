"""The adapter that the rest of Sluss sees: web chat as a channel of the contract.

In: envelopes that the visitors' own pages have brought to intake. Out: answers, which are kept where the visitor reads them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from sluss.channels.contract import (
    Capabilities,
    Check,
    Connection,
    Delivered,
    Outbound,
    Posted,
    Sent,
    Surroundings,
    Understood,
    Unverified,
)
from sluss.channels.webchat.identity import KEY
from sluss.channels.webchat.settings import ChatSettings, settings_of
from sluss.channels.webchat.understanding import TEXT, understand_chat
from sluss.kernel.words import say


class WebchatChannel:
    """Chat on a company's web site. The network is Sluss itself: what is stored is sent."""

    name = "webchat"
    capabilities = Capabilities(
        icon="message-circle",
        label="Web chat",
        visibility="private",
        can_attach=True,
        is_live=True,
        max_length=TEXT,
        max_file_bytes=20 * 1_048_576,
    )

    def __init__(self, *, allow_private: bool = False) -> None:
        """A chat connects to nothing, so there is no address to allow."""

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return understand_chat(delivered, connection.address)

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        raise Unverified(say("A chat takes messages from its visitors only."))

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        # The visitors' pages bring what they write to intake themselves; there is nothing to fetch.
        await around.progress("ok", "")
        await asyncio.Event().wait()

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        """Nothing leaves, so nothing can be lost on the way: the visitor's page shows the message as soon as this is written down."""
        return Sent("kept for the visitor")

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        return Sent("kept for the visitor")

    async def test(self, connection: Connection) -> list[Check]:
        """What can be seen from here: the web sites, and the key where visitors are to be proven."""
        try:
            settings = settings_of(connection)
        except msgspec.ValidationError:
            fix = say("Open the settings of this inbox and save them again.")
            return [Check("Settings", "fail", say("The settings of this inbox are incomplete."), fix)]
        return [_sites(settings), *([] if settings.identify == "no" else [_identity(connection)])]


def _sites(settings: ChatSettings) -> Check:
    if settings.origins:
        return Check("Web sites", "ok", say("The chat may be shown on %(sites)s.", sites=", ".join(settings.origins)[:400]))
    fix = say("Write the address of your web site into the settings, such as https://www.example.com.")
    return Check("Web sites", "warn", say("No web site may show this chat yet."), fix)


def _identity(connection: Connection) -> Check:
    if connection.secrets.get(KEY):
        return Check("Identity", "ok", say("Customers whom your own server vouches for are known."))
    fix = say("Make an identity key on the settings page, and sign with it on your server.")
    return Check("Identity", "fail", say("There is no identity key, so no customer can be proven."), fix)
