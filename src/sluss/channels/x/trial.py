"""Trying an account at X. In: an inbox. Out: a line for each way in and out, changing nothing there."""

from __future__ import annotations

import msgspec

from sluss.channels.contract import Check, Connection, Refused, Unreachable
from sluss.channels.said import a_text
from sluss.channels.x.api import XApi, data_of, list_of
from sluss.channels.x.settings import XSettings, settings_of
from sluss.kernel.words import say


async def try_x(api: XApi, connection: Connection) -> list[Check]:
    """Whose account it is, whether messages can be read, whether X posts here, what the plan and the cap mean."""
    try:
        settings = settings_of(connection)
    except msgspec.ValidationError:
        fix = say("Open the settings of this inbox and save them again.")
        return [Check("Settings", "fail", say("The settings of this inbox are incomplete."), fix)]
    access = await _access(api, connection, settings)
    if access.state == "fail":
        return [access]
    return [access, await _messages(api, connection), await _hook(api, connection), _renewal(connection), _plan(settings)]


async def _access(api: XApi, connection: Connection, settings: XSettings) -> Check:
    try:
        me = data_of(await api.get(connection, "/2/users/me"))
    except (Refused, Unreachable) as error:
        return Check("Account", "fail", error.reason, say("Connect the account again, or paste a fresh access token and refresh token."))
    if a_text(me.get("id")) != settings.user_id:
        fix = say("Connect as the account of this inbox, or correct its number.")
        return Check("Account", "fail", say("The access belongs to another account: @%(handle)s.", handle=me.get("username")), fix)
    return Check("Account", "ok", say("Signed in as @%(handle)s.", handle=me.get("username")))


async def _messages(api: XApi, connection: Connection) -> Check:
    try:
        await api.get(connection, "/2/dm_events", max_results=1)
    except (Refused, Unreachable) as error:
        return Check("Direct messages", "warn", error.reason, say("Give the scopes dm.read and dm.write when you connect the account."))
    return Check("Direct messages", "ok", say("Direct messages can be read. Those that X encrypts are shown as a link."))


async def _hook(api: XApi, connection: Connection) -> Check:
    if not connection.hook:
        fix = say("Sluss must be reached by https from the internet; set SLUSS_BASE_URL.")
        return Check("News at once", "warn", say("X cannot post to this Sluss, so it asks once a minute."), fix)
    if not connection.secrets.get("consumer_secret") or not connection.secrets.get("bearer"):
        fix = say("Enter API key secret and bearer token.")
        return Check("News at once", "warn", say("Without the app's own keys Sluss asks X once a minute."), fix)
    try:
        entered = list_of(await api.get(connection, "/2/webhooks", by="app"))
    except (Refused, Unreachable) as error:
        return Check("News at once", "fail", error.reason, say("Look at the bearer token of your app."))
    found = next((one for one in entered if one.get("url") == connection.hook), None)
    if found is None:
        return Check("News at once", "warn", say("The address of this inbox is not entered at X yet; Sluss does it by itself."))
    if found.get("valid") is False:
        fix = say("See that the API key secret is the app's, and that nothing between X and Sluss leads elsewhere.")
        return Check("News at once", "fail", say("X has found the address of this inbox not to answer rightly."), fix)
    return Check("News at once", "ok", say("X posts to this inbox."))


def _renewal(connection: Connection) -> Check:
    if connection.access is not None:
        return Check("Renewal", "ok", say("Sluss renews the access by itself."))
    fix = say("Connect the account again with offline.access, or enter client ID and refresh token.")
    return Check("Renewal", "warn", say("The access ends two hours after it was given, and Sluss cannot renew it."), fix)


def _plan(settings: XSettings) -> Check:
    if settings.plan == "enterprise":
        return Check("Answers", "ok", say("Under Enterprise every post can be answered."))
    return Check("Answers", "ok", say("Who mentions or quotes you can be answered; others on X. An answer with a link costs 0.20 dollars."))
