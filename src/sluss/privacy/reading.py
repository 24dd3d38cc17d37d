"""The read log: who opened which case, message or file, and when. In: answers that were given. Out: rows, some seconds later.

A page is never slower for it, nor fails because nothing can be stored: what was seen is remembered here and written together. When the
process is killed, the last seconds are not in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, get_args

import msgspec
import sqlalchemy as sa
from litestar import Request

from sluss.cases.models import attachments, cases, conversations, messages, notes
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import MINUTE
from sluss.kernel.db import Database
from sluss.kernel.log import get_log
from sluss.kernel.schema import fields
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.people.models import agents
from sluss.privacy.models import reads

log = get_log("privacy")

Kind = Literal["case", "message", "file", "contact", "export"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PAUSE = 2.0
TOGETHER = 10 * MINUTE
MOST = 20_000
"""Sights that are remembered while nothing can be stored; beyond it the newest are lost, and the log says how many."""


class Sight(msgspec.Struct, frozen=True):
    """Somebody saw something. `key` is an id, but for a case, whose number is in its address."""

    workspace_id: int
    agent_id: int
    kind: Kind
    key: int


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log: the first and last time within ten minutes."""

    id: int
    agent_id: int
    agent: str
    kind: str
    object_id: int
    case_no: int | None
    at: int
    last_at: int
    times: int


