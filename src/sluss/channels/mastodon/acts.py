"""Deeds at a Mastodon server beside answering. In: a deed. Out: a word; what stands so already is done.

Nobody can hide another's answer there: what can be done is to block its author, and to report it to their moderators.
"""

from __future__ import annotations

from sluss.channels.contract import Connection, Refused
from sluss.channels.deeds import Deed
from sluss.channels.mastodon.api import HandOver, MastodonApi, part
from sluss.channels.mastodon.sending import leading_names
from sluss.channels.said import a_text, an_object, objects
from sluss.kernel.words import say

DEEDS = frozenset({"delete", "edit", "like", "unlike", "block", "unblock", "report"})
MARKS = {"like": "favourite", "unlike": "unfavourite"}


async def perform(api: MastodonApi, connection: Connection, deed: Deed, hand_over: HandOver) -> str:
    """Do it once. Raises as sending does."""
    status = f"/api/v1/statuses/{part(deed.external_id)}"
    match deed.kind:
        case "like" | "unlike":
            await hand_over()
            await api.do(connection, ("POST", f"{status}/{MARKS[deed.kind]}"))
        case "delete" if deed.of == "out":
            await _delete(api, connection, status, hand_over)
        case "edit" if deed.of == "out":
            await _edit(api, connection, deed, hand_over)
        case "block" | "unblock":
            person = await _number_of(api, connection, deed)
            await hand_over()
            await api.do(connection, ("POST", f"/api/v1/accounts/{part(person)}/{deed.kind}"))
        case "report":
            fields = {"account_id": await _number_of(api, connection, deed), "status_ids": [deed.external_id], "forward": True}
            await hand_over()
            await api.do(connection, ("POST", "/api/v1/reports"), fields | {"comment": deed.value[:1000]})
        case _:
            raise Refused("unknown", say("That cannot be done on Mastodon."), permanent=True)
    return deed.kind


async def _delete(api: MastodonApi, connection: Connection, status: str, hand_over: HandOver) -> None:
    await hand_over()
    try:
        await api.do(connection, ("DELETE", status))
    except Refused as error:
        if error.code not in {"404", "410"}:
            raise


async def _edit(api: MastodonApi, connection: Connection, deed: Deed, hand_over: HandOver) -> None:
    """New words; whom the post named, its warning and its files stay."""
    status = f"/api/v1/statuses/{part(deed.external_id)}"
    source = an_object(await api.get(connection, f"{status}/source"))
    before = an_object(await api.get(connection, status))
    fields = {
        "status": f"{leading_names(a_text(source.get('text')))}{deed.value}",
        "spoiler_text": a_text(source.get("spoiler_text")),
        "sensitive": bool(before.get("sensitive")),
        "media_ids": [a_text(one.get("id")) for one in objects(before.get("media_attachments"))],
    }
    await hand_over()
    await api.do(connection, ("PUT", status), fields)


async def _number_of(api: MastodonApi, connection: Connection, deed: Deed) -> str:
    """Under which number the server has an author."""
    known = a_text(deed.facts.get("account"))
    if known:
        return known
    found = an_object(await api.get(connection, "/api/v1/accounts/lookup", [("acct", deed.author.address)]))
    return a_text(found.get("id"))
