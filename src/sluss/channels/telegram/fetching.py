"""What an update only names. In: a file's number, or a button that was pressed. Out: bytes; or Telegram told that the press has come."""

from __future__ import annotations

from sluss.channels.contract import Connection, Refused
from sluss.channels.fetching import Fetched
from sluss.channels.happenings import Wanted
from sluss.channels.telegram.bot import LARGEST_FILE, Bots
from sluss.channels.telegram.updates import object_of
from sluss.kernel.words import say


async def fetch_wanted(bots: Bots, connection: Connection, wanted: Wanted) -> Fetched:
    """Ask once. Raises `Refused` or `Unreachable`."""
    if "callback" in wanted.ref:
        await _answer(bots, connection, str(wanted.ref["callback"]))
        return Fetched()
    if wanted.size > LARGEST_FILE:
        raise _too_large()
    try:
        found = await bots.ask(connection, "getFile", file_id=str(wanted.ref.get("file", "")))
    except Refused as error:
        if "too big" in error.reason or "larger" in error.reason:
            raise _too_large() from error
        raise
    told = object_of(found)
    path, size = told.get("file_path"), told.get("file_size")
    if isinstance(size, int) and size > LARGEST_FILE:
        raise _too_large()
    if not isinstance(path, str):
        raise Refused("path", say("Telegram does not keep this file any more."), permanent=True)
    data, media_type = await bots.download(connection, path)
    return Fetched(data=data, media_type=wanted.media_type or media_type, name=wanted.name)


async def _answer(bots: Bots, connection: Connection, query: str) -> None:
    """So that the clock on the button stops; whoever comes too late for that has harmed nobody."""
    try:
        await bots.ask(connection, "answerCallbackQuery", callback_query_id=query)
    except Refused as error:
        if not error.permanent:
            raise


def _too_large() -> Refused:
    return Refused(
        "size", say("The file is larger than the 20 MB that Telegram gives to bots. Open the chat in Telegram to see it."), permanent=True
    )