class ReadLog:
    """What was seen in this process and is not written yet."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen: dict[Sight, tuple[int, int, int]] = {}
        self.lost = 0

    def saw(self, sight: Sight) -> None:
        """Remember; costs a look-up."""
        now = self._db.clock()
        first, _, times = self._seen.get(sight, (now, now, 0))
        if not times and len(self._seen) >= MOST:
            self.lost += 1
            return
        self._seen[sight] = (first, now, times + 1)

    async def flush(self) -> None:
        """Write what was seen. What cannot be written waits for the next time."""
        seen, self._seen = self._seen, {}
        try:
            for workspace_id in {one.workspace_id for one in seen}:
                mine = {one: times for one, times in seen.items() if one.workspace_id == workspace_id}
                if mine:
                    await self._db.write_grouped(write_sights, system(workspace_id), mine)
                    seen = {one: times for one, times in seen.items() if one.workspace_id != workspace_id}
        except Exception:
            log.exception("read_log_waits", sights=len(seen), lost=self.lost)
            self._seen = seen | self._seen

    async def keep(self, signals: Signals) -> None:
        """Write every few seconds, and once more at the end."""
        try:
            async for _ in signals.rounds("read log", PAUSE):
                if self._seen:
                    await self.flush()
        finally:
            if self._seen:
                await asyncio.shield(self.flush())


async def note_sight(request: Request[Any, Any, Any]) -> None:
    """Called after each answer: handlers say with `reads=("case", "no")` what they show, and by which parameter."""
    told: tuple[Kind, str] | None = request.route_handler.opt.get("reads")
    state: dict[str, Any] = request.scope["state"]
    session = state.get("session")
    # A program reads in the name of the agent that it acts as.
    who = session.who if session is not None else state.get("actor")
    if told is None or who is None or request.method != "GET":
        return
    key = str(request.path_params.get(told[1], ""))
    if key.isdecimal():
        seen: ReadLog = request.app.state.edge.reads
        seen.saw(Sight(who.workspace_id, who.id, told[0], int(key)))


def write_sights(tx: Tx, who: Actor, seen: dict[Sight, tuple[int, int, int]]) -> None:
    """Keep sights, those of one agent and object within ten minutes as one line."""
    known = tx.rows(
        sa.select(agents.c.id).where(agents.c.workspace_id == who.workspace_id, agents.c.id.in_({one.agent_id for one in seen}))
    )
    there = {row.id for row in known}
    for kind in KINDS:
        sights = {one: times for one, times in seen.items() if one.kind == kind and one.agent_id in there}
        places = _PLACES[kind](tx, who, {one.key for one in sights}) if sights else {}
        for sight, times in sights.items():
            if sight.key in places:
                _write(tx, sight, places[sight.key], times)


def reads_of(tx: Tx, who: Actor, contact_id: int, before: int | None = None, limit: int = 50) -> list[Read]:
    """Who read what of a contact, newest first."""
    r = reads.c
    joined = reads.join(agents, (agents.c.workspace_id == r.workspace_id) & (agents.c.id == r.agent_id))
    joined = joined.outerjoin(cases, (cases.c.workspace_id == r.workspace_id) & (cases.c.id == r.case_id))
    mine = (r.workspace_id == who.workspace_id) & (r.contact_id == contact_id)
    mine = mine if before is None else mine & (r.id < before)
    chosen = sa.select(*fields(Read, reads, agent=agents.c.name, case_no=cases.c.number)).select_from(joined)
    return tx.structs(Read, chosen.where(mine).order_by(r.id.desc()).limit(limit))


class Place(msgspec.Struct, frozen=True):
    """What was seen: its id, the case it stands in, if any, and of whom it is."""

    object_id: int
    case_id: int | None
    contact_id: int


def _write(tx: Tx, sight: Sight, place: Place, times: tuple[int, int, int]) -> None:
    first, last, count = times
    r = reads.c
    same = (
        (r.workspace_id == sight.workspace_id) & (r.agent_id == sight.agent_id) & (r.kind == sight.kind) & (r.object_id == place.object_id)
    )
    here = same & (r.contact_id == place.contact_id) & (r.at > first - TOGETHER)
    row_id = tx.value(sa.select(r.id).where(here).order_by(r.id.desc()).limit(1))
    if row_id is not None:
        tx.run(sa.update(reads).where(r.workspace_id == sight.workspace_id, r.id == row_id).values(last_at=last, times=r.times + count))
        return
    row = {"workspace_id": sight.workspace_id, "id": tx.new_id(), "agent_id": sight.agent_id, "kind": sight.kind, "at": first}
    tx.run(sa.insert(reads), row | msgspec.structs.asdict(place) | {"last_at": last, "times": count})


def _cases_seen(tx: Tx, who: Actor, numbers: Iterable[int]) -> dict[int, Place]:
    c = cases.c
    rows = tx.rows(sa.select(c.number, c.id, c.contact_id).where(c.workspace_id == who.workspace_id, c.number.in_(list(numbers))))
    return {row.number: Place(row.id, row.id, row.contact_id) for row in rows}


def _messages_seen(tx: Tx, who: Actor, ids: Iterable[int]) -> dict[int, Place]:
    m, v, c = messages.c, conversations.c, cases.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(cases, (c.workspace_id == v.workspace_id) & (c.id == v.case_id))
    chosen = sa.select(m.id, c.id.label("case_id"), c.contact_id).select_from(joined)
    return {row.id: Place(*row) for row in tx.rows(chosen.where(m.workspace_id == who.workspace_id, m.id.in_(list(ids))))}


def _files_seen(tx: Tx, who: Actor, ids: Iterable[int]) -> dict[int, Place]:
    a, n, c = attachments.c, notes.c, cases.c
    rows = tx.rows(sa.select(a.id, a.message_id, a.note_id, a.case_id).where(a.workspace_id == who.workspace_id, a.id.in_(list(ids))))
    said = _messages_seen(tx, who, {row.message_id for row in rows if row.message_id})
    noted = tx.rows(
        sa.select(n.id, n.case_id).where(n.workspace_id == who.workspace_id, n.id.in_([row.note_id for row in rows if row.note_id]))
    )
    case_of = {row.id: row.case_id for row in noted}
    wanted = {row.id: case_of.get(row.note_id, row.case_id) for row in rows if row.message_id not in said}
    people = {
        row.id: row.contact_id
        for row in tx.rows(sa.select(c.id, c.contact_id).where(c.workspace_id == who.workspace_id, c.id.in_(set(wanted.values()))))
    }
    found = {row.id: Place(row.id, said[row.message_id].case_id, said[row.message_id].contact_id) for row in rows if row.message_id in said}
    return found | {one: Place(one, case_id, people[case_id]) for one, case_id in wanted.items() if case_id in people}


def _contacts_seen(tx: Tx, who: Actor, ids: Sequence[int]) -> dict[int, Place]:  # noqa: ARG001 - one of four alike
    return {one: Place(one, None, one) for one in ids}


_PLACES: dict[Kind, Callable[[Tx, Actor, Any], dict[int, Place]]] = {
    "case": _cases_seen,
    "message": _messages_seen,
    "file": _files_seen,
    "contact": _contacts_seen,
    "export": lambda _tx, _who, _ids: {},
}
