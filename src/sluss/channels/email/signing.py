"""Signing in at mail servers. In: an inbox with its password, or with access that gives tokens (SASL XOAUTH2). Out: who may talk."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from sluss.channels.contract import Access, Connection, Outbound, Sent, Unreachable
from sluss.channels.email.dial import Place
from sluss.channels.email.imap_client import ImapClient, ImapFailed, ImapRefused
from sluss.channels.email.settings import InboxSettings, secrets_of
from sluss.channels.email.smtp import Account, Sender, TokenRefused
from sluss.kernel.words import say

T = TypeVar("T")
Leaving = tuple[Outbound, Callable[[], Awaitable[None]]]
"""What is to be sent, and the last call before it can leave."""

UNCONNECTED = say("This mailbox is not connected yet. Save the inbox, and connect it on its page.")


async def signed_in(place: Place, settings: InboxSettings, connection: Connection) -> ImapClient:
    """An IMAP connection ready for commands. Raises `ImapFailed`."""
    if settings.auth == "password":
        return await _signed_in_with(place, lambda client: client.login(settings.user, secrets_of(connection).password))
    if connection.access is None:
        raise ImapFailed(UNCONNECTED)

    async def sign_in(token: str) -> ImapClient:
        user = settings.user or connection.address
        return await _signed_in_with(place, lambda client: client.authenticate(user, token), by_token=True)

    try:
        return await with_token(connection.access, place.host, sign_in)
    except Unreachable as error:
        raise ImapFailed(error.reason) from error


async def send_signed_in(sender: Sender, account: Account, connection: Connection, leaving: Leaving) -> tuple[Sent, bytes]:
    """Send as the inbox signs in. A refused token is found out before anything is handed over, so that trying again is safe."""
    if not account.by_token:
        return await sender.send(account, *leaving)
    if connection.access is None:
        raise Unreachable(UNCONNECTED)
    named = msgspec.structs.replace(account, user=account.user or connection.address)

    async def send(token: str) -> tuple[Sent, bytes]:
        return await sender.send(msgspec.structs.replace(named, password=token), *leaving)

    return await with_token(connection.access, account.place.host, send)


async def with_token(access: Access, host: str, sign_in: Callable[[str], Awaitable[T]]) -> T:
    """Sign in, once more with a fresh token when the first is refused, and no third time."""
    token = await access.token(host)
    try:
        return await sign_in(token)
    except TokenRefused:
        token = await access.token(host, refused=token)
    try:
        return await sign_in(token)
    except TokenRefused:
        await access.give_up(token)


async def _signed_in_with(place: Place, sign_in: Callable[[ImapClient], Awaitable[None]], *, by_token: bool = False) -> ImapClient:
    client = await ImapClient.connect(place)
    try:
        await sign_in(client)
    except ImapRefused as error:
        client.abort()
        if _PASSING.search(str(error)):
            raise ImapFailed(say("The server cannot check the sign-in now; it will be tried again.")) from error
        if by_token:
            raise TokenRefused from error
        raise ImapFailed(say("The server does not accept user name and password; many providers want an app password.")) from error
    except BaseException:
        client.abort()
        raise
    return client


_PASSING = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|THROTTLED|SERVERBUG)\]", re.IGNORECASE)
