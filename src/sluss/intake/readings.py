"""An envelope before and after its channel has read it. Values only."""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.cases.recording import StoredFile
from sluss.channels.contract import Inbound, Understood

HISTORY = "history"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A stored envelope that nobody has understood yet."""

    workspace_id: int
    id: int
    inbox_id: int
    channel: str
    reopen_days: int
    received_at: int
    recipients: list[str]
    origin: Literal["", "sent", "history"]
    raw: bytes | None
    digest: str
    attempts: int


class Reading(msgspec.Struct, frozen=True):
    """What a channel made of an envelope: values, or the sentence why not. `files` are those of its messages, one after the other."""

    envelope: Waiting
    visibility: str
    found: tuple[Understood, ...] = ()
    files: tuple[StoredFile, ...] = ()
    trouble: str = ""

    def messages(self) -> list[tuple[Inbound, tuple[StoredFile, ...]]]:
        """Each message of the envelope with its files."""
        found, start = list[tuple[Inbound, tuple[StoredFile, ...]]](), 0
        for one in self.found:
            if isinstance(one, Inbound):
                found.append((one, self.files[start : start + len(one.files)]))
                start += len(one.files)
        return found
