"""Files that Meta names. In: a `Wanted`. Out: its bytes; what is gone is said to be gone."""

from __future__ import annotations

from sluss.channels.contract import Refused
from sluss.channels.fetching import Fetched
from sluss.channels.graph import Graph
from sluss.channels.happenings import Wanted
from sluss.channels.said import a_text
from sluss.kernel.words import say

LARGEST = 25_000_000


async def fetch_media(graph: Graph, wanted: Wanted) -> Fetched:
    """A file of Meta's media hosts; what a story shows is gone after a day."""
    try:
        media = await graph.download(a_text(wanted.ref.get("url")), most=LARGEST)
    except Refused as error:
        if wanted.ref.get("story") and error.permanent:
            raise Refused("expired", say("The story has expired: Meta keeps it for a day."), permanent=True) from error
        raise
    return Fetched(data=media.data, media_type=media.media_type)
