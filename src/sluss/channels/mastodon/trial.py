"""Trying an account at a Mastodon server. In: an inbox. Out: a line for each way in and out, changing nothing there."""

from __future__ import annotations

import asyncio

import msgspec

from sluss.channels.contract import Check, Connection, Refused, Unreachable
from sluss.channels.mastodon.api import MastodonApi
from sluss.channels.mastodon.instance import Instance, read_instance
from sluss.channels.mastodon.settings import mine_of, settings_of
from sluss.channels.said import a_text, an_object
from sluss.kernel.words import say

LOOK = 10.0
LIMITS = say("%(title)s (%(version)s) takes %(most)s characters and %(files)s files in a post.")


async def try_mastodon(api: MastodonApi, connection: Connection) -> list[Check]:
    """Whose account it is, what the server allows, whether mentions and the stream can be read."""
    try:
        settings_of(connection)
    except msgspec.ValidationError:
        fix = say("Open the settings of this inbox and save them again.")
        return [Check("Settings", "fail", say("The settings of this inbox are incomplete."), fix)]
    try:
        instance = await read_instance(api, connection)
    except (Refused, Unreachable) as error:
        return [Check("Server", "fail", error.reason, say("Look at the server’s name."))]
    limits = say(LIMITS, title=instance.title, version=instance.version, most=instance.characters, files=instance.files)
    account = await _account(api, connection)
    if account.state == "fail":
        return [Check("Server", "ok", limits), account]
    return [Check("Server", "ok", limits), account, await _mentions(api, connection), await _stream(api, connection, instance)]


async def _account(api: MastodonApi, connection: Connection) -> Check:
    mine = mine_of(connection)
    try:
        name = a_text(an_object(await api.get(connection, "/api/v1/accounts/verify_credentials")).get("username"))
    except (Refused, Unreachable) as error:
        return Check("Account", "fail", error.reason, say("Connect the account again, or paste a new access token."))
    if name.lower() != mine.name:
        fix = say("Connect as the account of this inbox, or correct its name.")
        return Check("Account", "fail", say("The access belongs to another account: @%(handle)s.", handle=name), fix)
    return Check("Account", "ok", say("Signed in as @%(handle)s.", handle=mine.acct))


async def _mentions(api: MastodonApi, connection: Connection) -> Check:
    try:
        await api.get(connection, "/api/v1/notifications", [("types[]", "mention"), ("limit", "1")])
    except (Refused, Unreachable) as error:
        return Check("Mentions", "fail", error.reason, say("Give the scope read:notifications when you connect the account."))
    return Check("Mentions", "ok", say("Mentions can be read."))


async def _stream(api: MastodonApi, connection: Connection, instance: Instance) -> Check:
    try:
        async with asyncio.timeout(LOOK), api.stream(connection, instance.streaming, "/api/v1/streaming/user"):
            return Check("News at once", "ok", say("The server’s stream is open."))
    except (Refused, Unreachable) as error:
        return Check("News at once", "warn", error.reason, say("Sluss asks once a minute instead; nothing is lost."))
    except TimeoutError:
        return Check("News at once", "warn", say("The stream does not open."), say("Sluss asks once a minute instead; nothing is lost."))
