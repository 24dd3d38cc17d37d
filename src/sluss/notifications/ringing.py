"""What an open desk is told at once. In: at whose bell something changed. Out: the number, and what is to ring, as each agent wants it.

Quiet hours are kept here, not in the browser: what is not to be heard is not sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from sluss.cases.audience import actor_of
from sluss.kernel.actors import Actor
from sluss.kernel.events import Recorded
from sluss.kernel.live import Push
from sluss.kernel.tx import Tx
from sluss.notifications.events import BellChanged
from sluss.notifications.kinds import Kind
from sluss.notifications.models import notifications
from sluss.notifications.preferences import Preferences, preferences_of
from sluss.notifications.quiet import quiet_from, quiet_until
from sluss.notifications.telling import Told, count_unread, sentence_of, told_of
from sluss.web.formats import plain

AT_ONCE = 5
"""More than that at one moment is told as a number."""


def ring(tx: Tx, who: Actor, recorded: Sequence[Recorded]) -> list[Push]:
    """The pushes of a batch, one for each agent concerned."""
    news = _news(recorded)
    preferences = preferences_of(tx, who, list(news))
    known = [actor_of(tx, who.workspace_id, agent_id) for agent_id in news]
    # Others are told where what they may see is drawn.
    agents = [one for one in known if one is not None and one.inbox_ids == who.inbox_ids]
    unread = count_unread(tx, who, agents)
    return [_push(tx, one, unread[one.id], (news[one.id], preferences[one.id])) for one in agents]


def _news(recorded: Sequence[Recorded]) -> dict[int, set[tuple[int, str]]]:
    """Of which cases and kinds there is news, by agent."""
    found: dict[int, set[tuple[int, str]]] = {}
    for one in recorded:
        if isinstance(one.event, BellChanged):
            for agent_id in one.event.agent_ids:
                found.setdefault(agent_id, set()).update({(one.event.about, one.event.told)} if one.event.about else ())
    return found


def _push(tx: Tx, agent: Actor, unread: int, what: tuple[set[tuple[int, str]], Preferences]) -> Push:
    news, preferences = what
    quiet = quiet_until(preferences.quiet, tx.now) is not None
    rings = [] if quiet else list(_rings(tx, agent, news, preferences))
    data: dict[str, Any] = {"unread": unread, "quiet": quiet, "rings": rings[:AT_ONCE], "more": max(0, len(rings) - AT_ONCE)}
    if rings:
        alerts = preferences.alerts
        data["how"] = {"sound": alerts.sound, "volume": alerts.volume, "repeat": alerts.repeat_seconds, "hidden": alerts.only_hidden}
        data["how"]["until"] = (quiet_from(preferences.quiet, tx.now) or 0) // 1000
    return Push("bell", msgspec.json.encode(data).decode(), frozenset({agent.id}))


def _rings(tx: Tx, agent: Actor, news: set[tuple[int, str]], preferences: Preferences) -> Iterator[Mapping[str, Any]]:
    """What is still unread of the news, and wanted aloud."""
    if not news:
        return
    n = notifications.c
    for one in told_of(tx, agent, n.read_at.is_(None) & n.case_id.in_({case_id for case_id, _ in news}), 100):
        kind: Kind = one.kind  # pyright: ignore[reportAssignmentType] - rows hold kinds
        ways = preferences.ways[kind]
        if (one.case_id, one.kind) in news and (ways.desktop or ways.sound):
            yield _ring(one, desktop=ways.desktop, sound=ways.sound)


def _ring(one: Told, *, desktop: bool, sound: bool) -> Mapping[str, Any]:
    title = f"#{one.no} {plain(one.subject)}".strip()
    return {
        "id": f"{one.case_id}-{one.kind}-{one.at}",
        "no": one.no,
        "title": title,
        "text": sentence_of(one),
        "desktop": desktop,
        "sound": sound,
    }
