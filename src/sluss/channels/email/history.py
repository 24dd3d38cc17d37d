"""Bringing in what lay in the folders before the inbox was connected. In: how far back. Out: old mail, the newest first, as history.

It goes by a connection of its own, waits for what it brought to be understood, and is resumed where it ended whatever ended it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Sequence
from typing import NoReturn

import msgspec

from sluss.channels.bringing import HISTORY, WISH, History
from sluss.channels.contract import Connection, Surroundings
from sluss.channels.email.fetching import MARKED, Batch, Fetching, Source, mark_of
from sluss.channels.email.folder import WINDOW, Position
from sluss.channels.email.imap import imap_place
from sluss.channels.email.imap_client import ImapClient, ImapRefused, Selected
from sluss.channels.email.imap_words import Detail, day_of
from sluss.channels.email.settings import InboxSettings, folders_of, settings_of
from sluss.channels.email.signing import signed_in
from sluss.kernel.clock import DAY, SECOND

AT_ONCE = Batch(100, 4_000_000)
_BEHIND = 300
_PAUSE = 0.1
_LOOK = 2.0
_RATE_SECONDS = 30
_MEGABYTE = 1_048_576


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be brought from one folder: mails from `next` down to `lowest` that arrived since `since` (0: all).

    `days` is what was asked for.
    """

    numbering: str
    days: int
    since: int
    next: int
    lowest: int
    total: int
    done: int = 0
    ended: bool = False


class _Paused(Exception):
    """The administrator wants it to rest."""


