"""Looking for what Meta did not post. In: what an adapter finds at Meta, round by round. Out: deliveries, and how it stands for the page.

What the webhook brought has the same marks as what is found here, and is not brought twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Refused, ResultUnknown, Surroundings, Unreachable
from sluss.channels.graph import SLOW, Account, Graph
from sluss.channels.graph_hooks import Happened, pack
from sluss.channels.said import a_text, an_object, instant, objects, whole
from sluss.kernel.clock import DAY, MINUTE, SECOND
from sluss.kernel.words import say

CURSOR = "polled"
OVERLAP = 15 * MINUTE
"""How far each round looks back beyond the last: what is seen late is found, too."""
GRACE = 3 * MINUTE
"""For so long the webhook may still bring it."""
REMIND = 3 * DAY
LONGEST_WAIT = 15 * 60.0
FIRST_WAIT = 5.0
TOKEN_DEAD = ("190", "102")

MESSAGES = "id,message,from,to,created_time,attachments"


class Look:
    """One round: what lies after `since`, collected as events in the form in which Meta posts them."""

    def __init__(self, connection: Connection, around: Surroundings, kind: str, since: int) -> None:
        self.since, self.warnings = since, list[str]()
        self.missed, self.brought = 0, False
        self._connection, self._around, self._kind = connection, around, kind
        self._found = dict[str, tuple[Happened, int]]()

    def found(self, mark: str, event: Happened, at: int) -> None:
        """Something was said at an instant; `mark` is what it is known by."""
        if mark and at >= self.since:
            self._found.setdefault(mark, (event, at))

    async def edge(self, name: str, reading: Awaitable[None]) -> None:
        """Read one edge. What Meta does not show to this app is told and does not stop the others."""
        try:
            await reading
        except Refused as error:
            if error.code.partition("/")[0] in TOKEN_DEAD or error.wait:
                raise
            self.warnings.append(say("Meta does not show %(what)s: %(reason)s", what=name, reason=error.reason))

    async def bring(self) -> None:
        """Hand over what is new, oldest first."""
        known = await self._around.intake.known(self._connection, list(self._found)) if self._found else set[str]()
        now = self._around.now()
        fresh = sorted((at, mark, event) for mark, (event, at) in self._found.items() if mark not in known)
        self.missed = sum(at < now - GRACE for at, _, _ in fresh)
        delivered = [
            Delivered(external_key=f"poll:{mark}", mark=mark, raw=pack(event, self._kind), received_at=now) for _, mark, event in fresh
        ]
        for start in range(0, len(delivered), 100):
            await self._around.intake.receive(self._connection, delivered[start : start + 100])
        self.brought = True


class Rounds(msgspec.Struct, frozen=True, kw_only=True):
    """What one adapter does in a round: `subscribe` gives a warning or nothing, `look` reads what there is; `kind` is Meta's object."""

    kind: str
    account: Account
    subscribe: Callable[[], Awaitable[str]]
    look: Callable[[Look], Awaitable[None]]
    pause: float


