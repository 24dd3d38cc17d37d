"""Letters to agents who are away. In: what is unread and wanted by mail. Out: one letter with all of it, at a time that suits; never twice.

A timer for each agent. When it rings, who is at a desk is left in peace until later, quiet hours are waited out, and who has read all is
not written to. What the letter says is worked out when it leaves.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.audience import actor_of
from sluss.cases.models import cases
from sluss.kernel.actors import Actor
from sluss.kernel.clock import HOUR, MINUTE
from sluss.kernel.db import Database
from sluss.kernel.jobs import jobs, schedule
from sluss.kernel.live import Hub
from sluss.kernel.tx import Tx
from sluss.notifications.models import desks_open, notifications
from sluss.notifications.preferences import Preferences, may_quote, preferences_of
from sluss.notifications.quiet import next_hour, quiet_until
from sluss.notifications.telling import Told, sentence_of, told_of
from sluss.people.letter_texts import Facts
from sluss.people.letters import Letter, addressee_of, write_letter
from sluss.people.models import agents
from sluss.web.locale import Voice, speaking

DIGEST = "digest"
AWAY = 10 * MINUTE
"""Whose last open stream is that long ago is away."""
GRACE = 2 * MINUTE
"""What is to be told at once waits this long: whoever reads it meanwhile needs no letter, and desks that have just opened are known."""
AT_MOST = 50
EVERY_SECONDS, LOOK_SECONDS = 60.0, 2.0
"""How often it is noted whose desk is open, and how soon that a desk was opened: somebody may be waiting for it."""


def expect_digest(tx: Tx, who: Actor, agent_id: int, preferences: Preferences, *, mentioned: bool) -> None:
    """Something was noted that an agent wants by mail: set the timer, unless it rings earlier anyway."""
    due = _due(preferences, tx.now, mentioned=mentioned)
    if due is None:
        return
    mine = (jobs.c.workspace_id == who.workspace_id) & (jobs.c.kind == DIGEST) & (jobs.c.key == str(agent_id))
    set_for = tx.value(sa.select(jobs.c.due_at).where(mine))
    if set_for is None or due < set_for:
        schedule(tx, who, (DIGEST, str(agent_id)), due, {"agent_id": agent_id})


def send_digest(tx: Tx, who: Actor, args: Any) -> None:
    """The timer: write the letter, or wait for a better time."""
    agent_id = int(args["agent_id"])
    to, waiting = addressee_of(tx, who, agent_id), _waiting(tx, who, agent_id)
    if to is None or not waiting:
        return
    preferences = preferences_of(tx, who, [agent_id])[agent_id]
    kinds = {row.kind for row in waiting}
    later = _not_now(tx, who, agent_id, preferences, mentioned="mentioned" in kinds)
    if later is not None:
        _again(tx, who, agent_id, later)
        return
    wanted = kinds if preferences.alerts.digest_pace != "never" else kinds & {"mentioned"}
    if wanted:
        c = notifications.c
        letter_id = write_letter(tx, who, DIGEST, to)
        tx.run(sa.update(notifications).where(_unsent(who, agent_id), c.kind.in_(wanted)).values(letter_id=letter_id))


def facts_of(tx: Tx, who: Actor, letter: Letter, home: str) -> Facts | None:
    """What a digest says at the moment it leaves; None when all of it has been read, or may not be seen any more."""
    agent = actor_of(tx, who.workspace_id, letter.agent_id or 0)
    if agent is None:
        return None
    preferences = preferences_of(tx, who, [agent.id])[agent.id]
    c = notifications.c
    told = told_of(tx, agent, c.read_at.is_(None) & (c.letter_id == letter.id), AT_MOST)
    quotes = may_quote(tx, who)
    with speaking(Voice(letter.language, preferences.quiet.zone)):
        lines = tuple(_line(one, home, quotes=quotes) for one in told)
    return Facts(company="", name=letter.name, link=f"{home}/notifications", lines=lines, address=f"{home}/me/alerts") if lines else None


async def keep_open_desks(db: Database, hub: Hub) -> None:
    """Note now and then whose desks are open, and at once whose was opened, until cancelled."""
    noted, at = dict[int, set[int]](), 0.0
    while True:
        present = hub.present()
        news = any(agent_ids - noted.get(workspace_id, set()) for workspace_id, agent_ids in present.items())
        if news or (present and time.monotonic() - at >= EVERY_SECONDS):
            await db.write_grouped(note_open_desks, present)
            noted, at = present, time.monotonic()
        await asyncio.sleep(LOOK_SECONDS)


def at_desks(tx: Tx, who: Actor, roles: Collection[str]) -> set[int]:
    """Agents of some roles who have a desk open, or had until a moment ago."""
    c, a = desks_open.c, agents.c
    joined = desks_open.join(agents, (a.workspace_id == c.workspace_id) & (a.id == c.agent_id))
    mine = (c.workspace_id == who.workspace_id) & (c.seen_at > tx.now - AWAY) & a.role.in_(roles) & a.disabled_at.is_(None)
    return {row.agent_id for row in tx.rows(sa.select(c.agent_id).select_from(joined).where(mine))}


def note_open_desks(tx: Tx, present: Mapping[int, Collection[int]]) -> None:
    """Agents, by workspace, whose desks are open now."""
    for workspace_id, agent_ids in present.items():
        c = desks_open.c
        tx.run(sa.delete(desks_open).where(c.workspace_id == workspace_id, c.agent_id.in_(agent_ids)))
        tx.run(sa.insert(desks_open), [{"workspace_id": workspace_id, "agent_id": one, "seen_at": tx.now} for one in sorted(agent_ids)])


def _due(preferences: Preferences, now: int, *, mentioned: bool) -> int | None:
    alerts = preferences.alerts
    if mentioned and alerts.mentions_at_once:
        return now + GRACE
    if alerts.digest_pace == "hourly":
        return now + HOUR
    return next_hour(preferences.quiet.zone, alerts.digest_hour, now) if alerts.digest_pace == "daily" else None


def _not_now(tx: Tx, who: Actor, agent_id: int, preferences: Preferences, *, mentioned: bool) -> int | None:
    """When to look again, if this is no time for a letter."""
    until = quiet_until(preferences.quiet, tx.now)
    if until is not None:
        return until
    c = desks_open.c
    seen = tx.value(sa.select(c.seen_at).where(c.workspace_id == who.workspace_id, c.agent_id == agent_id))
    if seen is None or seen <= tx.now - AWAY:
        return None
    if preferences.alerts.digest_pace == "daily" and not mentioned:
        return next_hour(preferences.quiet.zone, preferences.alerts.digest_hour, tx.now)
    return seen + AWAY


def _again(tx: Tx, who: Actor, agent_id: int, due: int) -> None:
    """The row of a timer that rings is removed by its number: the same timer set anew is another row."""
    schedule(tx, who, (DIGEST, str(agent_id)), due, {"agent_id": agent_id})


def _unsent(who: Actor, agent_id: int) -> sa.ColumnElement[bool]:
    c = notifications.c
    mine = (c.workspace_id == who.workspace_id) & (c.agent_id == agent_id) & c.read_at.is_(None)
    return mine & c.by_mail & c.letter_id.is_(None)


def _waiting(tx: Tx, who: Actor, agent_id: int) -> list[sa.Row[Any]]:
    """What is unread, wanted by mail, in no letter yet, and still the agent's to see."""
    agent = actor_of(tx, who.workspace_id, agent_id)
    if agent is None:
        return []
    c, n = cases.c, notifications.c
    joined = notifications.join(cases, (c.workspace_id == n.workspace_id) & (c.id == n.case_id))
    return list(tx.rows(sa.select(n.kind, n.case_id).select_from(joined).where(_unsent(who, agent_id), visible_to(agent))))


def _line(one: Told, home: str, *, quotes: bool) -> str:
    subject = f"#{one.no} {one.subject}".strip()
    quote = [f"  {one.excerpt}"] if quotes and one.excerpt else []
    return "\n".join((subject, sentence_of(one), *quote, f"{home}/c/{one.no}"))
