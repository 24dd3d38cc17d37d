"""Receiving from a Mastodon server. In: one account. Out: everything that concerns it, by stream at once and by asking without gaps.

The stream has no memory: whenever it is opened, what came meanwhile is asked for. Positions move only after what was found is durable.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Refused, Surroundings, Unreachable
from sluss.channels.mastodon.api import MastodonApi
from sluss.channels.mastodon.asking import ancestors_of, frame_of, is_gone, order, read_again, read_notifications, read_own
from sluss.channels.mastodon.instance import read_instance
from sluss.channels.mastodon.settings import Mine, mine_of
from sluss.channels.mastodon.statuses import person_of
from sluss.channels.mastodon.streaming import events_in
from sluss.channels.mastodon.understanding import SAID
from sluss.channels.said import a_text, an_object, read_object
from sluss.kernel.clock import SECOND
from sluss.kernel.words import say

WATCHED = 40
POLLED = say("The server's stream cannot be used (%(reason)s), so Sluss asks once a minute.")


class Waits(msgspec.Struct, kw_only=True):
    """In seconds: how long a stream is read before asking again, the rest without a stream, after failures, and what is silence."""

    stream: float = 300.0
    alone: float = 60.0
    silence: float = 60.0
    first_failure: float = 5.0
    longest_failure: float = 600.0


class Receiving:
    """One account's listening."""

    def __init__(self, api: MastodonApi, connection: Connection, around: Surroundings, waits: Waits) -> None:
        self._api, self._connection, self._around, self._waits = api, connection, around, waits
        self._mine: Mine = mine_of(connection)
        self._me = self._streams = ""

    async def run(self) -> None:
        """Receive until cancelled, with growing rests while it fails."""
        wait = self._waits.first_failure
        while True:
            try:
                await self._round()
                wait = self._waits.first_failure
                continue
            except Refused as error:
                reason, rest = error.reason, max(error.wait / SECOND, wait)
            except Unreachable as error:
                reason, rest = error.reason, wait
            await self._around.progress("failing", reason)
            wait = min(wait * 2, self._waits.longest_failure)
            await asyncio.sleep(rest)

    async def _round(self) -> None:
        """Open the stream, ask for what came meanwhile, read on for a while; without a stream ask and rest."""
        if not self._me:
            told = an_object(await self._api.get(self._connection, "/api/v1/accounts/verify_credentials"))
            self._streams = (await read_instance(self._api, self._connection)).streaming
            self._me = a_text(told.get("id"))
        asked = False
        try:
            async with self._api.stream(self._connection, self._streams, "/api/v1/streaming/user") as stream:
                await self._ask()
                asked = True
                await self._around.progress("ok", "")
                async with asyncio.timeout(self._waits.stream):
                    async for name, data in events_in(stream.chunks, self._waits.silence):
                        await self._take(name, data)
        except TimeoutError:
            return
        except (Refused, Unreachable) as error:
            if isinstance(error, Refused) and error.reconnect:
                raise
            await self._ask()
            if asked:
                return
            await self._around.progress("ok", say(POLLED, reason=error.reason))
            await asyncio.sleep(self._waits.alone)

    async def _ask(self) -> None:
        """Everything since the last time: what concerns us, what we wrote ourselves, and what changed of what was said lately."""
        since = await self._since("notifications")
        page = await read_notifications(self._api, self._connection, since)
        known = await self._around.intake.known(self._connection, [_notified(one) for one in page.found])
        fresh = [one for one in page.found if _notified(one) not in known]
        await self._keep([await self._notification(one) for one in fresh])
        await self._move("notifications", since, page.newest)
        since = await self._since("own")
        own = await read_own(self._api, self._connection, self._me, since)
        await self._keep([await self._update("update", one) for one in own.found])
        await self._move("own", since, own.newest)
        await self._look_again([an_object(one.get("status")) for one in fresh])

    async def _take(self, name: str, data: str) -> None:
        """One event of the stream; of what passes by in the account's timeline only what is ours, or is known here."""
        if name == "delete":
            if await self._around.intake.known(self._connection, [_mark(data)]):
                await self._keep([Delivered(external_key=f"delete:{data}", raw=frame_of(name, data), received_at=self._around.now())])
            return
        told = read_object(data) or {}
        if name == "notification" and a_text(told.get("type")) in {*SAID, "favourite", "moderation_warning"}:
            await self._keep([await self._notification(told)])
            await self._watch([an_object(told.get("status"))])
        elif name in {"update", "status.update"} and await self._concerns_us(told):
            await self._keep([await self._update(name, told)])

    async def _concerns_us(self, status: dict[str, Any]) -> bool:
        author = person_of(an_object(status.get("account")), self._mine)
        if author is not None and author.acct == self._mine.acct:
            return True
        return bool(await self._around.intake.known(self._connection, [_mark(a_text(status.get("id")))]))

    async def _notification(self, told: dict[str, Any]) -> Delivered:
        status = an_object(told.get("status"))
        raw = frame_of("notification", told, await ancestors_of(self._api, self._connection, status))
        mark = _mark(a_text(status.get("id"))) if a_text(told.get("type")) in SAID else ""
        return Delivered(external_key=_notified(told), raw=raw, received_at=self._around.now(), mark=mark)

    async def _update(self, event: str, status: dict[str, Any]) -> Delivered:
        key, edited = a_text(status.get("id")), a_text(status.get("edited_at"))
        raw = frame_of(event, status, await ancestors_of(self._api, self._connection, status))
        name = f"edit:{key}:{edited}" if edited else f"status:{key}"
        return Delivered(external_key=name, raw=raw, received_at=self._around.now(), mark=_mark(key))

    async def _keep(self, delivered: list[Delivered]) -> None:
        if delivered:
            await self._around.intake.receive(self._connection, delivered)

    async def _look_again(self, fresh: list[dict[str, Any]]) -> None:
        """Edits and deletions of those whom we do not follow are told by nobody: what was said lately is looked at again."""
        watched = await self._watch(fresh)
        try:
            now = await read_again(self._api, self._connection, list(watched))
        except Refused:
            return  # a server that cannot be asked for several at once
        changed = [one for key, one in now.items() if a_text(one.get("edited_at")) != watched[key]]
        await self._keep([await self._update("status.update", one) for one in changed])
        gone = [key for key in watched if key not in now and await is_gone(self._api, self._connection, key)]
        at = self._around.now()
        await self._keep([Delivered(external_key=f"delete:{key}", raw=frame_of("delete", key), received_at=at) for key in gone])
        if changed or gone:
            left = {key: a_text(now[key].get("edited_at")) if key in now else edited for key, edited in watched.items() if key not in gone}
            await self._around.cursors.put("watched", {"statuses": left})

    async def _watch(self, fresh: list[dict[str, Any]]) -> dict[str, str]:
        """Remember the newest posts, with when they were last edited."""
        before = an_object((await self._around.cursors.get("watched") or {}).get("statuses"))
        known = {key: a_text(edited) for key, edited in before.items()}
        new = {a_text(one.get("id")): a_text(one.get("edited_at")) for one in fresh if a_text(one.get("id"))}
        kept = dict(sorted((known | new).items(), key=lambda one: order(one[0]))[-WATCHED:])
        if kept != known:
            await self._around.cursors.put("watched", {"statuses": kept})
        return kept

    async def _since(self, name: str) -> str:
        return a_text((await self._around.cursors.get(name) or {}).get("since"))

    async def _move(self, name: str, since: str, newest: str) -> None:
        if newest and newest != since:
            await self._around.cursors.put(name, {"since": newest})


def _notified(told: dict[str, Any]) -> str:
    return f"notification:{a_text(told.get('id'))}"


def _mark(key: str) -> str:
    """By what a post is known, whichever way it came."""
    return f"said:{key}" if key else ""


__all__ = ["Receiving", "Waits"]
