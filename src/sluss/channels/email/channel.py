"""The adapter that the rest of Sluss sees: mail as a channel of the contract."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import structlog

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
from sluss.channels.email import http_in, receiving
from sluss.channels.email.form import FOLDERS
from sluss.channels.email.imap import imap_place, sent_folder
from sluss.channels.email.imap_client import ImapClient, ImapFailed, ImapRefused
from sluss.channels.email.imap_words import decoded_name
from sluss.channels.email.reading.understand import understand_mail
from sluss.channels.email.settings import InboxSettings, ours_of, secrets_of, settings_of
from sluss.channels.email.signing import send_signed_in, signed_in
from sluss.channels.email.smtp import Sender, account_of
from sluss.channels.email.trial import try_mailbox
from sluss.kernel.words import say

_COPY_SECONDS = 60.0
_LOOK_SECONDS = 40.0
_FOLDERS = 500
_CLOSE_SECONDS = 5.0
_log = structlog.stdlib.get_logger("sluss.channels.email")


class EmailChannel:
    """Mail by IMAP, LMTP or signed POST in, by SMTP out. `allow_private` lets inboxes use servers with private addresses."""

    name = "email"
    capabilities = Capabilities(
        icon="mail",
        label="E-mail",
        visibility="private",
        can_cc=True,
        can_attach=True,
        can_look_up=True,
        is_letter=True,
        max_file_bytes=25 * 1_048_576,
        undo_seconds=10,
    )

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._sender = Sender()
        self._copies: set[asyncio.Task[None]] = set()

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return understand_mail(delivered, ours_of(connection))

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        return http_in.accept(posted, connection)

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        if connection.settings.get("way_in", "imap") == "imap":
            await receiving.listen(connection, around, allow_private=self._allow_private)
        # The listener and HTTP receive for all inboxes together; there is nothing to poll here.
        await around.progress("ok", "")
        await asyncio.Event().wait()

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        try:
            settings, secrets = settings_of(connection), secrets_of(connection)
        except msgspec.ValidationError as error:
            raise Unreachable(say("The settings of this inbox are incomplete; open and save them again.")) from error
        account = account_of(settings, secrets, allow_private=self._allow_private)
        sent, raw = await send_signed_in(self._sender, account, connection, (outbound, hand_over))
        # With several recipients there is one delivery each; the copy belongs to the first.
        if settings.sent_copy and settings.imap_host and outbound.recipient.address == outbound.to[0].address:
            copy = asyncio.create_task(self._keep_copy(connection, settings, raw))
            self._copies.add(copy)
            copy.add_done_callback(self._copies.discard)
        return sent

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        """A mail in the Sent folder was taken: providers put it there themselves, and our own copy follows only success."""
        settings = settings_of(connection)
        if not settings.imap_host:
            return None
        try:
            client = await self._signed_in(connection, settings)
        except ImapFailed as error:
            raise Unreachable(error.reason) from error
        try:
            return await _find_sent(client, settings, external_id)
        except ImapFailed as error:
            raise Unreachable(error.reason) from error
        except ImapRefused:
            return None
        finally:
            await client.logout()

    async def choices(self, connection: Connection, field: str) -> list[str]:
        """The folders of the mailbox, as people read their names. Raises `Unreachable`."""
        if field != FOLDERS:
            return []
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                client = await self._signed_in(connection, settings_of(connection))
                try:
                    found = await client.folders()
                finally:
                    await client.logout()
        except ImapFailed as error:
            raise Unreachable(error.reason) from error
        except (ImapRefused, TimeoutError, msgspec.ValidationError) as error:
            raise Unreachable(say("The server does not tell its folders. Check server, user name and password.")) from error
        names = {decoded_name(name) for flags, name in found if not flags & {"\\NOSELECT", "\\NONEXISTENT"}}
        return sorted(names, key=lambda name: (name.upper() != "INBOX", name.casefold()))[:_FOLDERS]

    async def test(self, connection: Connection) -> list[Check]:
        """Tries every way in and out; sends one mail from the mailbox to itself."""
        return await try_mailbox(connection, time.time_ns() // 1000, allow_private=self._allow_private)

    async def close(self) -> None:
        """Ends kept connections, and gives copies under way a moment."""
        if self._copies:
            _, late = await asyncio.wait(self._copies, timeout=_CLOSE_SECONDS)
            for copy in late:
                copy.cancel()
        await self._sender.close()

    async def _keep_copy(self, connection: Connection, settings: InboxSettings, raw: bytes) -> None:
        """Best effort: the mail has gone out whatever happens here."""
        try:
            async with asyncio.timeout(_COPY_SECONDS):
                client = await self._signed_in(connection, settings)
                try:
                    folder = await sent_folder(client, settings)
                    if folder:
                        await client.append(folder, raw)
                finally:
                    await client.logout()
        except (ImapFailed, ImapRefused, TimeoutError) as error:
            _log.warning("No copy was put into the Sent folder.", inbox_id=connection.inbox_id, reason=str(error))

    async def _signed_in(self, connection: Connection, settings: InboxSettings) -> ImapClient:
        return await signed_in(imap_place(settings, allow_private=self._allow_private), settings, connection)


async def _find_sent(client: ImapClient, settings: InboxSettings, external_id: str) -> Sent | None:
    folder = await sent_folder(client, settings)
    if not folder:
        return None
    await client.examine_encoded(folder)
    quoted = external_id.replace("\\", "\\\\").replace('"', '\\"')
    found = await client.search(f'HEADER Message-ID "{quoted}"')
    return Sent("found in the Sent folder") if found else None
