"""One delivery of a page, understood. In: an event as Meta posts it, or one that polling or fetching put into that form."""

from __future__ import annotations

from sluss.channels.contract import Connection, Delivered, Understood, Unparsable
from sluss.channels.facebook.feed import Page, understand_around, understand_change
from sluss.channels.graph_talk import Side, understand_talk
from sluss.channels.said import a_text, an_object, instant, objects, read_object
from sluss.kernel.words import say

KIND = "page"


def understand_page(delivered: Delivered, connection: Connection) -> list[Understood]:
    """All that it says of the inbox's own page. Raises `Unparsable`."""
    said = read_object(delivered.raw)
    if said is None or said.get("object") != KIND:
        raise Unparsable(say("This is nothing that Meta posts about a page."))
    own, app = a_text(connection.settings.get("page_id")), a_text(connection.settings.get("app_id"))
    page = Page(own=own, address=connection.address, app=app)
    side = Side(network="facebook", own=own, address=connection.address, app=app)
    found: list[Understood] = understand_around(an_object(said["around"]), page) if "around" in said else []
    for entry in objects(said.get("entry")):
        if a_text(entry.get("id")) != own:
            continue
        changes = [*objects(entry.get("changes")), *([entry] if "field" in entry else [])]
        for change in changes:
            found += understand_change(change, page, instant(entry.get("time")))
        for item in (*objects(entry.get("messaging")), *objects(entry.get("standby"))):
            found += understand_talk(item, side)
    return found
