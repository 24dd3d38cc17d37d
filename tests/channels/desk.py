"""What a listening adapter lives in, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sluss.channels.contract import Connection, Delivered, Surroundings
from tests.channels.contract.subject import NOW


class Desk:
    """Keeps envelopes and positions; `reading` is set once an adapter said that all is well, `told` is what it says."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.kept: list[Delivered] = []
        self.places: dict[str, dict[str, Any]] = {}
        self.spent: dict[str, int] = {}
        self.reading = asyncio.Event()
        self._taken, self._asked = 0, asyncio.Condition()
        self._seen: set[str] = set()
        self._questions: set[str] = set()
        self.around = Surroundings(self, self, self.progress, lambda: NOW, self.spend)  # type: ignore[arg-type]

    async def until(self, mark: str) -> list[Delivered]:
        """What has come until somebody asked for a mark, since this was last called."""
        async with self._asked:
            await self._asked.wait_for(lambda: f"said:{mark}" in self._questions)
        fresh, self._taken = self.kept[self._taken :], len(self.kept)
        return fresh

    async def arrive(self, number: int) -> list[Delivered]:
        """The first so many envelopes, once they are there."""
        async with self._asked:
            await self._asked.wait_for(lambda: len(self.kept) >= number)
        return self.kept[:number]

    async def rounds(self, number: int) -> None:
        """Until it was said so often how it goes."""
        async with self._asked:
            await self._asked.wait_for(lambda: len(self.told) >= number)

    async def says(self, state: str, words: str = "") -> str:
        """What was said of how it goes, once it is that."""
        async with self._asked:
            await self._asked.wait_for(lambda: any(one[0] == state and words in one[1] for one in self.told))
        return next(one[1] for one in self.told if one[0] == state and words in one[1])

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:
        del connection
        async with self._asked:
            self.kept += [one for one in delivered if one.external_key not in self._seen]
            self._seen |= {name for one in delivered for name in (one.external_key, one.mark)}
            self._asked.notify_all()

    async def known(self, connection: Connection, keys: Sequence[str]) -> set[str]:
        del connection
        async with self._asked:
            self._questions |= set(keys)
            self._asked.notify_all()
        return {one for one in keys if one in self._seen}

    async def get(self, name: str) -> dict[str, Any] | None:
        return self.places.get(name)

    async def put(self, name: str, value: dict[str, Any]) -> None:
        self.places[name] = value

    async def progress(self, state: str, reason: str) -> None:
        async with self._asked:
            self.told.append((state, reason))
            self._asked.notify_all()
        if state == "ok":
            self.reading.set()

    async def spend(self, what: str, times: int, micros: int) -> int:
        del times
        self.spent[what] = self.spent.get(what, 0) + micros
        return sum(self.spent.values())
