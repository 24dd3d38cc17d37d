"""Receiving by IMAP. In: one mailbox. Out: every mail that arrives in it, once, handed on before the position moves.

Two connections at most: one for what is new, one for what had come before the inbox was connected, so that old mail holds up no new one.
Nothing at the server is ever changed.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import NoReturn, Protocol

import msgspec

from sluss.channels.contract import Connection, Surroundings
from sluss.channels.email.history import HistoryReader
from sluss.channels.email.imap_client import ImapFailed, ImapRefused
from sluss.channels.email.mailbox import MailboxReader
from sluss.kernel.words import say

_WAITS = (1.0, 300.0)


async def listen(connection: Connection, around: Surroundings, *, allow_private: bool) -> None:
    """Receive until cancelled. Reconnects with growing waits, and says each time how it goes."""
    refused, opened = Counter[tuple[str, int]](), asyncio.Event()

    def news() -> MailboxReader:
        return MailboxReader(connection, around, refused, opened, allow_private=allow_private)

    def history() -> HistoryReader:
        return HistoryReader(connection, around, refused, opened, allow_private=allow_private)

    async with asyncio.TaskGroup() as both:
        both.create_task(_keep_on(news, around))
        both.create_task(_keep_on(history, around))


class _Reader(Protocol):
    """One attempt; `read_anything` says whether it came as far as reading."""

    read_anything: bool

    async def run(self) -> NoReturn: ...
    async def tell_trouble(self, state: str, reason: str) -> None: ...


async def _keep_on(make: Callable[[], _Reader], around: Surroundings) -> NoReturn:
    wait = _WAITS[0]
    while True:
        reader = None
        try:
            reader = make()
            await reader.run()
        except Exception as error:  # noqa: BLE001 - whatever ended it, it begins anew, and the mail is still at the server
            reason = _reason(error)
        wait = _WAITS[0] if reader and reader.read_anything else wait
        await (reader.tell_trouble if reader else around.progress)("failing", reason)
        await asyncio.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311 - spreads reconnections, guards nothing
        wait = min(wait * 2, _WAITS[1])


def _reason(error: Exception) -> str:
    """A sentence about what ended a connection."""
    if isinstance(error, ImapFailed):
        return error.reason
    if isinstance(error, ImapRefused):
        return say("The server refused a command: %(answer)s", answer=error)
    if isinstance(error, msgspec.ValidationError):
        return say("The settings of this inbox are incomplete; open and save them again.")
    return say("A mail could not be stored (%(fault)s); it will be fetched again.", fault=type(error).__name__)
