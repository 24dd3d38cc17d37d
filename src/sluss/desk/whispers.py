"""Telling open desks who is at which case: colleagues, and customers at the other end of a live channel. In: the marks of all processes.

Out: a word to every stream whose agent may see the case. Nothing of it is in the event log: who was away is told how things are now, not
what happened meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from sluss.channels import visitors
from sluss.desk import presence
from sluss.desk.presence import Gathering, Presence, everybody
from sluss.desk.visiting import Guest, guests_everywhere
from sluss.kernel.db import Database
from sluss.kernel.live import Hub, Push, Sight
from sluss.kernel.signals import Signals

PAUSE = 1.0
"""Seconds until this process sees a mark that another process took, and until a mark that nobody renewed is gone from the screens."""
GATHER, SHARE = 0.2, 10
"""Seconds between two looks at the visitors, hundreds of whom type at once, but at least so many times as long as one look took."""

Key = tuple[int, int]


class Scene(msgspec.Struct, frozen=True):
    """Who is at one case, and the inboxes whose people may know of the case."""

    inbox_ids: frozenset[int]
    people: tuple[Presence, ...] = ()
    guest: Guest | None = None


Told = tuple[Key, Scene | None, Scene | None]


class Whispers:
    """What this process has told of who is where, and what is new."""

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db, self._hub = db, hub
        self._people: Mapping[Key, Gathering] = {}
        self._guests: Mapping[Key, Guest] = {}
        self._now: Mapping[Key, Scene] = {}
        hub.greeting = self.greeting

    async def run(self, signals: Signals) -> None:
        """Look whenever somebody came, went or began to write, until cancelled. With no desk open there is nobody to tell."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._colleagues_forever(signals))
            loops.create_task(self._customers_forever(signals))

    async def look(self) -> None:
        """Tell what has changed among colleagues since the last look."""
        self._people = await self._db.read(everybody)
        self._tell()

    async def look_out(self) -> None:
        """Tell what has changed among customers."""
        self._guests = await self._db.read(guests_everywhere)
        self._tell()

    def greeting(self, sight: Sight) -> Sequence[Push]:
        """How things are, for a desk that was just opened."""
        return _say(sight, [(key, None, one) for key, one in self._now.items()], whole=True)

    async def _colleagues_forever(self, signals: Signals) -> None:
        async for _ in signals.rounds(presence.TOPIC, PAUSE):
            if self._hub.count:
                await self.look()

    async def _customers_forever(self, signals: Signals) -> None:
        async for _ in signals.rounds(visitors.TOPIC, PAUSE):
            if self._hub.count:
                began = time.monotonic()
                await self.look_out()
                await asyncio.sleep(max(GATHER, SHARE * (time.monotonic() - began)))

    def _tell(self) -> None:
        before, self._now = self._now, _together(self._people, self._guests)
        keys = sorted(before.keys() | self._now.keys())
        changed = [(key, before.get(key), self._now.get(key)) for key in keys if before.get(key) != self._now.get(key)]
        if changed:
            self._hub.whisper(lambda sight: _say(sight, changed, whole=False))


def _together(people: Mapping[Key, Gathering], guests: Mapping[Key, Guest]) -> dict[Key, Scene]:
    """Who may see a case is the same in both looks but in the second in which it changes; then only who may by both is told."""
    scenes = {key: Scene(one.inbox_ids, one.people) for key, one in people.items()}
    for key, guest in guests.items():
        seen = scenes.get(key)
        scenes[key] = Scene(guest.inbox_ids & seen.inbox_ids if seen else guest.inbox_ids, seen.people if seen else (), guest)
    return scenes


def _say(sight: Sight, told: Iterable[Told], *, whole: bool) -> list[Push]:
    here: dict[str, list[tuple[str | int, ...]]] = {}
    for (workspace_id, case_id), before, now in told:
        if workspace_id != sight.workspace_id:
            continue
        if now is not None and _sees(sight, now):
            here[str(case_id)] = [*map(_colleague, now.people), *([_customer(now.guest)] if now.guest is not None else [])]
        elif _sees(sight, before):
            here[str(case_id)] = []
    return [Push("presence", msgspec.json.encode({"here": here, "whole": whole}).decode())] if here or whole else []


def _sees(sight: Sight, scene: Scene | None) -> bool:
    """The same as `visible_to` says of lists."""
    return scene is not None and (sight.inbox_ids is None or bool(sight.inbox_ids & scene.inbox_ids))


def _colleague(one: Presence) -> tuple[str, str, str]:
    return str(one.agent_id), one.name, one.doing


def _customer(guest: Guest) -> tuple[str, str, int, str, str, str]:
    """No agent: how they are, since when in milliseconds, what they type, and where."""
    return "", guest.visit.state, guest.visit.at // 1000, guest.visit.text, guest.page_title, guest.page_url
