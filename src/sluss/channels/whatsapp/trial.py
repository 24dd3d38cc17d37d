"""Trying a number. In: its settings. Out: a line for each thing that must be right; nothing at Meta is changed."""

from __future__ import annotations

from sluss.channels.contract import Check, Connection, Refused, Unreachable
from sluss.channels.graph import Graph, account_of
from sluss.channels.said import a_text
from sluss.channels.whatsapp.receiving import NO_HOOK, PHONE, number_warning, posts_here
from sluss.channels.whatsapp.settings import WhatsappSettings
from sluss.channels.whatsapp.templates import list_templates
from sluss.kernel.text import clean_line
from sluss.kernel.words import say


async def try_number(graph: Graph, connection: Connection, settings: WhatsappSettings) -> list[Check]:
    """The number, its account with the templates, the webhook."""
    account = account_of(connection)
    try:
        said = await graph.get(account, settings.phone_number_id, fields=PHONE)
        warning = await number_warning(graph, account, settings)
    except (Refused, Unreachable) as error:
        fix = say("Compare the id of the number, the token and its permissions with what WhatsApp Manager shows.")
        return [Check("Number", "fail", error.reason, fix)]
    shown = clean_line(f"{a_text(said.get('verified_name'))} {a_text(said.get('display_phone_number'))}")[:120]
    number = Check("Number", "ok", say("WhatsApp knows us as %(name)s.", name=shown))
    if warning:
        number = Check("Number", "warn", warning, say("Look at the number in WhatsApp Manager."))
    return [number, await _account(graph, connection, settings), await _hook(graph, connection, settings)]


async def _account(graph: Graph, connection: Connection, settings: WhatsappSettings) -> Check:
    try:
        found = await list_templates(graph, account_of(connection), settings.waba_id)
    except (Refused, Unreachable) as error:
        fix = say("Give the token whatsapp_business_management, and compare the id of the WhatsApp Business account.")
        return Check("Templates", "fail", error.reason, fix)
    ready = sum(one.status == "APPROVED" for one in found)
    if not ready:
        fix = say("Apply for one in WhatsApp Manager: after 24 hours of silence only an approved text may be sent.")
        return Check("Templates", "warn", say("No template is approved."), fix)
    return Check("Templates", "ok", say("%(count)s templates are approved.", count=ready))


async def _hook(graph: Graph, connection: Connection, settings: WhatsappSettings) -> Check:
    if not connection.hook:
        return Check("Receiving", "fail", NO_HOOK, say("Set base_url to the public address of Sluss."))
    try:
        here = await posts_here(graph, account_of(connection), settings, connection.hook)
    except (Refused, Unreachable) as error:
        return Check("Receiving", "fail", error.reason, say("Give the token whatsapp_business_management."))
    if not here:
        return Check(
            "Receiving", "warn", say("Meta does not post here yet."), say("Enable the inbox: Sluss then sets the address by itself.")
        )
    return Check("Receiving", "ok", say("Meta posts what happens to %(hook)s.", hook=connection.hook))
