"""Telling open desks who is at which case. In: the marks of all processes. Out: a word to every stream whose agent may see the case.

Nothing of it is in the event log: who was away is told how things are now, not what happened meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from sluss.desk.presence import TOPIC, Gathering, Presence, everybody
from sluss.kernel.db import Database
from sluss.kernel.live import Hub, Push, Sight
from sluss.kernel.signals import Signals

PAUSE = 1.0
"""Seconds until this process sees a mark that another process took, and until a mark that nobody renewed is gone from the screens."""

Key = tuple[int, int]
Told = tuple[Key, Gathering | None, Gathering | None]


class Whispers:
    """What this process has told of who is where, and what is new."""

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db, self._hub = db, hub
        self._now: Mapping[Key, Gathering] = {}
        hub.greeting = self.greeting

    async def run(self, signals: Signals) -> None:
        """Look whenever somebody came, went or began to write, until cancelled. With no desk open there is nobody to tell."""
        async for _ in signals.rounds(TOPIC, PAUSE):
            if self._hub.count:
                await self.look()

    async def look(self) -> None:
        """Tell what has changed since the last look."""
        before, self._now = self._now, await self._db.read(everybody)
        keys = sorted(before.keys() | self._now.keys())
        changed = [(key, before.get(key), self._now.get(key)) for key in keys if before.get(key) != self._now.get(key)]
        if changed:
            self._hub.whisper(lambda sight: _say(sight, changed, whole=False))

    def greeting(self, sight: Sight) -> Sequence[Push]:
        """How things are, for a desk that was just opened."""
        return _say(sight, [(key, None, one) for key, one in self._now.items()], whole=True)


def _say(sight: Sight, told: Iterable[Told], *, whole: bool) -> list[Push]:
    here: dict[str, list[tuple[str, str, str]]] = {}
    for (workspace_id, case_id), before, now in told:
        if workspace_id != sight.workspace_id:
            continue
        if _sees(sight, now):
            here[str(case_id)] = [_shown(one) for one in now.people] if now is not None else []
        elif _sees(sight, before):
            here[str(case_id)] = []
    return [Push("presence", msgspec.json.encode({"here": here, "whole": whole}).decode())] if here or whole else []


def _sees(sight: Sight, gathering: Gathering | None) -> bool:
    """The same as `visible_to` says of lists."""
    return gathering is not None and (sight.inbox_ids is None or bool(sight.inbox_ids & gathering.inbox_ids))


def _shown(one: Presence) -> tuple[str, str, str]:
    return str(one.agent_id), one.name, one.doing