class HistoryReader:
    """Brings in the old mail of one mailbox. `opened` is set once its folders are being read."""

    def __init__(
        self, connection: Connection, around: Surroundings, refused: Counter[tuple[str, int]], opened: asyncio.Event, *, allow_private: bool
    ) -> None:
        self._connection, self._around, self._refused, self._opened = connection, around, refused, opened
        self._settings: InboxSettings = settings_of(connection)
        self._place = imap_place(self._settings, allow_private=allow_private)
        self._plans: dict[str, Plan] = {}
        self._paces: deque[tuple[int, int]] = deque()
        self._told = History(total=0, done=0)
        self.read_anything = False

    async def run(self) -> NoReturn:
        """Brings in what is wanted, then waits for more to be wanted. Raises when the connection is lost."""
        await self._opened.wait()
        while True:
            if self._settings.days_back and await self._unfinished():
                with contextlib.suppress(_Paused):
                    await self._bring()
            await asyncio.sleep(_LOOK)

    async def tell_trouble(self, state: str, reason: str) -> None:  # noqa: ARG002 - new mail says how the inbox does
        """Says why it stands still."""
        if self._told.total:
            await self._tell(0, reason)

    async def _unfinished(self) -> bool:
        """Whether there is anything to do now."""
        if await self._is_paused():
            return False
        for name in folders_of(self._settings):
            stored = await self._around.cursors.get(f"imap-history:{name}")
            if stored:
                self._plans[name] = msgspec.convert(stored, Plan)
        return any(self._wants(self._plans.get(name)) for name in folders_of(self._settings))

    def _wants(self, plan: Plan | None) -> bool:
        return plan is None or plan.days != self._settings.days_back or not plan.ended

    async def _bring(self) -> None:
        client = await signed_in(self._place, self._settings, self._connection)
        try:
            fetching = Fetching(client, self._around, self._refused)
            opened = [name for name in folders_of(self._settings) if await self._prepare(client, name)]
            for name in opened:
                if self._wants(self._plans[name]):
                    await self._bring_folder(client, fetching, name)
            self.read_anything = True
        finally:
            client.abort()

    async def _prepare(self, client: ImapClient, name: str) -> bool:
        """Plans what is to be brought from a folder. False for one that cannot be read now."""
        try:
            selected = await client.examine(name)
        except ImapRefused:
            return False
        stored = await self._around.cursors.get(f"imap:{name}")
        position = msgspec.convert(stored, Position) if stored else None
        if position is None or position.uidvalidity != selected.uidvalidity:
            return False  # whoever reads the new mail finds its place first
        plan = self._plans.get(name)
        if plan is None or plan.days != self._settings.days_back:
            await self._keep(name, await self._planned(client, selected, position))
        elif not plan.ended and plan.numbering != position.numbering:
            again = await self._planned(client, selected, position)
            await self._keep(name, msgspec.structs.replace(again, since=plan.since))
        return True

    async def _planned(self, client: ImapClient, selected: Selected, position: Position) -> Plan:
        days = self._settings.days_back
        since = 0 if days < 0 else self._around.now() - days * DAY
        total, lowest = selected.exists, 1
        if since:
            # SINCE knows days only, in the server's time zone: one day more than asked, the rest is told by each mail's arrival.
            found = await client.search(f"UID 1:{max(position.uid, position.compare_to, 1)} SINCE {day_of(since - DAY)}")
            total, lowest = len(found), min(found, default=0)
        last = max(position.uid, position.compare_to) if lowest else 0
        return Plan(numbering=position.numbering, days=days, since=since, next=last, lowest=lowest, total=total)

    async def _bring_folder(self, client: ImapClient, fetching: Fetching, name: str) -> None:
        selected = await client.examine(name)
        last = await _place_of(client, self._plans[name].next, selected.exists)
        while last > 0 and self._plans[name].next >= self._plans[name].lowest > 0:
            first = max(1, last - WINDOW + 1)
            await self._bring_window(client, fetching, name, (first, last))
            last = first - 1
        plan = self._plans[name]
        await self._keep(name, msgspec.structs.replace(plan, done=plan.total, ended=True))
        await self._tell(0)

    async def _bring_window(self, client: ImapClient, fetching: Fetching, name: str, window: tuple[int, int]) -> None:
        """Mails that lie side by side, the oldest of them first, so that threads grow as they were written."""
        plan = self._plans[name]
        details = await client.details_by_number(*window, MARKED)
        # Places move when mails are removed meanwhile, numbers do not.
        here = sorted((one for one in details.values() if one.uid <= plan.next), key=lambda one: one.uid)
        wanted = [one for one in here if one.at >= plan.since]
        source = Source(self._connection, plan.numbering, name, self._settings.largest_mail * _MEGABYTE, "history")
        fresh = await self._not_ours(source, wanted)
        handled = len(wanted) - len(fresh)
        for group in fetching.groups(source, fresh, AT_ONCE):
            await self._make_room()
            await self._around.intake.receive(self._connection, await fetching.take(source, group))
            handled += len(group)
            await self._tell(handled)
        if here:
            await self._keep(name, msgspec.structs.replace(plan, next=here[0].uid - 1, done=min(plan.total, plan.done + len(wanted))))

    async def _not_ours(self, source: Source, wanted: Sequence[Detail]) -> list[Detail]:
        """Those that nobody has handed on yet, under this number or another."""
        names = [(name, one.uid) for one in wanted for name in (source.key(one.uid), mark_of(one.header, one)) if name]
        stored = await self._around.intake.known(self._connection, [name for name, _ in names])
        known = {uid for name, uid in names if name in stored}
        return [one for one in wanted if one.uid not in known]

    async def _make_room(self) -> None:
        """Waits until what was brought is understood, so that new mail never stands behind it."""
        while True:
            if await self._is_paused():
                raise _Paused
            if await self._around.intake.behind(self._connection) < _BEHIND:
                return
            await asyncio.sleep(_PAUSE)

    async def _is_paused(self) -> bool:
        return bool((await self._around.cursors.get(WISH) or {}).get("paused"))

    async def _keep(self, name: str, plan: Plan) -> None:
        self._plans[name] = plan
        await self._around.cursors.put(f"imap-history:{name}", msgspec.to_builtins(plan))

    async def _tell(self, handled: int, reason: str = "") -> None:
        """How it goes, over all folders; `handled` mails of the window in work."""
        now, plans = self._around.now(), self._plans.values()
        done, total = sum(plan.done for plan in plans) + handled, sum(plan.total for plan in plans)
        self._paces.append((now, done))
        while self._paces[0][0] < now - _RATE_SECONDS * SECOND:
            self._paces.popleft()
        since, before = self._paces[0]
        rate = (done - before) * SECOND / (now - since) if now > since else 0.0
        if not self._told.began_at:
            stored = await self._around.cursors.get(HISTORY)
            self._told = msgspec.convert(stored, History) if stored else History(total=0, done=0)
        began = now if self._told.ended_at or not self._told.began_at else self._told.began_at
        ended = now if all(plan.ended for plan in plans) else None
        told = History(total=total, done=min(done, total), rate=max(0.0, rate), began_at=began, ended_at=ended, reason=reason)
        self._told = told
        await self._around.cursors.put(HISTORY, msgspec.to_builtins(told))


async def _place_of(client: ImapClient, uid: int, exists: int) -> int:
    """How many mails of the opened folder have this number or a lower one."""
    low, high = 0, exists
    while low < high:
        middle = (low + high + 1) // 2
        found = await client.details_by_number(middle, middle)
        low, high = (middle, high) if max(found, default=0) <= uid else (low, middle - 1)
    return low
