"""The adapter that the rest of Sluss sees: a number on WhatsApp as a channel of the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

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
    Unreachable,
)
from sluss.channels.deeds import Deed
from sluss.channels.fetching import Fetched
from sluss.channels.graph import Graph, account_of
from sluss.channels.graph_hooks import challenge, prove
from sluss.channels.happenings import Wanted
from sluss.channels.templating import Template
from sluss.channels.whatsapp.fetching import fetch_file
from sluss.channels.whatsapp.posting import accounts_of, deliver_parts
from sluss.channels.whatsapp.receiving import Keeper, Waits
from sluss.channels.whatsapp.sending import DOCUMENT, TEXT, Sender
from sluss.channels.whatsapp.settings import WhatsappSettings, settings_of
from sluss.channels.whatsapp.templates import list_templates
from sluss.channels.whatsapp.trial import try_number
from sluss.channels.whatsapp.understanding import understand_event
from sluss.channels.whatsapp.verdicts import VERDICTS
from sluss.kernel.words import say


class WhatsappChannel:
    """A number. `waits` are how long it waits for what; with `allow_private` the interface may be a double."""

    name = "whatsapp"
    capabilities = Capabilities(
        icon="whatsapp",
        label="WhatsApp",
        visibility="private",
        can_attach=True,
        max_length=TEXT,
        max_file_bytes=DOCUMENT,
        splits=True,
        max_files=1,
        files_alone=True,
        deeds=frozenset({"react", "block", "unblock"}),
        window_hours=24,
        has_templates=True,
        hook_status=200,
    )

    def __init__(self, *, allow_private: bool = False, waits: Waits | None = None) -> None:
        self._graph = Graph(allow_private=allow_private, also=VERDICTS)
        self._sender, self._waits = Sender(self._graph), waits or Waits()

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return understand_event(delivered, connection)

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        """What Meta posts, one delivery for each message and each status of this number."""
        prove(posted, connection.secrets.get("app_secret", ""))
        return deliver_parts(posted, connection)

    def greet(self, query: Mapping[str, str], connection: Connection) -> str:
        return challenge(query, connection.secrets.get("verify_token", ""))

    def accounts(self, posted: Posted) -> set[str]:
        return accounts_of(posted.body)

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        await Keeper(self._graph, connection, around, self._waits).run(settings_of(connection))

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        return await self._sender.send(connection, _settings(connection), outbound, hand_over)

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        """WhatsApp cannot be asked; a status will tell."""
        return None

    async def perform(self, connection: Connection, deed: Deed, hand_over: Callable[[], Awaitable[None]]) -> str:
        return await self._sender.perform(connection, _settings(connection), deed, hand_over)

    async def fetch(self, connection: Connection, wanted: Wanted) -> Fetched:
        return await fetch_file(self._graph, connection, _settings(connection), wanted)

    async def templates(self, connection: Connection) -> list[Template]:
        return await list_templates(self._graph, account_of(connection), _settings(connection).waba_id)

    async def test(self, connection: Connection) -> list[Check]:
        """The number, its templates, the webhook."""
        try:
            settings = settings_of(connection)
        except msgspec.ValidationError:
            fix = say("Open the settings of this inbox and save them again.")
            return [Check("Settings", "fail", say("The settings of this inbox are incomplete."), fix)]
        return await try_number(self._graph, connection, settings)

    async def close(self) -> None:
        """Ends kept connections."""
        await self._graph.aclose()


def _settings(connection: Connection) -> WhatsappSettings:
    try:
        return settings_of(connection)
    except msgspec.ValidationError as error:
        raise Unreachable(say("The settings of this inbox are incomplete; open and save them again.")) from error
