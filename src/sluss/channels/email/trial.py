"""Trying a mailbox. In: its settings. Out: one line for each way in and out, with what to do where it failed."""

from __future__ import annotations

import asyncio

import msgspec

from sluss.channels.contract import Address, Check, Connection, Outbound, Refused, ResultUnknown, Unreachable
from sluss.channels.email.compose import new_message_id
from sluss.channels.email.imap import imap_place
from sluss.channels.email.imap_client import ImapClient, ImapFailed, ImapRefused
from sluss.channels.email.reading.understand import TRIAL
from sluss.channels.email.settings import InboxSecrets, InboxSettings, folders_of, secrets_of, settings_of
from sluss.channels.email.signing import send_signed_in, signed_in
from sluss.channels.email.smtp import Sender, account_of
from sluss.kernel.words import say

_ROUND_TRIP_SECONDS = 30.0


async def try_mailbox(connection: Connection, now: int, *, allow_private: bool) -> list[Check]:
    """Every way in and out, tried for real: a small mail goes from the mailbox to itself. `now` in microseconds UTC."""
    try:
        settings, secrets = settings_of(connection), secrets_of(connection)
    except msgspec.ValidationError:
        return [Check("Settings", "fail", "The settings are incomplete.", "Open the settings, fill in every field, and save.")]
    trial = _Trial(connection, settings, secrets, allow_private=allow_private)
    return await trial.run(now)


class _Trial:
    """One trial, collecting its lines."""

    def __init__(self, connection: Connection, settings: InboxSettings, secrets: InboxSecrets, *, allow_private: bool) -> None:
        self._connection, self._settings, self._secrets, self._allow_private = connection, settings, secrets, allow_private
        self._checks: list[Check] = []

    async def run(self, now: int) -> list[Check]:
        client = await self._way_in() if self._settings.way_in == "imap" else None
        try:
            message_id = await self._way_out(now)
            if client and message_id:
                await self._round_trip(client, message_id)
        finally:
            if client:
                await client.logout()
        return self._checks

    async def _way_in(self) -> ImapClient | None:
        place = imap_place(self._settings, allow_private=self._allow_private)
        try:
            client = await signed_in(place, self._settings, self._connection)
        except ImapFailed as error:
            self._checks.append(
                Check("Incoming mail", "fail", error.reason, self._fix(say("Correct the incoming server, user name or password.")))
            )
            return None
        self._checks.append(Check("Incoming mail", "ok", say("Signed in at %(host)s.", host=place.host)))
        return client if await self._folder(client) else None

    def _fix(self, by_password: str) -> str:
        return by_password if self._settings.auth == "password" else say("See on the inbox’s page whether it is connected.")

    async def _folder(self, client: ImapClient) -> bool:
        """Every folder that is to be read; the first one stays open."""
        opened = [name for name in reversed(folders_of(self._settings)) if await self._opens(client, name)]
        if self._settings.folder not in opened:
            await client.logout()
            return False
        if "IDLE" in client.capabilities:
            self._checks.append(Check("New mail at once", "ok", "The server tells of new mail at once."))
        else:
            detail = say("The server does not push; Sluss looks every %(seconds)s seconds.", seconds=self._settings.poll_seconds)
            self._checks.append(Check("New mail at once", "warn", detail, "Nothing needs to be done."))
        return True

    async def _opens(self, client: ImapClient, name: str) -> bool:
        try:
            await client.examine(name)
        except (ImapFailed, ImapRefused):
            detail = say("The folder %(folder)s cannot be opened.", folder=name)
            self._checks.append(Check("Folder", "fail", detail, "Write the folder's name as the server has it."))
            return False
        self._checks.append(Check("Folder", "ok", say("The folder %(folder)s can be read.", folder=name)))
        return True

    async def _way_out(self, now: int) -> str:
        """The id of the mail sent, empty when it could not be."""
        outbound = _greeting(self._connection, self._settings, now)
        sender = Sender()
        account = account_of(self._settings, self._secrets, allow_private=self._allow_private)
        try:
            sent, _ = await send_signed_in(sender, account, self._connection, (outbound, _nothing))
        except Unreachable as error:
            self._checks.append(
                Check("Outgoing mail", "fail", error.reason, self._fix(say("Correct the outgoing server, user name or password.")))
            )
        except Refused as error:
            detail = say("The server refused the mail: %(code)s %(reason)s", code=error.code, reason=error.reason)
            self._checks.append(Check("Outgoing mail", "fail", detail, "Check that this user may send as this address."))
        except ResultUnknown as error:
            self._checks.append(Check("Outgoing mail", "warn", error.reason, "Try again in a minute."))
        else:
            self._checks.append(
                Check("Outgoing mail", "ok", say("%(host)s took a test mail: %(answer)s", host=account.place.host, answer=sent.detail))
            )
            return outbound.external_id
        finally:
            await sender.close()
        return ""

    async def _round_trip(self, client: ImapClient, message_id: str) -> None:
        try:
            async with asyncio.timeout(_ROUND_TRIP_SECONDS):
                await _arrival(client, message_id)
        except (TimeoutError, ImapFailed, ImapRefused):
            detail = say("The test mail did not arrive in the folder within %(seconds)s seconds.", seconds=round(_ROUND_TRIP_SECONDS))
            fix = say("Look for it in the spam folder; check that the address delivers into this mailbox.")
            self._checks.append(Check("Round trip", "warn", detail, fix))
        else:
            self._checks.append(Check("Round trip", "ok", "The test mail went out and came back."))


async def _arrival(client: ImapClient, message_id: str) -> None:
    while not await client.search(f'HEADER Message-ID "{message_id}"'):
        await client.command("NOOP")
        await asyncio.sleep(0.5)


def _greeting(connection: Connection, settings: InboxSettings, now: int) -> Outbound:
    own = Address(connection.address, settings.from_name)
    return Outbound(
        external_id=TRIAL + new_message_id(connection.address),
        recipient=own,
        sender=own,
        reply_to=own,
        to=(own,),
        subject="Sluss: test of this mailbox",
        text="This mail was sent by the test of the mailbox's settings. It can be deleted.",
        sent_at=now,
    )


async def _nothing() -> None:
    """There is no attempt to record: nobody waits for this mail."""
