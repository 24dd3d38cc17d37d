"""Files that a message only names. In: a number of Meta's. Out: bytes, checked against what Meta says they are."""

from __future__ import annotations

import base64
import hashlib

from sluss.channels.contract import Connection, Refused, Unreachable
from sluss.channels.fetching import Fetched
from sluss.channels.graph import Graph, account_of
from sluss.channels.happenings import Wanted
from sluss.channels.said import a_text, whole
from sluss.channels.whatsapp.settings import WhatsappSettings
from sluss.kernel.words import say

LARGEST = 100_000_000


async def fetch_file(graph: Graph, connection: Connection, settings: WhatsappSettings, wanted: Wanted) -> Fetched:
    """The link lives for five minutes, so it is asked for and used at once, with our token. Raises `Refused` or `Unreachable`."""
    account = account_of(connection)
    said = await graph.get(account, a_text(wanted.ref.get("media")), phone_number_id=settings.phone_number_id)
    if whole(said.get("file_size")) > LARGEST:
        raise Refused("size", say("The file is larger than %(most)s MB.", most=LARGEST // 1_000_000), permanent=True)
    media = await graph.download(a_text(said.get("url")), most=LARGEST, account=account)
    if not _is_whole(media.data, a_text(said.get("sha256"))):
        raise Unreachable(say("The file came damaged from WhatsApp."))
    media_type = a_text(said.get("mime_type")).partition(";")[0].strip().lower() or media.media_type
    return Fetched(data=media.data, media_type=media_type, name=wanted.name)


def _is_whole(data: bytes, told: str) -> bool:
    """Meta tells digests in hexadecimal or base64; what is neither proves nothing."""
    digest = hashlib.sha256(data).digest()
    return len(told) not in {44, 64} or told in {digest.hex(), base64.b64encode(digest).decode()}
