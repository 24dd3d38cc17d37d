"""Trying a bot. In: its settings. Out: one line for each thing that must be right, with what to do where it is not. Nothing is changed."""

from __future__ import annotations

from typing import Any

from sluss.channels.contract import Check, Connection, Refused, Unreachable
from sluss.channels.telegram.bot import Bots
from sluss.channels.telegram.updates import object_of
from sluss.kernel.text import clean_line
from sluss.kernel.words import say


async def try_bot(bots: Bots, connection: Connection) -> list[Check]:
    """The token, the name, the groups, the webhook."""
    try:
        me = object_of(await bots.ask(connection, "getMe"))
        info = object_of(await bots.ask(connection, "getWebhookInfo"))
    except Refused as error:
        fix = say("Open @BotFather in Telegram, send /token, choose the bot, and paste what it answers into the settings.")
        return [Check("Token", "fail", error.reason, fix)]
    except Unreachable as error:
        return [Check("Token", "fail", error.reason, say("Try again in some minutes."))]
    name = clean_line(str(me.get("username") or ""))[:64]
    checks = [Check("Token", "ok", say("The bot is @%(name)s.", name=name)), _groups(connection, me, name)]
    return [*checks, _hook(connection, info)]


def _groups(connection: Connection, me: dict[str, Any], name: str) -> Check:
    listens, handle = connection.settings.get("groups") or "asked", str(connection.settings.get("handle") or "").lstrip("@")
    if listens == "no":
        return Check("Groups", "ok", say("The bot does not listen in groups."))
    if listens == "all" and not me.get("can_read_all_group_messages"):
        fix = say("Send /setprivacy to @BotFather, choose the bot, and press Disable. Then add the bot to its groups anew.")
        return Check("Groups", "warn", say("Telegram shows the bot only what is said to it."), fix)
    if handle.lower() != name.lower():
        fix = say("Write @%(name)s as the account's name in the settings.", name=name)
        return Check("Groups", "warn", say("In groups the bot is called @%(name)s.", name=name), fix)
    return Check("Groups", "ok", say("In groups the bot hears when it is called @%(name)s.", name=name))


def _hook(connection: Connection, info: dict[str, Any]) -> Check:
    url, waiting = str(info.get("url") or ""), info.get("pending_update_count")
    failed = clean_line(str(info.get("last_error_message") or ""))[:200]
    if not connection.hook or connection.settings.get("way") == "poll":
        if url:
            return Check(
                "Receiving", "warn", say("Another address receives this bot's messages now."), say("Stop the other program first.")
            )
        return Check("Receiving", "ok", say("Sluss asks Telegram for messages, which come at once."))
    if url != connection.hook:
        fix = say("Enable the inbox: Sluss then sets the address by itself. If this stays, another program uses the bot.")
        return Check("Receiving", "warn", say("Telegram does not post here yet."), fix)
    if waiting and failed:
        fix = say("See whether this installation can be reached from the internet at its public address, by HTTPS.")
        return Check("Receiving", "fail", say("Telegram cannot post here: %(words)s", words=failed), fix)
    return Check("Receiving", "ok", say("Telegram posts here."))
