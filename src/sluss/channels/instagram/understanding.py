"""One delivery of an account, understood. In: an event as Meta posts it, or one that polling or fetching put into that form."""

from __future__ import annotations

from typing import Any

from sluss.channels.contract import Connection, Delivered, Understood, Unparsable
from sluss.channels.graph_talk import Side, understand_talk
from sluss.channels.instagram.comments import Own, understand_around, understand_change
from sluss.channels.said import a_text, an_object, instant, objects, read_object
from sluss.kernel.words import say

KIND = "instagram"


def understand_account(delivered: Delivered, connection: Connection) -> list[Understood]:
    """All that it says of the inbox's own account. Raises `Unparsable`."""
    said = read_object(delivered.raw)
    if said is None or said.get("object") != KIND:
        raise Unparsable(say("This is nothing that Meta posts about an Instagram account."))
    settings = connection.settings
    own = Own(id=a_text(settings.get("ig_id")), address=connection.address, handle=a_text(settings.get("handle")))
    side = Side(network=KIND, own=own.id, address=connection.address, app=a_text(settings.get("app_id")))
    found: list[Understood] = understand_around(an_object(said["around"]), own) if "around" in said else []
    for entry in objects(said.get("entry")):
        if a_text(entry.get("id")) != own.id:
            continue
        changes = [*objects(entry.get("changes")), *([entry] if "field" in entry else [])]
        for change in changes:
            found += understand_change(change, own, instant(entry.get("time")))
        for item in (*objects(entry.get("messaging")), *objects(entry.get("standby"))):
            found += [] if _to_itself(item, own.id) else understand_talk(item, side)
    return found


def _to_itself(item: dict[str, Any], own: str) -> bool:
    """What the account writes to itself is a note, and nobody's matter."""
    ends = {a_text(an_object(item.get(name)).get("id")) for name in ("sender", "recipient")}
    return bool(an_object(item.get("message")).get("is_self")) or ends == {own}
