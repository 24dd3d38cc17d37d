"""The keys that agents choose for themselves. In: an action and a spelling. Out: the map that every page of theirs follows."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.people.models import agents
from sluss.people.sessions import TOPIC
from sluss.web.key_rules import Refused, allow_keys, read_keys
from sluss.web.keys import BY_ID


def own_keys(tx: Tx, who: Actor, agent_id: int) -> dict[str, str]:
    """What an agent has chosen, by action; actions that are no more are left out."""
    found = tx.row(sa.select(agents.c.own_keys).where(_this(who, agent_id)))
    if found is None:
        raise Missing
    stored = msgspec.convert(found.own_keys or {}, dict[str, str])
    return {action: keys for action, keys in stored.items() if action in BY_ID}


def choose_key(tx: Tx, who: Actor, action: str, typed: str) -> None:
    """One key of one's own; no key switches the action's off, and the usual one forgets the choice."""
    if action not in BY_ID:
        raise Missing
    own, keys = own_keys(tx, who, who.id), read_keys(typed)
    try:
        allow_keys(action, keys, own)
    except Refused as refused:
        raise Invalid({action: refused.sentence}) from None
    _keep(tx, who, who.id, own | {action: keys})


def reset_keys(tx: Tx, who: Actor, action: str = "") -> None:
    """The usual key again, of one action or of all. Where another action has it meanwhile that is told."""
    if not action:
        _keep(tx, who, who.id, {})
    else:
        choose_key(tx, who, action, BY_ID[action].keys if action in BY_ID else "")


def load_keys(tx: Tx, who: Actor, agent_id: int, chosen: Mapping[str, str]) -> None:
    """A whole map, as it was exported, all or nothing. Each key is checked against all the others of the map."""
    own = {action: read_keys(keys) for action, keys in chosen.items()}
    errors: dict[str, str] = {}
    for action, keys in own.items():
        try:
            allow_keys(action, keys, own)
        except Refused as refused:
            errors[action] = refused.sentence
    if errors:
        raise Invalid(errors)
    own_keys(tx, who, agent_id)
    _keep(tx, who, agent_id, own)


def set_snooze(tx: Tx, who: Actor, words: str) -> None:
    """What one's own snooze key means, in words; none is the usual."""
    tx.run(sa.update(agents).where(_this(who, who.id)).values(snooze_words=words or None))
    tx.hint(TOPIC)


def _keep(tx: Tx, who: Actor, agent_id: int, own: Mapping[str, str]) -> None:
    changed = {action: keys for action, keys in own.items() if keys != BY_ID[action].keys}
    tx.run(sa.update(agents).where(_this(who, agent_id)).values(own_keys=changed or None))
    tx.hint(TOPIC)


def _this(who: Actor, agent_id: int) -> sa.ColumnElement[bool]:
    return (agents.c.workspace_id == who.workspace_id) & (agents.c.id == agent_id)
