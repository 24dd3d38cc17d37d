"""Bringing files to X, in pieces. In: a file. Out: the number under which a post or message can name it; nobody sees it before that."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sluss.channels.contract import Connection, OutboundFile, Refused, ResultUnknown, Unreachable
from sluss.channels.said import a_text, an_object, whole
from sluss.channels.x.api import XApi, data_of, part
from sluss.kernel.words import say

PIECE = 4_000_000
LOOKS = 60
LONGEST_LOOK = 10.0
PLACE = "/2/media/upload"
KINDS = {"image/gif": "gif", "video/mp4": "video", "video/quicktime": "video"}
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"})


async def bring(api: XApi, connection: Connection, files: Sequence[OutboundFile], of: str) -> list[str]:
    """The numbers of all files of a `tweet` or a `dm`, with their descriptions. Raises `Refused` or `Unreachable`."""
    try:
        return [await _bring(api, connection, one, of) for one in files]
    except ResultUnknown as error:
        # Half a file that nobody names is nothing: bringing it again harms nobody.
        raise Unreachable(error.reason) from error


def kind_of(file: OutboundFile) -> str:
    """`image`, `gif` or `video`. Raises `Refused` for what X takes none of."""
    kind = KINDS.get(file.media_type, "image" if file.media_type in PICTURES else "")
    if not kind:
        raise Refused("media", say("X takes pictures and films only; %(name)s is neither.", name=file.name), permanent=True)
    return kind


async def _bring(api: XApi, connection: Connection, file: OutboundFile, of: str) -> str:
    fields = {"media_type": file.media_type, "total_bytes": len(file.data), "media_category": f"{of}_{kind_of(file)}"}
    begun = data_of(await api.do(connection, ("POST", f"{PLACE}/initialize"), fields))
    media_id = a_text(begun.get("id"))
    if not media_id:
        raise Unreachable(say("X does not take files now; it will be tried again."))
    for number, start in enumerate(range(0, len(file.data), PIECE)):
        place = f"{PLACE}/{part(media_id)}/append"
        await api.upload(connection, place, {"segment_index": str(number)}, file.data[start : start + PIECE])
    done = data_of(await api.do(connection, ("POST", f"{PLACE}/{part(media_id)}/finalize"), {}))
    await _wait_until_done(api, connection, media_id, an_object(done.get("processing_info")))
    if file.alt:
        described = {"id": media_id, "metadata": {"alt_text": {"text": file.alt[:1000]}}}
        await api.do(connection, ("POST", "/2/media/metadata"), described)
    return media_id


async def _wait_until_done(api: XApi, connection: Connection, media_id: str, info: dict[str, object]) -> None:
    for _ in range(LOOKS):
        state = a_text(info.get("state"))
        if state in {"", "succeeded"}:
            return
        if state == "failed":
            raise Refused("media", say("X could not make anything of a file."), permanent=True)
        await asyncio.sleep(min(whole(info.get("check_after_secs")), LONGEST_LOOK))
        said = await api.get(connection, PLACE, command="STATUS", media_id=media_id)
        info = an_object(data_of(said).get("processing_info"))
    raise Unreachable(say("X has not finished with a file yet; it will be tried again."))
