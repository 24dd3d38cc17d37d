"""The loop that publishes. In: publications that are due. Out: posts at networks, and honest states in rows.

One process does it, under a lease. What was handed over when a process died is `unknown`; the network is asked whether it has it before
anybody is, and nothing that may be there is published again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.broadcast.events import PublicationChanged
from sluss.broadcast.models import publications
from sluss.broadcast.notices import TOPIC
from sluss.channels.contract import Channel, Connection, Refused, ResultUnknown, Sent, Unreachable
from sluss.channels.costs import note_cost
from sluss.channels.publishing import Publication, Publishing
from sluss.channels.reconnecting import ask_reconnect
from sluss.channels.registry import channel_named
from sluss.kernel.actors import system
from sluss.kernel.clock import MINUTE
from sluss.kernel.db import Database
from sluss.kernel.errors import Missing
from sluss.kernel.leases import Lease, require
from sluss.kernel.log import get_log
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.states import NEVER, STOPPED, Move, Outcome, Standing, decide

log = get_log("broadcast")

PAUSE = 5.0
AT_ONCE = 8
SECONDS = 120.0
LOOK_AGAIN = 2 * MINUTE
LOOKS = 3
PLACE_GONE = say("This account is no longer connected.")
NO_POSTS = say("This network takes no posts from Sluss.")

Connect = Callable[[int, int], Awaitable[Connection]]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A publication whose turn it is; `follows` is the network's key of what it hangs under."""

    workspace_id: int
    id: int
    notice_id: int
    inbox_id: int
    state: str
    text: str
    external_id: str
    waits: int
    unknowns: int
    begun_at: int
    give_up_at: int
    follows: str = ""


class Publisher:
    """Publishes for one process."""

    def __init__(self, db: Database, connection: Connect) -> None:
        self._db, self._connection = db, connection
        self._channel: Callable[[str], Channel] = channel_named

    async def run(self, signals: Signals, lease: Lease) -> None:
        """Publish whatever is due, until cancelled or the lease is lost."""
        await self._db.write(reap, lease)
        async for _ in signals.rounds(TOPIC, PAUSE):
            while await self.publish_due(lease):
                pass

    async def publish_due(self, lease: Lease) -> int:
        """One attempt at each that is due. Returns how many there were."""
        due = await self._db.write(take_due, lease)
        await asyncio.gather(*(self._one(lease, one) for one in due))
        return len(due)

    async def _one(self, lease: Lease, due: Due) -> None:
        outcome = await self._outcome(lease, due)
        await self._db.write(settle, lease, due, outcome)

    async def _outcome(self, lease: Lease, due: Due) -> Outcome:
        handed = False

        async def hand_over() -> None:
            nonlocal handed
            await self._db.write(note_handed_over, lease, due)
            handed = True

        try:
            connection = await self._connection(due.workspace_id, due.inbox_id)
            channel = self._channel(connection.channel)
            if not isinstance(channel, Publishing):
                return Outcome("refused", "no posts", NO_POSTS)
            wanted = Publication(external_id=due.external_id, text=due.text, follows=due.follows, begun_at=due.begun_at)
            async with asyncio.timeout(SECONDS):
                if due.state == "unknown":
                    return await _look(channel, connection, wanted)
                return _went(await channel.publish(connection, wanted, hand_over))
        except Exception as error:  # noqa: BLE001 - every end of an attempt is an outcome
            return _ended(error, due, handed=handed)


async def _look(channel: Publishing, connection: Connection, wanted: Publication) -> Outcome:
    found = await channel.find_published(connection, wanted)
    return _went(found) if found is not None else Outcome("unknown", reason=say("The network was asked and did not show it."))


def _ended(error: Exception, due: Due, *, handed: bool) -> Outcome:
    """How an attempt ended that brought nothing."""
    if isinstance(error, Missing):
        return Outcome("refused", "gone", PLACE_GONE)
    if isinstance(error, Refused):
        return Outcome("refused" if error.permanent else "deferred", error.code, error.reason, wait=error.wait, reconnect=error.reconnect)
    if isinstance(error, Unreachable):
        return Outcome("unreachable", reason=error.reason)
    if isinstance(error, ResultUnknown | TimeoutError):
        return Outcome("unknown" if handed else "unreachable", reason=error.reason if isinstance(error, ResultUnknown) else STOPPED)
    log.error("publication_failed", publication=due.id, error=repr(error))
    return Outcome("unknown" if handed else "fault", reason=repr(error)[:300])


