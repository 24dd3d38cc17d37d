"""Names that filters may use: those of inboxes, teams, agents and tags that the reader may know of. In: an actor. Out: names by id."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from sluss.cases.models import tags
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.models import agents, inbox_teams, teams


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names by field and id; `channels` and `handled` tell which inboxes a channel and a team have."""

    by_field: Mapping[str, Mapping[int, str]]
    channels: Mapping[str, frozenset[int]]
    handled: Mapping[int, frozenset[int]]

    def of(self, field: str) -> Mapping[int, str]:
        """Ids and names of a field."""
        return self.by_field[field]


def read_names(tx: Tx, who: Actor) -> Names:
    """Four statements. An inbox that is not the reader's has no name, nor has a team that handles none of theirs."""
    seen, channels = _inboxes(tx, who)
    handled = _handled(tx, who, frozenset(seen))
    mine = sa.select(agents.c.id, agents.c.name).where(agents.c.workspace_id == who.workspace_id).order_by(agents.c.name)
    known = sa.select(tags.c.id, tags.c.name).where(tags.c.workspace_id == who.workspace_id).order_by(tags.c.name)
    by_field = {
        "inbox": seen,
        "team": {key: name for (key, name), _inboxes_of in handled.items()},
        "assignee": {row.id: row.name for row in tx.rows(mine)},
        "tag": {row.id: row.name for row in tx.rows(known)},
    }
    return Names(by_field=by_field, channels=channels, handled={key: ids for (key, _name), ids in handled.items()})


def _inboxes(tx: Tx, who: Actor) -> tuple[dict[int, str], dict[str, frozenset[int]]]:
    c = inboxes.c
    rows = tx.rows(sa.select(c.id, c.name, c.channel).where(c.workspace_id == who.workspace_id).order_by(c.name))
    seen = [row for row in rows if who.may_see_inbox(row.id)]
    channels = {row.channel: frozenset(one.id for one in seen if one.channel == row.channel) for row in seen}
    return {row.id: row.name for row in seen}, channels


def _handled(tx: Tx, who: Actor, seen: frozenset[int]) -> dict[tuple[int, str], frozenset[int]]:
    joined = teams.join(inbox_teams, (inbox_teams.c.workspace_id == teams.c.workspace_id) & (inbox_teams.c.team_id == teams.c.id))
    rows = tx.rows(
        sa.select(teams.c.id, teams.c.name, inbox_teams.c.inbox_id)
        .select_from(joined)
        .where(teams.c.workspace_id == who.workspace_id)
        .order_by(teams.c.name)
    )
    found: dict[tuple[int, str], frozenset[int]] = {}
    for row in rows:
        if row.inbox_id in seen:
            found[row.id, row.name] = found.get((row.id, row.name), frozenset()) | {row.inbox_id}
    return found