class Net:
    """Rounds until cancelled. `pause` (seconds) stands in for what the inbox says, `first_wait` for the first wait after trouble."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.pause: float | None = None
        self.first_wait = FIRST_WAIT

    async def keep(self, connection: Connection, around: Surroundings, rounds: Rounds) -> None:
        """Every trouble becomes a sentence on the inbox's page and a wait."""
        wait = self.first_wait
        while True:
            try:
                await around.progress("ok", await self._round(connection, around, rounds))
                wait, rest = self.first_wait, self._rest(rounds)
            except Refused as error:
                await around.progress("failing", error.reason)
                wait, rest = min(wait * 2, LONGEST_WAIT), max(wait, error.wait / SECOND)
            except (Unreachable, ResultUnknown) as error:
                await around.progress("failing", error.reason)
                wait, rest = min(wait * 2, LONGEST_WAIT), wait
            await asyncio.sleep(rest)

    def _rest(self, rounds: Rounds) -> float:
        return rounds.pause if self.pause is None else self.pause

    async def _round(self, connection: Connection, around: Surroundings, rounds: Rounds) -> str:
        """The warning to show, or nothing."""
        began = around.now()
        cursor = await around.cursors.get(CURSOR)
        warnings = [await rounds.subscribe()]
        if cursor is None:
            # What had come before the account was connected is not ours to begin with.
            await around.cursors.put(CURSOR, {"since": began})
            return " ".join(filter(None, warnings))
        if self._graph.used(rounds.account) >= SLOW:
            return " ".join(filter(None, [*warnings, say("Meta’s limit is nearly used up, so Sluss only listens for now.")]))
        look = Look(connection, around, rounds.kind, whole(cursor.get("since")) - OVERLAP)
        await rounds.look(look)
        await look.bring()
        kept = _kept(cursor, look, began) if connection.hook else {"since": began}
        await around.cursors.put(CURSOR, kept)
        return " ".join(filter(None, [*warnings, *look.warnings, _silence(kept)]))


async def look_for_talks(graph: Graph, look: Look, account: Account, asked: Mapping[str, Any]) -> None:
    """Private messages since then. `asked` names `node`, `own` and `platform`."""
    node, own = str(asked["node"]), str(asked["own"])
    fields = {"platform": asked["platform"], "fields": f"id,updated_time,messages.limit(25){{{MESSAGES}}}", "limit": 25}
    async for talks in graph.pages(account, f"{node}/conversations", 8, **fields):
        recent = [one for one in talks if instant(one.get("updated_time")) >= look.since]
        for message in (one for talk in recent for one in objects(an_object(talk.get("messages")).get("data"))):
            at, mid = instant(message.get("created_time")), a_text(message.get("id"))
            if mid:
                look.found(f"mid:{mid}", Happened(own, "messaging", _item(message, own), at // SECOND), at)
        if len(recent) < len(talks):
            return


def _item(message: dict[str, Any], own: str) -> dict[str, Any]:
    """A message of a conversation in the form of the webhook."""
    sender = a_text(an_object(message.get("from")).get("id"))
    others = [a_text(one.get("id")) for one in objects(an_object(message.get("to")).get("data"))]
    said: dict[str, Any] = {"mid": message.get("id"), "text": message.get("message")}
    files = [_attachment(one) for one in objects(an_object(message.get("attachments")).get("data"))]
    said |= {"attachments": files} if files else {}
    said |= {"is_echo": True} if sender == own else {}
    at = instant(message.get("created_time")) // 1000
    return {"sender": {"id": sender}, "recipient": {"id": next(iter(others), "")}, "timestamp": at, "message": said}


def _attachment(one: dict[str, Any]) -> dict[str, Any]:
    kinds = (("image_data", "image"), ("video_data", "video"), ("audio_data", "audio"))
    for name, kind in kinds:
        if url := an_object(one.get(name)).get("url"):
            return {"type": kind, "payload": {"url": url}, "size": whole(one.get("size"))}
    return {"type": "file", "payload": {"url": one.get("file_url")}, "name": one.get("name"), "size": whole(one.get("size"))}


def _kept(cursor: dict[str, Any], look: Look, began: int) -> dict[str, Any]:
    """Where the next round begins, and since when the webhook has left out how much."""
    before = cursor if began - whole(cursor.get("missed_at")) < REMIND else {}
    missed = whole(before.get("missed")) + look.missed
    at = began if look.missed else whole(before.get("missed_at"))
    return {"since": began} | ({"missed": missed, "missed_at": at} if missed else {})


def _silence(kept: dict[str, Any]) -> str:
    missed = whole(kept.get("missed"))
    if not missed:
        return ""
    fix = say(
        "Meta did not post %(count)s news of the last days to the webhook; Sluss found them by looking. Check the webhook in the app."
    )
    return say(fix, count=missed)