def _went(sent: Sent) -> Outcome:
    return Outcome("sent", reason=sent.detail, sent=sent)


def reap(tx: Tx, lease: Lease) -> None:
    """What a process that is gone had begun: handed over, nobody knows; else it is as if nothing had been tried."""
    require(tx, lease)
    begun = publications.c.state == "sending"
    lost = {"state": "unknown", "unknowns": publications.c.unknowns + 1, "due_at": tx.now, "reason": STOPPED}
    tx.run(sa.update(publications).where(begun, publications.c.handed_over).values(**lost))
    tx.run(sa.update(publications).where(begun, sa.not_(publications.c.handed_over)).values(state="queued", due_at=tx.now))


def take_due(tx: Tx, lease: Lease) -> list[Due]:
    """Those whose turn it is: an update waits until what it hangs under is there, or never will be."""
    require(tx, lease)
    p = publications.c
    wanted = sa.select(publications).where(p.due_at <= tx.now, p.state.in_(("queued", "unknown"))).order_by(p.due_at, p.id)
    taken: list[Due] = []
    for row in tx.rows(wanted.limit(AT_ONCE * 4)):
        above = _above(tx, row)
        if row.state == "queued" and any(one.state in {"queued", "sending", "unknown"} for one in above):
            _set(tx, row.workspace_id, row.id, due_at=tx.now + MINUTE if above[-1].state == "unknown" else tx.now + MINUTE // 20)
            continue
        if len(taken) == AT_ONCE:
            break
        begun_at = row.begun_at or tx.now
        state = "sending" if row.state == "queued" else row.state
        _set(tx, row.workspace_id, row.id, state=state, begun_at=begun_at, due_at=NEVER if state == "sending" else tx.now + LOOK_AGAIN)
        taken.append(_due(row, begun_at, next((one.network_key for one in reversed(above) if one.network_key), "")))
    return taken


def note_handed_over(tx: Tx, lease: Lease, due: Due) -> None:
    """Commit, before anything leaves, that from here on nobody may know. Raises `LeaseLost`."""
    require(tx, lease)
    _set(tx, due.workspace_id, due.id, handed_over=True)


def settle(tx: Tx, lease: Lease, due: Due, outcome: Outcome) -> None:
    """What a result makes of a publication. What is unknown is looked for three times, then a person decides."""
    require(tx, lease)
    standing = Standing(waits=due.waits, unknowns=0, by_hand=True, give_up_at=due.give_up_at)
    move = decide(standing, outcome, tx.now)
    if due.state == "unknown" and outcome.ending != "sent":
        move = Move(state="unknown", reason=outcome.reason)
    if move.state == "unknown":
        looks = due.unknowns + 1
        move = msgspec.structs.replace(move, unknowns=looks, due_at=tx.now + LOOK_AGAIN if looks <= LOOKS else NEVER)
    values: dict[str, Any] = {"state": move.state, "due_at": move.due_at, "waits": move.waits, "unknowns": move.unknowns}
    values |= {"code": move.code, "reason": move.reason}
    who, sent = system(due.workspace_id), outcome.sent
    if sent is not None:
        values |= {"network_key": next(iter(sent.external_ids), ""), "url": sent.url, "sent_at": tx.now}
    if sent is not None and sent.cost:
        note_cost(tx, who, due.inbox_id, "Notices", sent.cost)
    if outcome.reconnect:
        ask_reconnect(tx, who, due.inbox_id, outcome.reason)
    _set(tx, due.workspace_id, due.id, **values)
    tx.emit(who, PublicationChanged(notice_id=due.notice_id, publication_id=due.id, state=move.state))


def _above(tx: Tx, row: sa.Row[Any]) -> list[sa.Row[Any]]:
    """What was said before at the same account, oldest first."""
    p = publications.c
    same = (p.workspace_id == row.workspace_id) & (p.notice_id == row.notice_id) & (p.inbox_id == row.inbox_id)
    return list(tx.rows(sa.select(p.state, p.network_key).where(same, p.id < row.id).order_by(p.id)))


def _due(row: sa.Row[Any], begun_at: int, follows: str) -> Due:
    known = {name: getattr(row, name) for name in Due.__struct_fields__ if name not in {"begun_at", "follows"}}
    return Due(**known, begun_at=begun_at, follows=follows)


def _set(tx: Tx, workspace_id: int, publication_id: int, **values: Any) -> None:
    this = (publications.c.workspace_id == workspace_id) & (publications.c.id == publication_id)
    tx.run(sa.update(publications).where(this).values(**values))
